"""Attached mails, wrappers and invitations on the record: what is the sender's, what is somebody else's."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlmodel import col, select

from config import clock
from daemon.entering import enter_file
from daemon.house import House
from daemon.pipeline import process_letter
from daemon.practising import ADDRESS
from daemon.running import PlainRunner
from ingest.errors import OutlookFileDamaged
from registry.database import Database
from registry.letters import process_again
from registry.models import Fact, Letter, LetterPart, Page
from registry.statuses import LetterStatus
from registry.store import FileStore
from tests.support.factories import tables
from tests.support.house import settings_of
from tests.support.letters import scanned_page
from tests.support.mails import Container, Leaf, attached, file, mail, text
from tests.support.mails_more import SIGNER, invitation, opaque, signed, string, tnef, winmail
from tests.support.outlook_files import outlook_file

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

OWN = "Bună ziua, vă trimit mai jos mesajul pe care l-am primit ieri de la firma de salubritate."
CNP = "5980101320015"
OTHERS = f"Subsemnatul Ion Lazăr, CNP {CNP}, solicit certificat de urbanism."
SCAN = scanned_page(["Proces verbal de recepție", "Piața Regele Ferdinand"])
INNER = mail(Container([text(OTHERS), file(SCAN, "image/png", "pv.png")]), subject="Cerere", sender="ion@example.ro")


@pytest.fixture
def house(tmp_path: Path, database: Database) -> House:
    config = tmp_path / "cabinet.toml"
    smtp = f'[smtp]\nhost = "127.0.0.1"\nsender_address = "{ADDRESS}"\nsender_name = "Cabinet"\n'
    config.write_text(f'data_folder = "{tmp_path}"\n{smtp}')
    return House(settings_of(config), tables(), database, FileStore(tmp_path / "store"))


def put_through(house: House, folder: Path, raw: bytes, name: str = "scrisoare.eml") -> Letter:
    """Enter a mail and process it; its letter."""
    (folder / name).write_bytes(raw)
    letter_id = enter_file(house, folder / name).letter_id
    process_letter(PlainRunner(house), letter_id)
    return letter(house, letter_id)


def letter(house: House, letter_id: int | None) -> Letter:
    with house.database.read() as session:
        return session.get_one(Letter, letter_id)


def parts_and_pages(house: House, of: Letter) -> list[tuple[LetterPart, Sequence[Page]]]:
    with house.database.read() as session:
        parts = session.exec(select(LetterPart).where(LetterPart.letter_id == of.id).order_by(col(LetterPart.number)))
        return [(part, session.exec(select(Page).where(Page.part_id == part.id)).all()) for part in parts.all()]


def facts(house: House, of: Letter) -> set[str]:
    with house.database.read() as session:
        return set(session.exec(select(Fact.value).where(Fact.letter_id == of.id)))


def own_words(of: Letter) -> str:
    return "".join(of.text[start:end] for start, end in of.own_text_spans)


def test_what_an_attached_mail_says_is_never_taken_for_the_senders_words(house: House, tmp_path: Path) -> None:
    found = put_through(house, tmp_path, mail(Container([text(OWN), attached(INNER)])))
    assert found.status == LetterStatus.READY
    assert (found.text.strip(), own_words(found).strip()) == (OWN, OWN)
    assert not {value for value in facts(house, found) if CNP in value or "Lazăr" in value}
    (whole, (told,)), (scan, (read,)) = parts_and_pages(house, found)
    assert (whole.nested, whole.path_in_mail, told.source) == (True, "2", "mail")
    assert told.text.startswith("De la: ion@example.ro\n")
    assert OTHERS in told.text
    # The documents inside are read like any other.
    assert (scan.nested, scan.path_in_mail, read.source) == (True, "2.2", "ocr")
    assert "recepție" in read.text
    assert read.image_sha256
    assert found.remarks == []


@pytest.mark.parametrize("words", ["", "Bună ziua"])
def test_a_mail_passed_on_without_words_is_what_the_letter_is_about(house: House, tmp_path: Path, words: str) -> None:
    found = put_through(house, tmp_path, mail(Container([text(words), attached(INNER)]), subject="Fwd: Cerere"))
    assert OTHERS in own_words(found)
    assert "recepție" in own_words(found)
    assert found.remarks == ["attached-mail-used"]
    assert any("Lazăr" in value for value in facts(house, found))


def test_a_document_of_the_senders_own_counts_as_words(house: House, tmp_path: Path) -> None:
    cover = file(scanned_page(["Vă trimit alăturat mesajul primit de la firmă."]), "image/png", "adresa.png")
    found = put_through(house, tmp_path, mail(Container([cover, attached(INNER)])))
    assert "mesajul primit" in own_words(found)
    assert OTHERS not in found.text
    assert found.remarks == []


def test_processing_again_adds_nothing_twice(house: House, tmp_path: Path) -> None:
    raw = mail(Container([text(""), attached(INNER)]), ("Auto-Submitted", "auto-replied"))
    sorted_out = put_through(house, tmp_path, raw)
    assert sorted_out.status == LetterStatus.MACHINE_MAIL
    ((_, (told,)), _) = parts_and_pages(house, sorted_out)
    assert told.source == "mail"
    with house.database.write() as session:
        process_again(session, session.get_one(Letter, sorted_out.id), at=clock.now(), actor="test")
    process_letter(PlainRunner(house), sorted_out.id or 0)
    restored = letter(house, sorted_out.id)
    assert restored.status == LetterStatus.READY
    assert restored.text.count(OTHERS) == 1
    assert restored.remarks == ["attached-mail-used"]
    assert [len(pages) for _, pages in parts_and_pages(house, restored)] == [1, 1]


def test_a_signed_letter_is_read_and_its_wrapper_is_not(house: House, tmp_path: Path) -> None:
    body = opaque(Container([text(OWN), file(signed(SCAN), name="pv.png.p7m")]))
    found = put_through(house, tmp_path, mail(body))
    assert found.text.startswith(OWN)
    assert "recepție" in own_words(found)
    assert [(part.file_name, part.problem, len(pages)) for part, pages in parts_and_pages(house, found)] == [
        ("smime.p7m", "", 0),
        ("pv.png.p7m", "", 0),
        ("pv.png", "", 1),
    ]
    (remark,) = found.remarks
    assert remark.startswith(f"signed:{SIGNER}")
    assert found.problem == ""


def test_winmail_dat_is_taken_apart_and_not_complained_about(house: House, tmp_path: Path) -> None:
    raw = tnef(string(0x1000, OWN), attachments=[("pv.png", SCAN, [])])
    found = put_through(house, tmp_path, mail(winmail(raw)))
    assert "mesajul pe care l-am primit" in found.text
    assert "recepție" in own_words(found)
    assert (found.problem, found.remarks) == ("", [])


def test_an_invitation_is_shown_in_words_beside_the_letter(house: House, tmp_path: Path) -> None:
    meeting = invitation("SUMMARY:Discuție despre groapă", "DTSTART:20261102T080000Z")
    found = put_through(house, tmp_path, mail(Container([text(OWN), meeting], "alternative")))
    ((part, (page,)),) = parts_and_pages(house, found)
    assert (part.found_type, page.source) == ("text", "calendar")
    assert "Ce: Discuție despre groapă" in page.text
    assert found.text.strip() == OWN


def test_an_invitation_alone_is_the_letter(house: House, tmp_path: Path) -> None:
    found = put_through(house, tmp_path, mail(invitation("SUMMARY:Discuție despre groapă", method="PUBLISH")))
    assert "Ce: Discuție despre groapă" in own_words(found)
    assert found.remarks == ["attached-mail-used"]


def test_another_form_of_the_text_is_listed_and_not_understood_twice(house: House, tmp_path: Path) -> None:
    amp = Leaf(b"<!doctype html><html amp4email><body>Altceva</body></html>", "text/x-amp-html")
    found = put_through(house, tmp_path, mail(Container([text(OWN), amp], "alternative")))
    assert found.text.strip() == OWN
    ((part, _),) = parts_and_pages(house, found)
    assert part.inline


def test_contradictions_are_remarked_with_both_names(house: House, tmp_path: Path) -> None:
    part = Leaf(SCAN, "image/png; name=a.png", fields=[("Content-Disposition", "attachment; filename=a.zip")])
    found = put_through(house, tmp_path, mail(Container([text(OWN), part])))
    assert found.remarks == ["ambiguous:a.zip / a.png"]


def test_a_letter_in_an_outlook_file_is_read(house: House, tmp_path: Path) -> None:
    raw = outlook_file(text=OWN)
    found = put_through(house, tmp_path, raw, "scrisoare.msg")
    assert (found.text.strip(), found.subject) == (OWN, "Groapa din strada Gheorghe Lazăr")


def test_a_damaged_outlook_file_is_a_letter_with_a_reason(house: House, tmp_path: Path) -> None:
    found = put_through(house, tmp_path, outlook_file(text=OWN)[:1500], "scrisoare.eml")
    assert found.problem == OutlookFileDamaged.code
    assert found.status == LetterStatus.READY


def test_the_digest_is_on_record(house: House, tmp_path: Path) -> None:
    raw = mail(text(OWN), message_id="<d@example.ro>")
    first = put_through(house, tmp_path, raw)
    again = put_through(house, tmp_path, b"Return-Path: <x@example.ro>\n" + raw)
    assert first.id != again.id
    assert first.content_digest == again.content_digest != ""


def test_the_names_of_files_in_an_archive_are_listed_but_are_nobodys_words(house: House, tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("factura apa.pdf", b"x")
    raw = mail(Container([text(OWN), file(archive.getvalue(), "application/zip", "acte.zip")]))
    letter = put_through(house, tmp_path, raw)
    ((_part, (page,)),) = parts_and_pages(house, letter)
    assert "factura apa.pdf" in page.text
    assert "factura apa.pdf" not in letter.text
