"""Mails attached to a mail: shown as nested, with their own headers, text and files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.errors import OutlookFileDamaged
from ingest.nested import attached_mail_text
from ingest.taken import Message
from tests.support.mails import PDF, Container, Leaf, attached, file, html, mail, text
from tests.support.mails_more import content, take
from tests.support.outlook_files import Attachment, message_tree, outlook_file

FORWARD = "Vă trimit mai jos ce am primit de la vecina mea."
INNER = mail(
    Container([text("Cuvintele vecinei despre groapă."), file(PDF, name="anexa.pdf")]),
    subject="=?utf-8?Q?Groapa_din_fa=C8=9B=C4=83?=",
    sender="Ilinca Taranu <ilinca@example.ro>",
)


def nested_texts(message: Message) -> list[tuple[str, str]]:
    """Path and text of every attached mail."""
    return [(part.path_in_mail, part.mail.text) for part in message.parts if part.mail is not None]


@pytest.mark.parametrize(
    "part",
    [
        attached(INNER),
        Leaf(INNER, "message/rfc822", "base64"),
        file(INNER, "application/octet-stream", "mesaj.eml"),
        file(INNER, "text/plain", "mesaj.eml"),
        Leaf(INNER, "application/octet-stream"),
    ],
    ids=["rfc822", "rfc822 in base64", "octet-stream", "text", "unnamed"],
)
def test_an_attached_mail_is_shown_with_headers_text_and_files(tmp_path: Path, part: Leaf) -> None:
    message = take(tmp_path, mail(Container([text(FORWARD), part])))
    assert message.text.strip() == FORWARD
    whole, inside = message.parts
    assert whole.mail is not None
    assert attached_mail_text(whole.mail) == (
        "De la: Ilinca Taranu <ilinca@example.ro>\n"
        "Către: primaria@medias.example\n"
        "Data: 02.11.2026, 10:15\n"
        "Subiect: Groapa din față\n\n"
        "Cuvintele vecinei despre groapă."
    )
    assert whole.mail.date == datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
    assert (whole.path_in_mail, inside.path_in_mail) == ("2", "2.2")
    assert (whole.nested, inside.nested) == (True, True)
    assert (inside.filename, content(tmp_path, message, 2)) == ("anexa.pdf", PDF)
    assert message.problems == ()


def test_an_attached_mail_without_a_name_is_called_by_its_subject(tmp_path: Path) -> None:
    message = take(tmp_path, mail(Container([text(FORWARD), attached(INNER)])))
    assert message.parts[0].filename == "Groapa din față.eml"


def test_mails_within_mails_have_each_their_own_text(tmp_path: Path) -> None:
    middle = mail(Container([html("<p>La mijloc.</p>"), attached(INNER)]), subject="Mijloc")
    message = take(tmp_path, mail(Container([text(FORWARD), attached(middle)])))
    assert nested_texts(message) == [("2", "La mijloc."), ("2.2", "Cuvintele vecinei despre groapă.")]
    assert [part.path_in_mail for part in message.parts] == ["2", "2.2", "2.2.2"]


def test_mails_within_mails_have_an_end(tmp_path: Path) -> None:
    raw = INNER
    for number in range(12):
        raw = mail(Container([text(f"Nivelul {number}."), attached(raw)]))
    message = take(tmp_path, raw)
    assert "nested-too-deep" in message.problems
    assert [part.mail is not None for part in message.parts] == [True] * 6
    # What is not opened is still there as a whole.
    assert b"Cuvintele" in content(tmp_path, message, 6) or b"anexa.pdf" in content(tmp_path, message, 6)


def test_an_attached_outlook_file_is_an_attached_mail(tmp_path: Path) -> None:
    inner = outlook_file(text="Cuvintele vecinei.", subject="Groapa", attachments=[Attachment("a.pdf", PDF)])
    message = take(tmp_path, mail(Container([text(FORWARD), file(inner, "application/vnd.ms-outlook", "mesaj.msg")])))
    assert message.text.strip() == FORWARD
    assert nested_texts(message) == [("2", "Cuvintele vecinei.")]
    assert [(part.filename, part.nested) for part in message.parts] == [("mesaj.msg", True), ("a.pdf", True)]
    assert content(tmp_path, message, 1) == inner


def test_a_damaged_outlook_file_is_a_file(tmp_path: Path) -> None:
    broken = outlook_file(text="Cuvintele vecinei.")[:1500]
    message = take(tmp_path, mail(Container([text(FORWARD), file(broken, name="mesaj.msg")])))
    assert nested_texts(message) == []
    assert len(message.parts) == 1


def test_a_letter_that_is_an_outlook_file_is_read_like_any_other(tmp_path: Path) -> None:
    tree = message_tree(head=24, subject="Interior", text="Cuvintele altcuiva.")
    raw = outlook_file(
        text="Vă rog să reparați groapa.", attachments=[Attachment("a.pdf", PDF), Attachment("mesaj", message=tree)]
    )
    message = take(tmp_path, raw)
    assert (message.subject, message.text) == ("Groapa din strada Gheorghe Lazăr", "Vă rog să reparați groapa.")
    assert message.from_address == "stefania@example.ro"
    assert message.parts[0].filename == "a.pdf"
    assert [text for _, text in nested_texts(message)] == ["Cuvintele altcuiva."]


def test_a_damaged_letter_in_an_outlook_file_is_told(tmp_path: Path) -> None:
    message = take(tmp_path, outlook_file(text="Vă rog.")[:1500])
    assert OutlookFileDamaged.code in message.problems
    assert message.text == ""


def test_an_attached_mail_in_a_signed_letter_is_nested(tmp_path: Path) -> None:
    from tests.support.mails_more import opaque

    message = take(tmp_path, mail(opaque(Container([text(FORWARD), attached(INNER)]))))
    assert message.text.strip() == FORWARD
    assert nested_texts(message) == [("1.2", "Cuvintele vecinei despre groapă.")]


def test_a_signed_mail_attached_to_a_letter_stays_the_words_of_others(tmp_path: Path) -> None:
    from tests.support.mails_more import opaque

    inner = mail(opaque(text("Cuvinte semnate de altcineva.")))
    message = take(tmp_path, mail(Container([text(FORWARD), attached(inner)])))
    assert message.text.strip() == FORWARD
    assert nested_texts(message) == [("2", "Cuvinte semnate de altcineva.")]
    assert all(part.nested for part in message.parts)


def test_a_forward_without_words_has_only_the_attached_mail(tmp_path: Path) -> None:
    message = take(tmp_path, mail(attached(INNER), subject="Fwd: Groapa"))
    assert message.text == ""
    assert nested_texts(message) == [("1", "Cuvintele vecinei despre groapă.")]


def test_a_digest_holds_mails(tmp_path: Path) -> None:
    digest = Container([Leaf(INNER, None, "7bit"), Leaf(INNER, None, "7bit")], "digest")
    message = take(tmp_path, mail(digest).replace(b"\nContent-Transfer-Encoding: 7bit\n\n", b"\n\n"))
    assert len(nested_texts(message)) == 2


def test_odd_headers_of_an_attached_mail_are_no_fault_of_the_letter(tmp_path: Path) -> None:
    inner = mail(text("Fără antet."), ("Subject", "Altul"), sender=None).replace(b"02 Nov 2026", b"fier")
    message = take(tmp_path, mail(Container([text(FORWARD), attached(inner)])))
    assert message.problems == ()


def test_the_texts_of_many_attached_mails_have_a_limit_together(tmp_path: Path) -> None:
    long = mail(text("cuvinte " * 20_000))
    message = take(tmp_path, mail(Container([text(FORWARD), *[attached(long)] * 20])))
    assert sum(len(words) for _, words in nested_texts(message)) == 2_000_000
    assert "text-cut" in message.problems
    assert len(message.parts) == 20


def test_an_attached_mail_that_breaks_the_limits_is_kept_whole(tmp_path: Path) -> None:
    bomb = mail().replace(b"MIME-Version", b"X-Y: z\n" * 6000 + b"MIME-Version")
    message = take(tmp_path, mail(Container([text(FORWARD), file(bomb, name="mesaj.eml")])))
    assert "too-many-headers" in message.problems
    assert message.text.strip() == FORWARD
    assert content(tmp_path, message, 1) == bomb
