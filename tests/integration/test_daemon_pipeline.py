"""Letters on their whole way through the house, step by step in this process, on both databases."""

import io
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from classifiers.log import correct
from config import clock
from daemon import checks
from daemon.entering import enter_file
from daemon.house import House
from daemon.pipeline import process_letter
from daemon.practising import ADDRESS, LETTERS
from daemon.running import PlainRunner
from ingest.errors import describe_failure
from ingest.problems import describe_problem
from registry.database import Database
from registry.letters import number_of, process_again
from registry.models import Case, Decision, Fact, Letter, LetterPart, Page, Reply
from registry.statuses import LetterStatus, ReplyStatus
from registry.store import FileStore
from registry.users import Role
from tests.support import mails
from tests.support.factories import make_user, tables
from tests.support.house import settings_of
from tests.support.letters import petition_with_scan, plain_petition, scanned_page
from tests.support.postgres import PostgresServer
from tests.support.steps import steps_of

# The steps that write; before any other step the record is as it was before one of these. When the archive copy is
# noted, the letter is ready already: nobody has to process it again.
STEPS = [
    step
    for step in steps_of(process_letter)
    if step.startswith(("record_", "open_", "draft_")) and step != "record_copy"
]

# Where the kind of database makes no difference, and time does.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass(frozen=True, slots=True)
class Office:
    """A house in this process, and letters put through it."""

    house: House
    folder: Path

    def enter(self, name: str, content: bytes) -> int:
        path = self.folder / name
        path.write_bytes(content)
        return enter_file(self.house, path).letter_id

    def process(self, letter_id: int) -> None:
        process_letter(PlainRunner(self.house), letter_id)

    def put_through(self, name: str, content: bytes) -> int:
        letter_id = self.enter(name, content)
        self.process(letter_id)
        return letter_id

    def letter(self, letter_id: int) -> Letter:
        with self.house.database.read() as session:
            return session.get_one(Letter, letter_id)

    def case(self, letter_id: int) -> Case:
        with self.house.database.read() as session:
            return session.get_one(Case, self.letter(letter_id).case_id)

    def rows(self, kind: type[Any], letter_id: int) -> list[Any]:
        with self.house.database.read() as session:
            return list(session.exec(select(kind).where(kind.letter_id == letter_id).order_by(kind.id)))

    def process_again(self, letter_id: int) -> None:
        with self.house.database.write() as session:
            process_again(session, session.get_one(Letter, letter_id), at=clock.now(), actor="test")


def open_office(folder: Path, database: Database) -> Office:
    config = folder / "cabinet.toml"
    config.write_text(
        f'data_folder = "{folder}"\n[smtp]\nhost = "127.0.0.1"\nsender_address = "{ADDRESS}"\nsender_name = "Cabinet"\n'
    )
    store = FileStore(folder / "store")
    (folder / "in").mkdir()
    return Office(House(settings_of(config), tables(), database, store), folder / "in")


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    return open_office(tmp_path, database)


