import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.message import Message, take_apart_file
from ingest.parts import clean_filename
from ingest.problems import CODES, describe_problem
from tests.support.mails import LETTER, PDF, PNG, Container, Leaf, attached, file, html, mail, text

TakeApart = Callable[[bytes], Message]


@pytest.fixture
def taken(tmp_path: Path) -> TakeApart:
    """Takes a raw mail apart in this process; parts lie in `tmp_path / "parts"`."""

    def take(raw: bytes) -> Message:
        (tmp_path / "mail").write_bytes(raw)
        answer = take_apart_file(
            {
                "path": str(tmp_path / "mail"),
                "parts_folder": str(tmp_path / "parts"),
                "own_addresses": ["registratura@medias.example"],
                "own_domain": "medias.example",
            }
        )
        message = Message.from_json(json.loads(json.dumps(answer)))
        assert Message.from_json(message.to_json()) == message
        assert set(message.problems) <= CODES
        for part in message.parts:
            assert (tmp_path / "parts" / part.stored_name).stat().st_size == part.size
        return message

    return take


def test_a_plain_letter_gives_sender_subject_date_and_text(taken: TakeApart) -> None:
    message = taken(mail(message_id="<1@example.ro>"))
    assert (message.from_name, message.from_address) == ("Stefania Moldovan", "stefania@example.ro")
    assert message.subject == "Groapa din strada Gheorghe Lazar"
    assert message.date == datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
    assert message.text.strip() == LETTER.strip()
    assert message.new_text == LETTER.strip()
    assert message.message_id == "1@example.ro"
    assert [one.address for one in message.to] == ["primaria@medias.example"]
    assert (message.parts, message.problems, message.machine_kind) == ((), (), "")


def test_a_thread_is_known_by_its_references(taken: TakeApart) -> None:
    fields = (("In-Reply-To", "<b@x>"), ("References", "<a@x>\n <b@x>"), ("Reply-To", "alta@example.ro"))
    message = taken(mail(None, *fields))
    assert (message.in_reply_to, message.references, message.reply_to) == ("b@x", ("a@x", "b@x"), "alta@example.ro")


def test_of_alternatives_the_plain_one_is_the_text_and_html_is_shown(taken: TakeApart) -> None:
    message = taken(mail(Container([text("simplu și destul"), html("<p>bogat</p>")], "alternative")))
    assert (message.text, message.html) == ("simplu și destul", "<p>bogat</p>")


@pytest.mark.parametrize("plain", ["", " \n", "Programul dvs. nu arată HTML."])
def test_an_empty_or_stub_plain_text_gives_way_to_html(taken: TakeApart, plain: str) -> None:
    page = "<p>Bună ziua,</p><p>" + "Vă rog să reparați groapa. " * 30 + "</p>"
    message = taken(mail(Container([text(plain), html(page)], "alternative")))
    assert message.text.startswith("Bună ziua,\n\nVă rog")


def test_text_before_and_after_a_file_is_one_letter(taken: TakeApart) -> None:
    message = taken(mail(Container([text("Unu."), file(PDF, "application/pdf"), text("Doi.")])))
    assert message.text == "Unu.\n\nDoi."
    assert [part.found_type for part in message.parts] == ["pdf"]


def test_a_quoted_reply_in_html_is_told_from_the_new_text(taken: TakeApart) -> None:
    page = (
        "<div>Groapa este tot acolo, vă rog reveniți.</div><div class=gmail_quote><div>În lun., 2 nov. 2026 la 10:15, "
        "Primăria &lt;primaria@medias.example&gt; a scris:<br></div>"
        "<blockquote>Groapa a fost reparată.</blockquote></div>"
    )
    message = taken(mail(html(page)))
    assert message.new_text == "Groapa este tot acolo, vă rog reveniți."
    assert "Groapa a fost reparată" in message.text


def test_flowed_lines_are_joined(taken: TakeApart) -> None:
    body = Leaf(
        "Vă rog să \nreparați.\n> citat \n> lung\n-- \nȘ.".encode(), "text/plain; charset=utf-8; format=flowed", "8bit"
    )
    assert taken(mail(body)).text == "Vă rog să reparați.\n> citat lung\n-- \nȘ."


