"""Mails as they should not be and are: the list of `trials/mail.md` sections 4 and 10, one test a row.

Rows about charsets, attacks, transport and machine mail have files of their own.
"""

from pathlib import Path

import pytest

from tests.support.mails import LETTER, PDF, Container, Leaf, file, html, mail, text
from tests.support.mails_more import OFFICE, take


@pytest.mark.parametrize(
    ("field", "again"),
    [
        ("From", "a@example.ro"),
        ("Subject", "Prima"),
        ("Date", "Mon, 02 Nov 2026 08:00:00 +0200"),
        ("Message-ID", "<p@x>"),
    ],
)
def test_each_doubled_field_is_told_and_the_first_counts(tmp_path: Path, field: str, again: str) -> None:
    message = take(tmp_path, mail(None, (field, again)))
    assert message.problems == ("repeated-header",)
    assert again.strip("<>") in {
        message.from_address,
        message.subject,
        message.message_id,
        f"{message.date:Mon, %d Nov %Y} 08:00:00 +0200" if message.date and message.date.hour == 6 else "",
    }


def test_a_mail_with_none_of_the_usual_fields_keeps_its_text(tmp_path: Path) -> None:
    message = take(tmp_path, b"MIME-Version: 1.0\n\n" + LETTER.encode())
    assert message.text.strip() == LETTER.strip()
    assert message.problems == ("date-unreadable", "no-sender")
    assert (message.subject, message.message_id, message.from_address) == ("", "", "")


def test_a_line_without_colon_in_the_header_loses_no_text(tmp_path: Path) -> None:
    raw = mail(text("Vă rog să reparați groapa.")).replace(b"To: ", b"un rand fara sens\nTo: ")
    message = take(tmp_path, raw)
    assert "Vă rog să reparați groapa." in message.text
    assert message.from_address == "stefania@example.ro"


def test_a_multipart_without_any_boundary_keeps_its_text(tmp_path: Path) -> None:
    raw = mail(text("Vă rog.")).replace(b"Content-Type: text/plain; charset=utf-8", b"Content-Type: multipart/mixed")
    message = take(tmp_path, raw)
    assert "Vă rog." in message.text
    assert "broken-structure" in message.problems


def test_html_alone_is_text_and_page(tmp_path: Path) -> None:
    message = take(tmp_path, mail(html("<p>Bună ziua,</p><ul><li>groapa</li></ul>")))
    assert message.text == "Bună ziua,\n\n- groapa"
    assert message.html.startswith("<p>")


def test_an_empty_plain_part_before_html_is_passed_over(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Container([text(" \n"), html("<p>Vă rog.</p>")])))
    assert message.text.strip() == "Vă rog."


@pytest.mark.parametrize("sender", ["", "<>", '""', "Ștefania", "undisclosed-recipients:;", "Vecinii: ;", "@", "a@@b"])
def test_a_sender_without_address_is_told(tmp_path: Path, sender: str) -> None:
    message = take(tmp_path, mail(sender=sender.encode()))
    assert "no-sender" in message.problems
    assert message.from_address == ""


def test_the_members_of_a_group_are_people(tmp_path: Path) -> None:
    message = take(tmp_path, mail(sender="Vecinii: stefania@example.ro, ion@example.ro;"))
    assert message.from_address == "stefania@example.ro"


def test_a_line_break_hidden_in_the_senders_name_is_a_blank(tmp_path: Path) -> None:
    message = take(tmp_path, mail(sender="=?utf-8?Q?Ion=0D=0ABcc:_x?= <ion@example.ro>"))
    assert (message.from_name, message.from_address) == ("Ion Bcc: x", "ion@example.ro")


def test_a_line_break_hidden_in_a_file_name_is_a_blank(tmp_path: Path) -> None:
    part = Leaf(PDF, "application/pdf", fields=[("Content-Disposition", "attachment; filename*=utf-8''a%0D%0Ab.pdf")])
    assert take(tmp_path, mail(Container([text(), part]))).parts[0].filename == "a b.pdf"


def test_a_display_name_that_looks_like_our_address_makes_nobody_us(tmp_path: Path) -> None:
    message = take(tmp_path, mail(sender=f'"{OFFICE}" <strain@example.ro>'))
    assert (message.from_name, message.from_address, message.machine_kind) == (OFFICE, "strain@example.ro", "")


def test_an_address_in_letters_of_ours_is_kept(tmp_path: Path) -> None:
    message = take(tmp_path, mail(sender="Ștefania <ștefania@primăria.example>".encode()))
    assert message.from_address == "ștefania@primăria.example"


@pytest.mark.parametrize("ends", [b"\r\n", b"\r"])
def test_line_ends_of_every_kind_are_read(tmp_path: Path, ends: bytes) -> None:
    raw = mail(Container([text(), file(PDF, name="a.pdf")])).replace(b"\n", ends)
    message = take(tmp_path, raw)
    assert message.text.strip() == LETTER.strip()
    assert message.parts[0].filename == "a.pdf"


def test_bare_cr_and_nul_are_no_letters(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Leaf(b"Va rog\rsa \x00reparati.", "text/plain", "8bit"), subject=b"Gro\x00apa\r"))
    assert message.text == "Va rog\nsa reparati."
    assert "\x00" not in message.subject


def test_the_same_identifier_over_other_words_is_another_letter(tmp_path: Path) -> None:
    one = take(tmp_path, mail(text("Unu."), message_id="<r@x>"))
    two = take(tmp_path, mail(text("Doi."), message_id="<r@x>"))
    assert one.message_id == two.message_id
    assert one.content_digest != two.content_digest


@pytest.mark.parametrize("disposition", ["inline", "attachment", "form-data", ""])
def test_a_whole_mail_that_is_one_pdf_is_a_file(tmp_path: Path, disposition: str) -> None:
    fields = [("Content-Disposition", disposition)] if disposition else []
    message = take(tmp_path, mail(Leaf(PDF, "application/pdf", fields=fields)))
    assert (message.text, message.problems) == ("", ())
    assert [part.found_type for part in message.parts] == ["pdf"]


@pytest.mark.parametrize("at", range(1, 10))
def test_a_mail_cut_anywhere_keeps_what_came(tmp_path: Path, at: int) -> None:
    raw = mail(Container([text(), Container([text("Doi."), file(PDF, name="a.pdf")], "mixed")]))
    message = take(tmp_path, raw[: len(raw) * at // 10])
    if at > 5:
        assert message.from_address == "stefania@example.ro"
        assert message.text.startswith("Bună ziua")


@pytest.mark.parametrize("charset", ["idna", "punycode", "unicode_escape", "nonsense", "utf-16", '"', "a" * 500])
def test_a_senseless_charset_label_loses_no_text(tmp_path: Path, charset: str) -> None:
    message = take(tmp_path, mail(Leaf(LETTER.encode(), f"text/plain; charset={charset}", "8bit")))
    assert message.text.strip()


@pytest.mark.parametrize("encoding", ["x-uuencode", "base65", "quoted-printable ", "8BIT", "", "binary"])
def test_a_senseless_transfer_encoding_loses_no_text(tmp_path: Path, encoding: str) -> None:
    message = take(tmp_path, mail(Leaf(b"Va rog sa reparati groapa.", "text/plain", encoding)))
    assert "Va rog" in message.text
