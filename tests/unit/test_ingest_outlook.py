"""Outlook message files become mails that read like any other, and the same file gives the same bytes."""

import email
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import lzfu
from ingest.errors import OutlookFileDamaged
from ingest.message import Message, take_apart_file
from ingest.outlook import DEPTH_LIMIT, as_mime, is_outlook
from tests.support.mails import LETTER, PDF, PNG
from tests.support.outlook_files import Attachment, compound_file, message_tree, one_off, outlook_file, plain_rtf


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "mesaj.msg"


def mime(path: Path, content: bytes) -> EmailMessage:
    path.write_bytes(content)
    mail = email.message_from_bytes(as_mime(path), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def read_as_mail(path: Path, content: bytes) -> Message:
    path.write_bytes(content)
    mail = path.with_suffix(".eml")
    mail.write_bytes(as_mime(path))
    arguments = {"path": str(mail), "parts_folder": str(path.parent), "own_addresses": [], "own_domain": ""}
    return Message.from_json(take_apart_file(arguments))


def words(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_sender_recipients_date_and_subject_come_from_the_properties(written: Path) -> None:
    people = ((1, "Primăria", "primaria@medias.example"), (2, "Ion Pop", "ion@example.ro"), (1, "", "a@example.ro"))
    mail = mime(written, outlook_file(text=LETTER, recipients=people))
    assert str(mail["From"]) == "Ștefania Moldovan <stefania@example.ro>"
    assert str(mail["To"]) == "Primăria <primaria@medias.example>, a@example.ro"
    assert str(mail["Cc"]) == "Ion Pop <ion@example.ro>"
    assert mail["Subject"] == "Groapa din strada Gheorghe Lazăr"
    assert mail["Date"].datetime == datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
    assert words(mail) == LETTER


def test_internet_header_fields_are_kept_and_win_over_properties(written: Path) -> None:
    headers = (
        "Microsoft Mail Internet Headers Version 2.0\r\n"
        "Received: from mx.example (mx.example [192.0.2.1])\r\n\tby srv.example; Mon, 2 Nov 2026 10:15:00 +0200\r\n"
        "From: =?UTF-8?Q?=C8=98tefania?= <stefania@example.ro>\r\nReply-To: alta@example.ro\r\n"
        "Message-ID: <abc@example.ro>\r\nIn-Reply-To: <x@medias.example>\r\nReferences: <w@medias.example>\r\n"
        " <x@medias.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="fals"\r\n\r\n'
    )
    mail = mime(written, outlook_file(text=LETTER, transport_headers=headers, sender=("Altcineva", "x@example.ro")))
    assert str(mail["From"]) == "Ștefania <stefania@example.ro>"
    assert (mail["Message-ID"], mail["In-Reply-To"]) == ("<abc@example.ro>", "<x@medias.example>")
    assert mail["References"] == "<w@medias.example> <x@medias.example>"
    assert (mail["Reply-To"], mail["Auto-Submitted"]) == ("alta@example.ro", "auto-replied")
    assert len(mail.get_all("MIME-Version", [])) == 1
    assert mail.get_content_type() == "text/plain"
    assert mail["Subject"] == "Groapa din strada Gheorghe Lazăr", "what the header lacks comes from the properties"


def test_threading_identifiers_come_from_the_properties_when_there_is_no_header(written: Path) -> None:
    more = {0x1035: "<abc@example.ro>", 0x1042: "<x@medias.example>", 0x1039: "<w@medias.example> <x@medias.example>"}
    mail = mime(written, outlook_file(text=LETTER, more=more))
    assert mail["Message-ID"] == "<abc@example.ro>"
    assert mail["In-Reply-To"] == "<x@medias.example>"
    assert mail["References"] == "<w@medias.example> <x@medias.example>"


def test_an_exchange_address_is_not_taken_for_one_that_can_be_written_to(written: Path) -> None:
    inner = ("Ștefania Moldovan", "/O=PRIMARIA/OU=EXCHANGE/CN=RECIPIENTS/CN=STEFANIA")
    assert "@" not in str(mime(written, outlook_file(text=LETTER, sender=inner))["From"])
    smtp = {0x5D01: "stefania@example.ro"}
    assert "stefania@example.ro" in str(mime(written, outlook_file(text=LETTER, sender=inner, more=smtp))["From"])


def test_who_writes_for_somebody_else_is_the_sender_and_not_the_author(written: Path) -> None:
    more = {0x0042: "Maria Ionescu", 0x5D02: "maria@example.ro"}
    mail = mime(written, outlook_file(text=LETTER, more=more))
    assert str(mail["From"]) == "Maria Ionescu <maria@example.ro>"
    assert str(mail["Sender"]) == "Ștefania Moldovan <stefania@example.ro>"


def test_the_address_for_answers_is_read_from_the_reply_list(written: Path) -> None:
    mail = mime(written, outlook_file(text=LETTER, reply_to=one_off("Cancelaria", "raspuns@example.ro")))
    assert str(mail["Reply-To"]) == "Cancelaria <raspuns@example.ro>"


def test_an_absence_note_of_outlook_says_that_a_machine_wrote_it(written: Path) -> None:
    kind = "IPM.Note.Rules.OofTemplate.Microsoft"
    assert mime(written, outlook_file(text=LETTER, message_class=kind))["Auto-Submitted"] == "auto-replied"
    assert mime(written, outlook_file(text=LETTER))["Auto-Submitted"] is None


@pytest.mark.parametrize(("charset", "number"), [("cp1250", 1250), ("iso8859-2", 28592), ("utf-8", 65001)])
def test_strings_that_are_not_unicode_are_read_by_their_code_page(written: Path, charset: str, number: int) -> None:
    words_of = "Cerere: strada Măgurei, împrejmuire și racord".replace("ș", "ş")
    content = outlook_file(
        codepage=charset, codepage_number=number, subject=words_of, text=words_of, sender=("Ştefan Mână", "s@x.ro"),
        recipients=((1, "Primăria", "p@medias.example"),), attachments=[Attachment("Anexă.pdf", PDF)],
    )  # fmt: skip
    mail = read_as_mail(written, content)
    assert mail.subject == words_of
    assert words_of in mail.text
    assert mail.from_name == "Ştefan Mână"
    assert [part.filename for part in mail.parts if part.filename] == ["Anexă.pdf"]


def test_a_code_page_that_is_not_named_or_not_known_is_found_by_the_letters(written: Path) -> None:
    for number in (None, 99999):
        content = outlook_file(
            codepage="cp1250", codepage_number=number, subject="Sesizare împrăştiere", sender=("I", "i@x.ro")
        )
        assert mime(written, content)["Subject"] == "Sesizare împrăştiere"


def test_html_keeps_its_own_charset(written: Path) -> None:
    page = "<html><body><p>Împrejmuire și racord</p></body></html>".replace("ș", "ş")
    mail = read_as_mail(written, outlook_file(html=page.encode("cp1250"), html_codepage=1250))
    assert "Împrejmuire şi racord" in mail.text


def test_plain_and_html_are_alternatives_and_pictures_of_the_html_are_inline(written: Path) -> None:
    content = outlook_file(
        text=LETTER,
        html='<p>Bună ziua</p><img src="cid:poza@x">',
        attachments=[
            Attachment("poza.png", PNG, "image/png", content_id="poza@x"),
            Attachment("cerere.pdf", PDF, "application/pdf"),
        ],
    )
    mail = mime(written, content)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip
    picture, document = list(mail.walk())[-2:]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<poza@x>", "inline")
    assert picture.get_payload(decode=True) == PNG
    assert (document.get_filename(), document.get_content_disposition()) == ("cerere.pdf", "attachment")
    assert document.get_payload(decode=True) == PDF


def test_a_body_kept_only_as_rich_text_is_read_as_text(written: Path) -> None:
    rtf = rb"{\rtf1\ansi\ansicpg1250 Bun\'e3 ziua,\par v\u259? rog s\'e3 repara\u539?i groapa.\par}"
    mail = read_as_mail(written, outlook_file(rtf=plain_rtf(rtf)))
    assert "Bună ziua," in mail.text
    assert "vă rog să reparați groapa." in mail.text


def test_compressed_rich_text_is_expanded() -> None:
    # The example of MS-OXRTFCP 4.1.
    compressed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert lzfu.decompress(compressed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_what_was_attached_by_name_only_is_listed_with_its_place(written: Path) -> None:
    mail = mime(written, outlook_file(text=LETTER, attachments=[Attachment("plan.dwg", link="https://nor.example/p")]))
    part = list(mail.walk())[-1]
    assert part.get_filename() == "plan.dwg"
    assert part.get_payload(decode=True) == b"https://nor.example/p"


def test_an_attached_message_is_a_mail_inside_the_mail_with_its_own_files(written: Path) -> None:
    inner = message_tree(
        head=24, subject="Cererea mea", sender=("Ion Pop", "ion@example.ro"), text="Textul lui Ion.",
        attachments=[Attachment("buletin.pdf", PDF)],
    )  # fmt: skip
    mail = mime(written, outlook_file(text=LETTER, attachments=[Attachment("Cererea mea", message=inner)]))
    attached = next(part for part in mail.walk() if part.get_content_type() == "message/rfc822")
    nested = attached.get_payload(0)
    assert isinstance(nested, EmailMessage)
    assert attached.get_filename() == "Cererea mea.eml"
    assert (nested["Subject"], str(nested["From"])) == ("Cererea mea", "Ion Pop <ion@example.ro>")
    assert [part.get_filename() for part in nested.walk()][-1] == "buletin.pdf"


def test_messages_inside_messages_end_at_a_depth_and_the_rest_is_kept_as_a_file(written: Path) -> None:
    tree = message_tree(head=24, text="cel mai adânc")
    for _ in range(DEPTH_LIMIT + 5):
        tree = message_tree(head=24, text="un strat", attachments=[Attachment("strat", message=tree)])
    written.write_bytes(outlook_file(text=LETTER, attachments=[Attachment("strat", message=tree)]))
    raw = as_mime(written)
    assert raw.count(b"message/rfc822") == DEPTH_LIMIT
    assert raw.count(b"application/octet-stream") == 1


def test_a_damaged_attached_message_does_not_cost_the_mail_around_it(written: Path) -> None:
    inner = {"__properties_version1.0": b""}
    mail = mime(written, outlook_file(text=LETTER, attachments=[Attachment("stricat", message=inner)]))
    assert words(next(part for part in mail.walk() if part.get_content_type() == "text/plain")) == LETTER


def test_a_signed_message_keeps_its_signature(written: Path) -> None:
    signed = b'Content-Type: multipart/signed; boundary="b"\r\n\r\n--b\r\n\r\nText\r\n--b--\r\n'
    content = outlook_file(
        message_class="IPM.Note.SMIME.MultipartSigned", attachments=[Attachment("smime.p7m", signed)]
    )
    written.write_bytes(content)
    assert as_mime(written).endswith(signed)
    opaque = mime(
        written, outlook_file(message_class="IPM.Note.SMIME", attachments=[Attachment("smime.p7m", b"0\x80")])
    )
    assert opaque.get_content_type() == "application/pkcs7-mime"
    assert opaque.get_payload(decode=True) == b"0\x80"


def test_the_same_file_gives_the_same_bytes(written: Path) -> None:
    written.write_bytes(outlook_file(text=LETTER, html="<p>x</p>", attachments=[Attachment("a.pdf", PDF)] * 3))
    assert as_mime(written) == as_mime(written)


def test_line_ends_and_type_of_a_hostile_property_start_no_header_field(written: Path) -> None:
    evil = "x\r\nBcc: cineva@example.ro\r\n\r\ncorp"
    content = outlook_file(
        subject=evil, sender=(evil, "a@example.ro"), text=LETTER, more={0x1035: evil},
        attachments=[Attachment(f'n"{evil}.pdf', PDF, f"application/pdf\r\nX-Evil: {evil}", content_id=evil)],
    )  # fmt: skip
    mail = mime(written, content)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "text/plain", "application/octet-stream"
    ]  # fmt: skip
    assert all(field not in part for part in mail.walk() for field in ("Bcc", "X-Evil"))


def test_streams_that_share_their_bytes_are_refused(written: Path) -> None:
    content = bytearray(outlook_file(text="x" * 5000, html="y" * 5000))
    entry = content.index("__substg1.0_1013001F".encode("utf-16-le"))
    content[entry + 120 : entry + 124] = (900_000).to_bytes(4, "little")
    written.write_bytes(content)
    with pytest.raises(OutlookFileDamaged):
        as_mime(written)


@pytest.mark.parametrize(
    "content", [b"", b"nimic", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", compound_file({"Altceva": b"x"})]
)
def test_what_is_no_outlook_message_is_refused(written: Path, content: bytes) -> None:
    written.write_bytes(content)
    assert not is_outlook(written)
    if not content.startswith(b"\xd0\xcf") or len(content) < 512:
        with pytest.raises(OutlookFileDamaged):
            as_mime(written)


def test_a_file_cut_off_is_refused_or_read_as_far_as_it_goes(written: Path) -> None:
    whole = outlook_file(text=LETTER * 20, attachments=[Attachment("a.pdf", PDF * 100)])
    for length in range(0, len(whole), 700):
        written.write_bytes(whole[:length])
        try:
            assert as_mime(written)
        except OutlookFileDamaged:
            continue


_WHOLE = outlook_file(text=LETTER, html="<p>Bună</p>", attachments=[Attachment("a.pdf", PDF, "application/pdf")])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=40))
def test_any_damage_gives_a_mail_or_the_one_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(_WHOLE)
    for place, byte in changes:
        content[place] = byte
    path = tmp_path_factory.getbasetemp() / "stricat.msg"
    path.write_bytes(content)
    is_outlook(path)
    try:
        raw = as_mime(path)
    except OutlookFileDamaged:
        return
    assert b"MIME-Version: 1.0\r\n" in raw