def test_windows_1250_without_a_label_is_read(taken: TakeApart) -> None:
    words = "Şedinţa în faţa şcolii"
    message = taken(mail(text(words, charset="cp1250", label=None)))
    assert (message.text.strip(), message.charset_rules) == (words, ("letters",))


def test_a_subject_of_raw_bytes_is_read(taken: TakeApart) -> None:
    assert taken(mail(subject="Şedinţa".encode("cp1250"))).subject == "Şedinţa"
    assert taken(mail(subject="Ședința".encode())).subject == "Ședința"


def test_line_breaks_hidden_in_a_subject_become_blanks(taken: TakeApart) -> None:
    message = taken(mail(subject="=?utf-8?Q?Bun=C4=83=0D=0ABcc:_x@example.net=E2=80=AEfdp?=\n urmare"))
    assert message.subject == "Bună Bcc: x@example.netfdp urmare"


def test_the_first_of_repeated_fields_counts_and_is_reported(taken: TakeApart) -> None:
    message = taken(mail(None, ("Subject", "Prima"), ("From", "a@example.ro"), ("Message-ID", "<p@x>")))
    assert (message.subject, message.from_address, message.message_id) == ("Prima", "a@example.ro", "p@x")
    assert message.problems == ("repeated-header",)


@pytest.mark.parametrize(
    "part",
    [
        Leaf(PDF, "application/pdf"),
        Leaf(PDF, "application/octet-stream"),
        Leaf(PDF, "text/plain; charset=utf-8"),
        Leaf(PDF, None),
        Leaf(PDF, "application/pdf", fields=[("Content-Disposition", "inline")]),
        Leaf(PDF, "application/pdf", fields=[("Content-Disposition", "attachment")]),
    ],
)
def test_an_unnamed_pdf_is_kept_byte_for_byte(taken: TakeApart, tmp_path: Path, part: Leaf) -> None:
    for raw in (mail(part), mail(Container([text(), part]))):
        (kept,) = taken(raw).parts
        assert kept.found_type == "pdf"
        assert (tmp_path / "parts" / kept.stored_name).read_bytes() == PDF
        assert (tmp_path / "parts" / kept.stored_name).stat().st_mode & 0o777 == 0o600


def test_a_mail_that_is_one_pdf_has_no_text(taken: TakeApart) -> None:
    message = taken(mail(Leaf(PDF, "application/pdf")))
    assert (message.text, message.problems, message.parts[0].path_in_mail) == ("", (), "1")


def test_an_inline_image_is_shown_from_its_part(taken: TakeApart) -> None:
    image = Leaf(PNG, "image/png", fields=[("Content-ID", "<harta@x>")])
    message = taken(mail(Container([html('Harta: <img src="cid:harta@x">'), image], "related")))
    assert (message.parts[0].content_id, message.parts[0].found_type) == ("harta@x", "png")
    assert 'src="cid:1"' in message.html


def test_an_attached_mail_is_kept_whole_and_its_words_are_not_the_senders(taken: TakeApart, tmp_path: Path) -> None:
    inner = mail(Container([text("Cuvintele altcuiva."), file(PDF, name="anexa.pdf")]), subject="Interior")
    message = taken(mail(Container([text("Vă trimit ce am primit."), attached(inner)])))
    assert message.text == "Vă trimit ce am primit."
    assert [(part.path_in_mail, part.found_type, part.nested) for part in message.parts] == [
        ("2", "eml", True),
        ("2.2", "pdf", True),
    ]
    whole = (tmp_path / "parts" / message.parts[0].stored_name).read_bytes()
    assert b"Subject: Interior" in whole


def test_of_mails_within_mails_each_is_kept_and_every_file(taken: TakeApart) -> None:
    innermost = mail(file(PDF, name="anexa.pdf"))
    message = taken(mail(Container([text(), attached(mail(attached(innermost)))])))
    assert [(part.path_in_mail, part.found_type) for part in message.parts] == [
        ("2", "eml"),
        ("2.1", "eml"),
        ("2.1.1", "pdf"),
    ]