# --- the practice letters ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """An office whose letters went their way, in this order; their ids by file name."""

    office: Office
    ids: dict[str, int]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office for many tests that only look at what was done."""
    folder = tmp_path_factory.mktemp("office")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), folder / "cabinet.db")
        database = Database(f"sqlite:///{folder / 'cabinet.db'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        database = Database(server.new_database(request.getfixturevalue("migrated_template")))
    yield open_office(folder, database)
    database.close()


QUICK = ("01-", "02-", "04-", "05-", "07-", "12-", "13-", "16-")


@pytest.fixture(scope="module")
def practice(shared_office: Office) -> Done:
    """The practice letters: all of them on SQLite, those that need little reading on PostgreSQL."""
    files = [*sorted((LETTERS / "mail").glob("*.eml")), *sorted((LETTERS / "scans").iterdir())]
    if not shared_office.house.database.is_sqlite:
        files = [file for file in files if file.name.startswith(QUICK)]
    done = Done(shared_office, {file.name: enter_file(shared_office.house, file).letter_id for file in files})
    for letter_id in done.ids.values():
        shared_office.process(letter_id)
    return done


def expected() -> dict[str, str]:
    """File name and kind of every practice letter, as its README says."""
    lines = (LETTERS / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`"): row[-1] for row in rows}


def test_every_practice_letter_ends_as_its_description_says(practice: Done) -> None:
    office, ids = practice.office, practice.ids
    kinds = expected()
    assert len(kinds) == 20
    for name, letter_id in ids.items():
        letter = office.letter(letter_id)
        if kinds[name].startswith("machine mail: "):
            assert (letter.status, f"machine mail: {letter.machine_kind}") == ("machine-mail", kinds[name]), name
            assert letter.case_id is None, name
            assert office.rows(Reply, letter_id) == [], name
        else:
            case = office.case(letter_id)
            assert (letter.status, letter.machine_kind, case.kind) == ("ready", "", kinds[name]), name
            assert case.target_on is not None, name
            assert case.petitioner_name, name
            (reply,) = office.rows(Reply, letter_id)
            assert (reply.status, reply.approved_hash) == (ReplyStatus.DRAFT, None), name


def test_practice_letters_have_numbers_in_the_order_in_which_they_came(practice: Done) -> None:
    office, ids = practice.office, practice.ids
    with office.house.database.read() as session:
        found = [number_of(session, session.get_one(Letter, letter_id)).number for letter_id in ids.values()]
    assert found == list(range(found[0], found[0] + len(ids)))
    assert checks.verify(office.house) == []


def test_an_answer_in_the_thread_joins_the_case_and_the_others_open_their_own(practice: Done) -> None:
    office, ids = practice.office, practice.ids
    cases = {name: office.letter(letter_id).case_id for name, letter_id in ids.items()}
    first, answer = "01-iluminat-text-simplu.eml", "07-iluminat-raspuns-in-fir.eml"
    assert cases[answer] == cases[first] is not None
    others = [case for name, case in cases.items() if case is not None and name != answer]
    assert len(set(others)) == len(others)


def test_a_letter_with_a_locked_attachment_says_so_and_has_its_case(practice: Done) -> None:
    letter_id = practice.ids["16-scutire-pdf-cu-parola.eml"]
    assert practice.office.letter(letter_id).problem == "encrypted"
    assert [part.problem for part in practice.office.rows(LetterPart, letter_id)] == ["encrypted"]
    assert practice.office.case(letter_id).target_on is not None


def test_the_words_of_an_attachment_are_understood_with_the_mail(practice: Done) -> None:
    office, ids = practice.office, practice.ids
    letter = office.letter(ids["05-canalizare-pdf-atasat.eml"])
    (part,) = office.rows(LetterPart, letter.id)
    assert f"\n— {part.file_name} —\n" in letter.text
    assert letter.own_text_spans[-1][1] == len(letter.text)


# --- threads -------------------------------------------------------------------------------------------------


@on_sqlite
def test_another_sender_who_writes_into_the_thread_opens_a_case_of_his_own(office: Office) -> None:
    mail = LETTERS / "mail"
    first = office.put_through("01.eml", (mail / "01-iluminat-text-simplu.eml").read_bytes())
    answer = (mail / "07-iluminat-raspuns-in-fir.eml").read_bytes()
    address = office.letter(first).sender_address.encode()
    assert address in answer
    stranger = office.put_through("07.eml", answer.replace(address, b"altcineva@posta.example"))
    assert office.letter(stranger).references
    assert office.letter(stranger).case_id not in (None, office.letter(first).case_id)
    same = office.put_through("08.eml", answer)
    assert office.letter(same).case_id == office.letter(first).case_id


# --- what cannot be read -------------------------------------------------------------------------------------


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr("cerere.txt", "Domnule Primar")
    return content.getvalue()


NOISE = random.Random(5).randbytes(4000)
BAD: dict[str, Callable[[], bytes]] = {
    "gol.pdf": lambda: mails.PDF,
    "zgomot.pdf": lambda: NOISE,
    "zgomot.tif": lambda: b"II*\x00" + NOISE,
    "zgomot.jpg": lambda: b"\xff\xd8\xff\xe0" + NOISE,
    "arhiva.pdf": archive,
    "taiat.pdf": lambda: b"%PDF-1.4\n1 0 obj<</Type/Catalog",
    "nimic.pdf": lambda: b"",
    "zgomot.eml": lambda: NOISE[::-1],
    "nimic.eml": lambda: b"\r\n",
    "stricat.eml": lambda: (LETTERS / "mail" / "15-zgomot-mail-stricat.eml").read_bytes() + b"\n",
    "fara-sfarsit.eml": lambda: (
        b"From: a@posta.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        b'Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERi0xL'
    ),
    "atasament-zgomot.eml": lambda: mails.mail(
        mails.Container([mails.text(), mails.file(NOISE, "application/pdf", "cerere.pdf")])
    ),
    "atasament-doc.eml": lambda: mails.mail(
        mails.Container(
            [mails.text(), mails.file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + NOISE, "application/msword", "cerere.doc")]
        )
    ),
}


@pytest.fixture(scope="module")
def bad_day(shared_office: Office) -> Done:
    """All of them after one another, and an ordinary letter at the end."""
    letters = {**{name: make() for name, make in BAD.items()}, "buna.eml": plain_petition()}
    return Done(shared_office, {name: shared_office.put_through(name, content) for name, content in letters.items()})


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_has_a_case_and_a_reason(bad_day: Done, name: str) -> None:
    office, letter_id = bad_day.office, bad_day.ids[name]
    letter = office.letter(letter_id)
    assert letter.status == LetterStatus.READY
    assert office.case(letter_id).target_on is not None
    assert len(office.rows(Reply, letter_id)) == 1
    sentences = [describe_failure(letter.problem), *(describe_problem(code) for code in letter.remarks)]
    assert any(sentence.endswith(".") and any(char in sentence for char in "ăâîșț") for sentence in sentences)


def test_what_cannot_be_read_has_its_number_and_does_not_hold_up_the_next_letter(bad_day: Done) -> None:
    office, ids = bad_day.office, bad_day.ids
    with office.house.database.read() as session:
        found = [number_of(session, session.get_one(Letter, letter_id)).number for letter_id in ids.values()]
    assert found == list(range(found[0], found[0] + len(ids)))
    last = office.letter(ids["buna.eml"])
    assert (last.status, last.problem) == ("ready", "")
    assert checks.verify(office.house) == []


@on_sqlite
def test_a_page_of_the_web_that_calls_itself_pdf_is_read_as_what_it_is(office: Office) -> None:
    page = "<!DOCTYPE html><html><body><p>Domnule Primar, vă rog să reparați trotuarul.</p></body></html>"
    letter_id = office.put_through("cerere.pdf", page.encode())
    (part,) = office.rows(LetterPart, letter_id)
    assert part.found_type == "html"
    assert "reparați trotuarul" in office.letter(letter_id).text


@on_sqlite
def test_a_signature_and_ornaments_of_a_mail_are_no_reason_to_bother_anybody(office: Office) -> None:
    body = mails.Container(
        [
            mails.text(),
            mails.file(b"\x30\x82" + NOISE, "application/pkcs7-signature", "smime.p7s"),
            mails.file(NOISE, "application/octet-stream", "image001.wmz", Content_ID="<image001.wmz@01>"),
        ]
    )
    letter_id = office.put_through("semnat.eml", mails.mail(body))
    assert office.letter(letter_id).problem == ""
    assert {part.problem for part in office.rows(LetterPart, letter_id)} == {""}


# --- going through a letter again ----------------------------------------------------------------------------


class Stops(PlainRunner):
    """Breaks off before one step, as a step that fails does."""

    def __init__(self, house: House, before: str) -> None:
        super().__init__(house)
        self._before = before

    def compute(self, step: Callable[..., Any], *args: Any) -> Any:
        self._look(step)
        return super().compute(step, *args)

    def record(self, step: Callable[..., Any], *args: Any) -> Any:
        self._look(step)
        return super().record(step, *args)

    def _look(self, step: Callable[..., Any]) -> None:
        if step.__name__ == self._before:
            raise ArithmeticError


def result_of(office: Office, letter_id: int) -> dict[str, Any]:
    """What a letter's way left behind, without ids and moments."""
    letter = office.letter(letter_id)
    return {
        "letter": (letter.status, letter.problem, letter.text, letter.own_text_spans, letter.remarks),
        "parts": [(part.number, part.file_name, part.sha256) for part in office.rows(LetterPart, letter_id)],
        "pages": [(page.number, page.text) for page in office.rows(Page, letter_id)],
        "facts": sorted((fact.kind, fact.value, fact.start) for fact in office.rows(Fact, letter_id)),
        "reply": [(reply.kind, reply.subject) for reply in office.rows(Reply, letter_id)],
    }


