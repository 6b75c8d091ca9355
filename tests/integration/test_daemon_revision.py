"""After people changed pages of a letter: text, decision, draft and archive copy follow, and people's words stand."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from classifiers.log import correct, latest_decision
from config import clock
from daemon.entering import enter_file
from daemon.house import House
from daemon.pipeline import process_letter, revise_letter
from daemon.running import PlainRunner
from daemon.steps.revision import record_revised_decision, record_revised_text
from registry import page_edits
from registry.database import Database
from registry.letter_pages import SEPARATOR, PageName, letter_pages
from registry.letters import process_again
from registry.models import AuditEvent, Case, Decision, Letter, Page, PagePlace, Reply, User
from registry.statuses import LetterStatus
from registry.store import FileStore
from registry.users import Role
from responders.approval import save
from tests.support.factories import AT, make_letter, make_user, tables
from tests.support.house import settings_of
from tests.support.letters import petition_with_scan, scanned_page
from tests.support.postgres import PostgresServer
from tests.support.scans import LINES, drawn_page, keep, make_scan, make_scanned_page, webp
from tests.support.seed import drafted_letter

LAMPS = (
    "Domnule Primar,",
    "Subsemnatul Ion Rusu, strada Luncii nr. 8,",
    "vă aduc la cunoștință că iluminatul public nu mai funcționează,",
    "becurile de pe stâlpi sunt arse de o lună.",
)


@dataclass(frozen=True, slots=True)
class Office:
    """A house in this process, and acts of its clerk."""

    house: House
    folder: Path
    clerk_id: int

    def scan(self, *pages: tuple[str, ...], **decision: str) -> int:
        """A letter by post as the machine leaves it, one page for each group of lines."""
        with self.house.database.write() as session:
            text = "\n\n".join("\n".join(lines) for lines in pages)
            letter, _case, _reply = drafted_letter(
                session,
                self.house.store,
                at=AT,
                channel="post",
                text=text,
                own_text_spans=[[0, len(text)]],
                reply_address="",
                decision=decision,
            )
            part = make_scan(session, self.house.store, letter)
            for number, lines in enumerate(pages, 1):
                make_scanned_page(session, self.house.store, part, number, lines)
            assert letter.id is not None
            return letter.id

    def act(self, what: Any, letter_id: int, page: int, *args: Any, **fields: Any) -> None:
        """Do an act of `page_edits` on a page, as the clerk."""
        with self.house.database.write() as session:
            letter = page_edits.letter_to_edit(session, letter_id)
            shown = page_edits.page_of(session, letter, PageName(1, page))
            user = session.get_one(User, self.clerk_id)
            what(session, letter, shown, *args, user=user, at=clock.now(), **fields)

    def correct(self, letter_id: int, page: int, *lines: str, seen: int = 0) -> None:
        """Correct the text of a page and let the worker do its part."""
        self.act(page_edits.correct_text, letter_id, page, "\n".join(lines), seen=seen)
        self.revise(letter_id)

    def revise(self, letter_id: int) -> None:
        revise_letter(PlainRunner(self.house), letter_id)

    def letter(self, letter_id: int) -> Letter:
        with self.house.database.read() as session:
            return session.get_one(Letter, letter_id)

    def case(self, letter_id: int) -> Case:
        with self.house.database.read() as session:
            return session.get_one(Case, self.letter(letter_id).case_id)

    def decision(self, letter_id: int) -> Decision:
        with self.house.database.read() as session:
            found = latest_decision(session, letter_id)
            assert found is not None
            return found

    def acts(self, letter_id: int) -> list[str]:
        with self.house.database.read() as session:
            wanted = select(AuditEvent.act).where(AuditEvent.subject == f"letters:{letter_id}")
            return list(session.exec(wanted.order_by(col(AuditEvent.id))))

    def reply(self, letter_id: int) -> Reply:
        with self.house.database.read() as session:
            return session.exec(select(Reply).where(Reply.letter_id == letter_id)).one()

    def said_in_copy(self, letter_id: int) -> str:
        """The text of the archive copy as a search finds it."""
        sha256 = self.letter(letter_id).archive_sha256
        assert sha256 is not None
        command = ["pdftotext", "-layout", str(self.house.store.path(sha256)), "-"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), folder / "cabinet.db")
        database = Database(f"sqlite:///{folder / 'cabinet.db'}")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        database = Database(server.new_database(request.getfixturevalue("migrated_template")))
    (folder / "cabinet.toml").write_text(f'data_folder = "{folder}"\n')
    house = House(settings_of(folder / "cabinet.toml"), tables(), database, FileStore(folder / "store"))
    with database.write() as session:
        clerk_id = make_user(session, role=Role.CLERK).id or 0
    yield Office(house, folder, clerk_id)
    database.close()


def test_a_corrected_page_changes_the_text_and_the_letter_is_understood_anew(office: Office) -> None:
    letter_id = office.scan(("Domnule Prirnar,", "i1uminatu1 pub1ic"), ("Anexez o fotografie.",))
    before = office.decision(letter_id)
    office.correct(letter_id, 1, *LAMPS)
    letter, decision, case = office.letter(letter_id), office.decision(letter_id), office.case(letter_id)
    assert letter.status == LetterStatus.READY
    assert letter.text == "\n".join(LAMPS) + "\n\nAnexez o fotografie."
    assert letter.own_text_spans == [[0, len(letter.text)]]
    assert decision.id != before.id
    assert decision.user_id is None
    assert decision.topic == "iluminat-public"
    assert (case.topic, case.department) == ("iluminat-public", decision.department)
    with office.house.database.read() as session:
        page = letter_pages(session, letter_id)[0]
    assert page.text == "\n".join(LAMPS)
    assert page.row.text == "Domnule Prirnar,\ni1uminatu1 pub1ic"  # what was read stays beside it
    assert not page.row.needs_human


def test_the_draft_follows_unless_a_person_worked_on_it(office: Office) -> None:
    untouched, edited = (office.scan(("Text rău citit",)) for _ in range(2))
    with office.house.database.write() as session:
        reply = session.exec(select(Reply).where(Reply.letter_id == edited)).one()
        save(
            session,
            reply,
            session.get_one(User, office.clerk_id),
            clock.now(),
            expected_version=reply.version,
            subject="Răspunsul meu",
            body="Scris de mână.",
            recipient_name=reply.recipient_name,
            recipient_email=reply.recipient_email,
            recipient_address=reply.recipient_address,
        )
    for letter_id in (untouched, edited):
        office.correct(letter_id, 1, *LAMPS)
    assert "iluminat" in office.reply(untouched).body
    assert office.reply(untouched).recipient_name == office.case(untouched).petitioner_name == "Ion Rusu"
    assert office.reply(edited).body == "Scris de mână."


def test_what_a_person_decided_stays_and_the_new_opinion_is_only_proposed(office: Office) -> None:
    letter_id = office.scan(("Text rău citit",))
    with office.house.database.write() as session:
        letter, user = session.get_one(Letter, letter_id), session.get_one(User, office.clerk_id)
        chosen = {"topic": "salubrizare", "department": "mediu-salubritate", "kind": "petitie"}
        correct(session, letter, user, tables=tables(), at=clock.now(), **chosen)
    held = office.decision(letter_id)
    office.correct(letter_id, 1, *LAMPS)
    assert office.decision(letter_id).id == held.id
    assert office.case(letter_id).topic == "salubrizare"
    assert "propose-classification" in office.acts(letter_id)


def test_due_dates_never_change_by_themselves(office: Office) -> None:
    letter_id = office.scan(("Text rău citit",))
    before = office.case(letter_id)
    request = (
        "Solicitare în baza Legii 544/2001 privind liberul acces la informațiile de interes public.",
        "În temeiul Legii nr. 544/2001 solicit comunicarea copiei contractului de salubrizare",
        "și a listei sumelor plătite în anul 2025.",
    )
    office.correct(letter_id, 1, *request)
    after = office.case(letter_id)
    assert office.decision(letter_id).kind == "informatii-publice"
    assert (after.kind, after.target_on, after.legal_on) == (before.kind, before.target_on, before.legal_on)
    assert "propose-classification" in office.acts(letter_id)


def test_a_later_change_overtakes_an_earlier_one_that_is_still_being_worked_on(office: Office) -> None:
    letter_id = office.scan(("Text rău citit",))
    office.act(page_edits.correct_text, letter_id, 1, "întâi", seen=0)
    asked = office.letter(letter_id).processing_round
    office.act(page_edits.correct_text, letter_id, 1, "apoi", seen=1)
    with office.house.database.write() as session:
        record_revised_text(office.house, session, letter_id, asked, {"message": None})
        record_revised_decision(office.house, session, letter_id, asked, {})
    assert office.letter(letter_id).text == "Text rău citit"
    assert office.letter(letter_id).status == LetterStatus.PAGES_CHANGED
    office.revise(letter_id)
    assert office.letter(letter_id).text == "apoi"
    office.revise(letter_id)  # asked twice: nothing is left to do
    assert office.letter(letter_id).status == LetterStatus.READY


def test_two_people_who_correct_the_same_page_do_not_overwrite_each_other(office: Office) -> None:
    letter_id = office.scan(("Text rău citit",))
    office.act(page_edits.correct_text, letter_id, 1, "al meu", seen=0)
    with pytest.raises(page_edits.PageChangedMeanwhile):
        office.act(page_edits.correct_text, letter_id, 1, "al altuia", seen=0)
    office.revise(letter_id)
    assert office.letter(letter_id).text == "al meu"


def test_the_text_follows_the_order_of_the_pages_and_leaves_out_what_went_elsewhere(office: Office) -> None:
    letter_id = office.scan(("unu",), ("doi",), ("foaie",), ("patru",))
    with office.house.database.write() as session:
        session.exec(select(Page).where(Page.letter_id == letter_id, Page.number == 3)).one().reason = SEPARATOR
        other = make_letter(session, office.house.store, channel="post")
        session.add(PagePlace(letter_id=letter_id, part_number=1, page_number=4, moved_to_id=other.id))
    office.act(page_edits.move_page, letter_id, 2, 1)
    office.revise(letter_id)
    assert office.letter(letter_id).text == "doi\n\nunu"
    with office.house.database.read() as session:
        assert len(letter_pages(session, letter_id)) == 4  # no page is dropped
    copy = office.said_in_copy(letter_id)
    assert copy.index("doi") < copy.index("unu")
    assert "foaie" not in copy
    assert "patru" not in copy


def test_a_page_found_right_no_longer_waits_for_anybody(office: Office) -> None:
    letter_id = office.scan(LINES)
    with office.house.database.write() as session:
        session.exec(select(Page).where(Page.letter_id == letter_id)).one().needs_human = True
    office.act(page_edits.check_page, letter_id, 1)
    with office.house.database.read() as session:
        assert not session.exec(select(Page).where(Page.letter_id == letter_id)).one().needs_human
    assert office.letter(letter_id).status == LetterStatus.READY  # nothing to do anew
    assert office.acts(letter_id)[-1] == "check-page"


def test_a_turned_page_is_read_as_it_then_stands(office: Office) -> None:
    letter_id = office.scan(("rubbish",))
    lying, _words = drawn_page(LINES, turned=90)
    with office.house.database.write() as session:
        page = session.exec(select(Page).where(Page.letter_id == letter_id)).one()
        page.image_sha256 = keep(session, office.house.store, webp(lying))
    office.act(page_edits.turn_page, letter_id, 1, 270)
    office.revise(letter_id)
    assert "țeava spartă în fața casei mele" in office.letter(letter_id).text
    with office.house.database.read() as session:
        (turned,) = letter_pages(session, letter_id)
    assert turned.to_turn == 0
    assert turned.row.height > turned.row.width
    assert turned.row.words_sha256
    office.act(page_edits.turn_page, letter_id, 1, 90)
    with office.house.database.read() as session:
        assert letter_pages(session, letter_id)[0].to_turn == 90


def test_a_scan_gets_an_archive_copy_that_follows_its_corrections(office: Office) -> None:
    lines = ["Domnule Primar,", "În fața casei mele din strada Viilor 9", "asfaltul este spart și țeava curge."]
    path = office.folder / "scan.png"
    path.write_bytes(scanned_page(lines))
    letter_id = enter_file(office.house, path).letter_id
    process_letter(PlainRunner(office.house), letter_id)
    first = office.letter(letter_id)
    assert "țeava curge" in office.said_in_copy(letter_id)
    assert office.house.store.read(first.raw_sha256) == scanned_page(lines)  # the original is untouched
    office.correct(letter_id, 1, *lines[:2], "asfaltul este spart și conducta curge.")
    assert office.letter(letter_id).archive_sha256 != first.archive_sha256
    assert "conducta curge" in office.said_in_copy(letter_id)
    office.act(page_edits.correct_text, letter_id, 1, "alt text", seen=1)
    with office.house.database.write() as session:
        process_again(session, session.get_one(Letter, letter_id), at=clock.now(), actor="test")
    process_letter(PlainRunner(office.house), letter_id)
    assert office.letter(letter_id).text == "alt text"  # a correction outlives a second reading


def test_a_corrected_page_of_an_attachment_leaves_the_mail_around_it_alone(office: Office) -> None:
    path = office.folder / "scan.eml"
    path.write_bytes(petition_with_scan(21))
    letter_id = enter_file(office.house, path).letter_id
    process_letter(PlainRunner(office.house), letter_id)
    before = office.letter(letter_id).text
    office.correct(letter_id, 1, "Pe strada Luncii nu funcționează felinarele.")
    letter = office.letter(letter_id)
    assert letter.text.startswith(before.partition("\n\n—")[0])
    assert letter.text.endswith("Pe strada Luncii nu funcționează felinarele.")
    assert letter.own_text_spans[-1][1] == len(letter.text)


def test_a_copy_that_cannot_be_made_stops_nothing_and_is_said(office: Office) -> None:
    letter_id = office.scan(LINES)
    with office.house.database.write() as session:
        page = session.exec(select(Page).where(Page.letter_id == letter_id)).one()
        page.image_sha256 = keep(session, office.house.store, b"no picture")
    office.correct(letter_id, 1, "text nou")
    letter = office.letter(letter_id)
    assert letter.status == LetterStatus.READY
    assert letter.remarks == ["archive-copy-failed"]
    assert letter.archive_sha256 is None