def test_an_attached_mail_that_was_encoded_against_the_rules_is_opened(taken: TakeApart) -> None:
    inner = mail(Container([text("altul"), file(PDF, name="anexa.pdf")]))
    message = taken(mail(Container([text("Bună"), Leaf(inner, "message/rfc822", "base64")])))
    assert [part.found_type for part in message.parts] == ["eml", "pdf"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\temp\\cerere.pdf", "cerere.pdf"),
        ("cerere\u202efdp.exe", "cererefdp.exe"),
        ("a\x00b\r\nc.pdf", "a b c.pdf"),
        ('<b>"x".pdf', "_b__x_.pdf"),
        ("..", ""),
        ("x" * 2000 + ".pdf", "x" * 116 + ".pdf"),
        ("Cerere s\u0326i anexe.pdf", "Cerere și anexe.pdf"),
    ],
)
def test_file_names_are_harmless(sent: str, kept: str) -> None:
    assert clean_filename(sent) == kept


@pytest.mark.parametrize(
    "disposition",
    [
        b'attachment; filename="=?utf-8?Q?Cerere_=C8=99i_anexe.pdf?="',
        b"attachment; filename*=utf-8''Cerere%20%C8%99i%20anexe.pdf",
        b"attachment; filename*0*=utf-8''Cerere%20%C8%99; filename*1*=i%20anexe.pdf",
        'attachment; filename="Cerere și anexe.pdf"'.encode(),
        'attachment; filename="Cerere şi anexe.pdf"'.encode("cp1250"),
    ],
)
def test_file_names_are_decoded_in_every_spelling(taken: TakeApart, disposition: bytes) -> None:
    raw = mail(Container([text(), file(PDF, "application/pdf")]))
    raw = raw.replace(
        b"Content-Type: application/pdf", b"Content-Type: application/pdf\nContent-Disposition: " + disposition
    )
    assert taken(raw).parts[0].filename.translate(str.maketrans("ş", "ș")) == "Cerere și anexe.pdf"


def test_files_of_the_same_name_are_both_kept(taken: TakeApart) -> None:
    message = taken(mail(Container([file(PDF, name="a.pdf"), file(PDF + b"2", name="a.pdf")])))
    assert [part.filename for part in message.parts] == ["a.pdf", "a.pdf"]
    assert len({part.stored_name for part in message.parts}) == 2


def test_a_boundary_that_never_comes_leaves_the_text_readable(taken: TakeApart) -> None:
    raw = mail(Container([text("x")], boundary="prima")).replace(b'boundary="prima"', b'boundary="alta"')
    message = taken(raw)
    assert "broken-structure" in message.problems
    assert message.text


def test_the_structure_that_breaks_mail_parser_is_read_anyway(taken: TakeApart) -> None:
    inner = Leaf(b"text fara delimitare", 'multipart/alternative; boundary="lipseste"', "8bit")
    message = taken(mail(Container([inner, file(PDF, name="a.pdf")])))
    assert "broken-structure" in message.problems
    assert message.text == "text fara delimitare"
    assert message.parts[0].found_type == "pdf"