@on_sqlite
def test_a_letter_that_broke_off_anywhere_is_processed_again_without_doubles(office: Office) -> None:
    content = mails.mail(
        mails.Container([mails.text(), mails.file("Anexă: str. Vinului nr. 3.".encode(), "text/plain", "anexa.txt")])
    )
    letters = {step: office.enter(f"{step}.eml", content + step.encode()) for step in [*STEPS, "none"]}
    office.process(letters["none"])
    smooth = result_of(office, letters["none"])
    assert smooth["pages"]
    assert smooth["facts"]
    for step in STEPS:
        with pytest.raises(ArithmeticError):
            process_letter(Stops(office.house, step), letters[step])
        office.process_again(letters[step])
        assert office.letter(letters[step]).processing_round == 2
        office.process(letters[step])
        again = result_of(office, letters[step])
        assert {**again, "letter": again["letter"][:2]} == {**smooth, "letter": smooth["letter"][:2]}, step
        assert len(again["letter"][2]) == len(smooth["letter"][2]), step
    with office.house.database.read() as session:
        assert len(session.exec(select(Case.id)).all()) == len(letters)


def test_machine_mail_that_is_a_letter_after_all_gets_its_case_and_nothing_twice(office: Office) -> None:
    content = mails.mail(
        mails.Container([mails.text(), mails.file(scanned_page(["Domnule Primar,"]), "image/png", "a.png")]),
        ("Auto-Submitted", "auto-replied"),
    )
    letter_id = office.put_through("automat.eml", content)
    assert office.letter(letter_id).status == "machine-mail"
    assert len(office.rows(LetterPart, letter_id)) == 1
    office.process_again(letter_id)
    office.process(letter_id)
    letter = office.letter(letter_id)
    assert (letter.status, letter.machine_kind) == ("ready", "")
    assert office.case(letter_id).target_on is not None
    for rows in (LetterPart, Page, Decision, Reply):
        assert len(office.rows(rows, letter_id)) == 1, rows.__name__
    facts = [(fact.kind, fact.value, fact.start) for fact in office.rows(Fact, letter_id)]
    assert len(facts) == len(set(facts))