def test_a_mail_cut_off_in_the_middle_keeps_what_came(taken: TakeApart) -> None:
    raw = mail(Container([text("Bună ziua"), file(PDF * 50, name="a.pdf")]))
    message = taken(raw[: len(raw) // 2])
    assert message.text == "Bună ziua"
    assert len(message.parts) == 1
    assert "cut-off" in message.problems


def test_text_before_the_first_part_is_not_lost(taken: TakeApart) -> None:
    raw = mail(Container([file(PDF)], boundary="b1")).replace(b"\n--b1\n", b"\nVa rog sa reparati.\n--b1\n", 1)
    message = taken(raw)
    assert message.text == "Va rog sa reparati."
    assert message.problems == ("text-outside-parts",)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"doar text, fara antet\n", "no-sender"),
        (mail(sender=None), "no-sender"),
        (mail(sender="undisclosed-recipients:;"), "no-sender"),
        (mail(Leaf(b"%%%=", "text/plain", "base64")).replace(b"JSUlPQ==", b"JSUlPQ!!"), "broken-encoding"),
        (mail(None).replace(b"Mon, 02 Nov 2026", b"luni, 2 noiembrie 2026"), "date-unreadable"),
        (mail(None).replace(b"2026 10:15:00 +0200", b"9999 10:15:00 -1200"), "date-unreadable"),
        (mail(None).replace(b"02 Nov 2026", b"02 Nov 0001"), "date-unreadable"),
        (mail(html("<p>a</p><p style='display:none'>ascuns</p>")), "hidden-text"),
        (mail(Leaf(b"0\x80", "application/pkcs7-mime; smime-type=enveloped-data")), "encrypted"),
        (mail(Leaf(b"0\x80", "application/pkcs7-mime; smime-type=signed-data")), "signed-wrapped"),
        (mail(None, *[("X-Y", "z")] * 6000), "too-many-headers"),
        (mail(None, ("X-Y", "z" * 1_100_000)), "header-too-big"),
        (mail(Container([text("x", encoding="7bit")] * 1100)), "too-many-parts"),
        (mail(Container([file(PDF)] * 101)), "many-parts"),
        (mail(text("cuvinte " * 200_000)), "text-cut"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_raises(taken: TakeApart, raw: bytes, problem: str) -> None:
    message = taken(raw)
    assert problem in message.problems
    assert describe_problem(problem)


@pytest.mark.parametrize("depth", [60, 900])
def test_parts_within_parts_have_an_end(taken: TakeApart, depth: int) -> None:
    body: Leaf | Container = text("adânc")
    raw = b"".join(
        f'Content-Type: multipart/mixed; boundary="b{number}"\n\n--b{number}\n'.encode() for number in range(depth)
    )
    message = taken(b"From: a@example.ro\nSubject: s\n" + raw + body.raw())
    assert "nested-too-deep" in message.problems
    assert message.subject == "s"


def test_many_addresses_are_cut(taken: TakeApart) -> None:
    message = taken(mail().replace(b"To: ", b"To: " + b"a@example.ro, " * 20_000))
    assert len(message.to) <= 200


def test_a_bounce_names_the_letter_it_is_about(taken: TakeApart) -> None:
    status = b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ion@example.ro\nAction: failed\nStatus: 5.1.1\n"
    report = Container(
        [
            text("Nelivrat"),
            Leaf(status, "message/delivery-status", "7bit"),
            attached(mail(message_id="<s1@medias.example>")),
        ],
        "report",
    )
    message = taken(mail(report, ("Return-Path", "<>"), sender="MAILER-DAEMON@mx.example"))
    assert (message.machine_kind, message.machine_rule) == ("bounce", "delivery_report")
    assert message.report is not None
    assert (message.report.message_id, message.report.recipient) == ("s1@medias.example", "ion@example.ro")
    assert (message.report.action, message.report.status) == ("failed", "5.1.1")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (mail(sender="registratura@medias.example"), "own"),
        (mail(None, ("Auto-Submitted", "auto-replied"), subject="Absent"), "auto-reply"),
        (mail(None, ("List-Id", "<vecini.example.ro>")), "list"),
        (mail(sender="noreply@example.ro"), "no-reply"),
    ],
)
def test_machine_mail_is_known(taken: TakeApart, raw: bytes, kind: str) -> None:
    assert taken(raw).machine_kind == kind


def test_windows_line_ends_make_no_difference(taken: TakeApart) -> None:
    raw = mail(Container([text(), file(PDF, name="a.pdf")]), message_id="<1@x>")
    assert taken(raw.replace(b"\n", b"\r\n")).text == taken(raw).text
    assert taken(raw.replace(b"\n", b"\r")).from_address == "stefania@example.ro"


HEADER_WORDS = [
    b"From: ",
    b"Subject: ",
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"--b\n",
    b"--b--\n",
    b"\n",
    b"\r",
    b"\x00",
    b"Content-Type: message/rfc822\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Type: text/html\n",
    b"=?utf-8?B?",
    b"?=",
    b"filename*0*=",
    b"Content-Disposition: attachment; ",
    b"Date: ",
    b"\xff\xfe",
    b"a@b",
    b"<",
    b"Content-ID: <",
    b"Content-Type: message/delivery-status\n",
    b"Content-Type: multipart/alternative; boundary=\n",
    b"charset=utf-7;",
    b"Content-Type: text/plain; format=flowed; ",
    b"Content-Transfer-Encoding: x-uuencode\n",
    b"begin 644 x\n",
    b"References: ",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(raw=st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(HEADER_WORDS), max_size=30).map(b"".join)))
def test_no_bytes_raise(taken: TakeApart, raw: bytes) -> None:
    message = taken(raw)
    for words in (message.subject, message.from_name, message.text, message.html):
        words.encode()
        assert "\x00" not in words