# --- corrections ---------------------------------------------------------------------------------------------


def test_another_kind_gives_the_case_the_dates_of_that_kind_counted_from_registration(office: Office) -> None:
    letter_id = office.put_through("cerere.eml", plain_petition())
    before = office.case(letter_id)
    assert before.kind == "petitie"

    def say(kind: str) -> Case:
        with office.house.database.write() as session:
            letter = session.get_one(Letter, letter_id)
            user = clerk_of(session)
            correct(
                session,
                letter,
                user,
                topic=before.topic,
                department=before.department,
                kind=kind,
                tables=office.house.tables,
                at=clock.now(),
            )
        return office.case(letter_id)

    information = say("informatii-publice")
    assert information.registered_on == before.registered_on
    assert information.term_id != before.term_id
    assert information.target_on is not None
    assert before.target_on is not None
    assert before.registered_on < information.target_on < before.target_on
    assert information.explanation != before.explanation
    back = say("petitie")
    assert (back.target_on, back.legal_on, back.explanation) == (
        before.target_on,
        before.legal_on,
        before.explanation,
    )
    assert [decision.kind for decision in office.rows(Decision, letter_id)] == [
        "petitie",
        "informatii-publice",
        "petitie",
    ]


def clerk_of(session: Session) -> Any:
    from registry.models import User

    found = session.exec(select(User).where(col(User.role) == Role.CLERK)).first()
    return found or make_user(session, role=Role.CLERK)


@on_sqlite
def test_a_scanned_petition_in_an_attachment_is_read_and_understood(office: Office) -> None:
    letter_id = office.put_through("cerere.eml", petition_with_scan(7))
    (page,) = office.rows(Page, letter_id)
    assert page.source == "ocr"
    assert page.image_sha256
    assert "iluminatul public" in office.letter(letter_id).text
    assert office.case(letter_id).topic == "iluminat-public"
