"""One scan, many letters: separator sheets, labels and people's requests, on the letter's whole way."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from sqlmodel import col, func, select

from config import clock
from daemon import checks
from daemon.entering import enter_file
from daemon.house import House
from daemon.pipeline import process_letter, revise_letter
from daemon.running import PlainRunner
from ingest.errors import describe_reason
from registry import page_edits, splits
from registry.errors import AlreadyContinued, NothingBefore
from registry.labels import LabelKey, NumberLabel, label_key
from registry.letter_pages import SEPARATOR, PageName, letter_pages
from registry.letters import number_of, process_again
from registry.models import AuditEvent, Case, JoinProposal, Letter, Page, SplitProposal
from registry.statuses import LetterStatus
from registry.users import Role
from responders import joining
from tests.support import mails, piles
from tests.support.factories import make_user
from tests.support.house import make_test_house

ROADS = "Vă rog să reparați groapa din fața casei mele,\nde pe strada Arieș nr. 14. Mulțumesc."
LAMPS = "Lampa de pe stâlpul din strada Lungă nu mai\narde de două săptămâni. Vă rog să o reparați."
HEARING = "Solicit o audiență la domnul primar în luna decembrie,\npentru situația locuinței mele."
DOGS = "Pe strada Pieții umblă trei câini fără stăpân.\nVă cer să trimiteți echipa de hingheri."


@dataclass
class Office:
    """A house in this process, and piles of paper put through it."""

    house: House
    folder: Path
    before: int = 0  # the last letter of the tests before

    @property
    def key(self) -> LabelKey:
        return label_key(self.house.settings)

    def put_through(self, name: str, content: bytes) -> int:
        """Enter and process a file and every letter that comes out of it; the id of the first."""
        path = self.folder / name
        path.write_bytes(content)
        letter_id = enter_file(self.house, path).letter_id
        self.process_all()
        return letter_id

    def process_all(self) -> None:
        while waiting := [one.id for one in self.letters() if one.status == LetterStatus.REGISTERED]:
            for letter_id in waiting:
                process_letter(PlainRunner(self.house), letter_id or 0)

    def revise(self, letter_id: int) -> None:
        revise_letter(PlainRunner(self.house), letter_id)
        self.process_all()

    def letters(self) -> list[Letter]:
        with self.house.database.read() as session:
            return list(session.exec(select(Letter).where(col(Letter.id) > self.before).order_by(col(Letter.id))))

    def letter(self, letter_id: int) -> Letter:
        with self.house.database.read() as session:
            return session.get_one(Letter, letter_id)

    def number(self, letter: Letter) -> int:
        with self.house.database.read() as session:
            return number_of(session, letter).number

    def case(self, letter: Letter) -> Case:
        with self.house.database.read() as session:
            return session.get_one(Case, letter.case_id)

    def pages(self, letter_id: int) -> list[tuple[int, int | None]]:
        """Page number and the letter it went to."""
        with self.house.database.read() as session:
            return [(page.row.number, page.moved_to_id) for page in letter_pages(session, letter_id)]

    def rows(self, letter_id: int) -> list[Page]:
        with self.house.database.read() as session:
            return [page.row for page in letter_pages(session, letter_id)]

    def questions(self, letter_id: int) -> list[tuple[int, str, str]]:
        with self.house.database.read() as session:
            found = session.exec(select(SplitProposal).where(SplitProposal.letter_id == letter_id))
            return [(one.page_number, one.why, one.state) for one in found]

    def acts(self, subject: str) -> list[str]:
        with self.house.database.read() as session:
            return list(session.exec(select(AuditEvent.act).where(AuditEvent.subject == subject)))

    def ask_to_split(self, letter_id: int, page: int) -> None:
        with self.house.database.write() as session:
            user = make_user(session, role=Role.CLERK)
            letter = page_edits.letter_to_edit(session, letter_id)
            at = page_edits.page_of(session, letter, PageName(1, page))
            splits.ask_to_split(session, letter, at, user=user, at=clock.now())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all, because its model is slow to load."""
    test_house = make_test_house(tmp_path_factory.mktemp("house"))
    yield test_house.house
    assert checks.verify(test_house.house) == []
    test_house.stop()


@pytest.fixture
def office(house: House, tmp_path: Path) -> Office:
    with house.database.read() as session:
        last = session.exec(select(func.max(Letter.id))).one()
    return Office(house, tmp_path, last or 0)


def test_a_pile_with_separator_sheets_is_as_many_letters_each_with_its_number(office: Office) -> None:
    pile = [
        piles.letter_page(ROADS),
        piles.sheet_page(office.key, "directia-tehnica"),
        piles.blank_page(),
        piles.letter_page(LAMPS),
        piles.letter_page("Urmează a doua pagină a scrisorii despre lampă."),
        piles.sheet_page(office.key, "politia-locala", 2),
        piles.letter_page(DOGS),
    ]
    first_id = office.put_through("teanc.pdf", piles.as_pdf(pile))
    first, second, third = office.letters()
    assert [one.split_from_id for one in (first, second, third)] == [None, first_id, first_id]
    assert [one.status for one in (first, second, third)] == [LetterStatus.READY] * 3
    numbers = [office.number(one) for one in (first, second, third)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    for letter, words, others in ((first, "groapa", "ampa"), (second, "stâlpul", "câini"), (third, "câini", "groapa")):
        assert words in letter.text
        assert others not in letter.text
        assert "separatoare" not in letter.text
    assert office.pages(first_id) == [
        *((1, None), (2, None), (3, second.id), (4, second.id), (5, second.id)),
        *((6, None), (7, third.id)),
    ]
    assert [row.number for row in office.rows(first_id) if row.reason == SEPARATOR] == [2, 6]
    assert [row.source for row in office.rows(second.id or 0)] == ["blank", "ocr", "ocr"]
    assert [one.intended_department for one in (second, third)] == ["directia-tehnica", "politia-locala"]
    assert [office.case(one).department for one in (second, third)] == ["directia-tehnica", "politia-locala"]
    assert len({one.case_id for one in (first, second, third)}) == 3
    assert "split-letter" in office.acts(f"letters:{first_id}")
    assert describe_reason(SEPARATOR) != SEPARATOR


def test_reading_a_split_scan_again_splits_nothing_a_second_time(office: Office) -> None:
    pile = [piles.letter_page(ROADS), piles.sheet_page(office.key), piles.letter_page(LAMPS)]
    first_id = office.put_through("teanc.tif", piles.as_tiff(pile))
    with office.house.database.write() as session:
        letter = session.get_one(Letter, first_id)
        page_edits.ask_for_revision(session, letter, at=clock.now(), actor="test")
        process_again(session, letter, at=clock.now(), actor="test")
    office.process_all()
    first, second = office.letters()
    assert office.pages(first_id) == [(1, None), (2, None), (3, second.id)]
    assert "Lampa" not in first.text
    # What was scanned is copied pixel by pixel.
    with (
        Image.open(office.folder / "teanc.tif") as scan,
        Image.open(office.house.store.path(second.raw_sha256)) as taken,
    ):
        scan.seek(2)
        assert taken.info["compression"] == "group4"
        assert np.array_equal(np.asarray(scan), np.asarray(taken))


def test_a_scan_that_begins_with_a_sheet_is_no_empty_letter(office: Office) -> None:
    pile = [piles.sheet_page(office.key, "politia-locala"), piles.letter_page(DOGS), piles.sheet_page(office.key)]
    letter_id = office.put_through("teanc.pdf", piles.as_pdf(pile))
    (letter,) = office.letters()
    assert "câini" in letter.text
    assert letter.intended_department == office.case(letter).department == "politia-locala"
    assert office.pages(letter_id) == [(1, None), (2, None), (3, None)]


def test_a_sheet_of_a_stranger_splits_nothing_and_a_person_looks(office: Office) -> None:
    stranger = LabelKey(office.folder / "stranger.key")
    office.key.write(NumberLabel(1, 2026))
    pile = [piles.letter_page(ROADS), piles.sheet_page(stranger), piles.letter_page(LAMPS)]
    letter_id = office.put_through("teanc.pdf", piles.as_pdf(pile))
    (letter,) = office.letters()
    assert "Lampa" in letter.text
    flagged = office.rows(letter_id)[1]
    assert (flagged.reason, flagged.needs_human) == ("label-not-ours", True)
    assert "nu a fost tipărit" in describe_reason("label-not-ours")


def test_a_scan_with_our_label_joins_the_case_of_its_number(office: Office) -> None:
    earlier = office.letter(office.put_through("cerere.pdf", piles.as_pdf([piles.letter_page(HEARING)])))
    label = NumberLabel(office.number(earlier), clock.now().year)
    labelled = piles.with_label(piles.letter_page(LAMPS), label, office.key)
    joined_id = office.put_through("completare.pdf", piles.as_pdf([labelled]))
    first, second = office.letters()
    assert first.case_id == second.case_id
    assert "read-label" in office.acts(f"letters:{joined_id}")
    assert "join-case" in office.acts(f"cases:{first.case_id}")
    stranger = LabelKey(office.folder / "stranger.key")
    foreign = piles.with_label(piles.letter_page(DOGS), label, stranger)
    office.put_through("străin.pdf", piles.as_pdf([foreign]))
    assert office.letters()[2].case_id != first.case_id


def test_labels_of_two_numbers_are_a_question(office: Office) -> None:
    earlier = [
        office.letter(office.put_through(f"{number}.pdf", piles.as_pdf([piles.letter_page(f"{DOGS} {number}")])))
        for number in (1, 2)
    ]
    labels = [NumberLabel(office.number(one), clock.now().year) for one in earlier]
    pile = [
        piles.with_label(piles.letter_page(DOGS), labels[0], office.key),
        piles.with_label(piles.letter_page("Anexă la cererea despre câini."), labels[1], office.key),
    ]
    letter_id = office.put_through("c.pdf", piles.as_pdf(pile))
    assert len({one.case_id for one in office.letters()}) == 3
    with office.house.database.read() as session:
        proposals = session.exec(select(JoinProposal).where(JoinProposal.letter_id == letter_id)).all()
        assert {one.why for one in proposals} == {"label"}
        assert len(proposals) == 2
    assert office.questions(letter_id) == [(2, "label", "open")]


def test_what_looks_like_another_letter_is_a_question_that_a_person_answers(office: Office) -> None:
    pile = [
        piles.letter_page(f"Către Primăria Mediaș\n\n{ROADS}"),
        piles.letter_page("Se anexează două fotografii și o schiță."),
        piles.letter_page(f"Domnule Primar,\n\n{LAMPS}"),
        piles.letter_page(f"Subsemnata Ana Probă,\n\n{DOGS}"),
    ]
    letter_id = office.put_through("teanc.pdf", piles.as_pdf(pile))
    assert office.questions(letter_id) == [(3, "salutation", "open"), (4, "salutation", "open")]
    with office.house.database.write() as session:
        user = make_user(session, role=Role.CLERK)
        letter = page_edits.letter_to_edit(session, letter_id)
        third, fourth = session.exec(
            select(SplitProposal).where(SplitProposal.letter_id == letter_id).order_by(col(SplitProposal.page_number))
        ).all()
        splits.decide(session, letter, third, split=True, user=user, at=clock.now())
        splits.decide(session, letter, fourth, split=False, user=user, at=clock.now())
    office.revise(letter_id)
    first, second = office.letters()
    assert office.pages(letter_id) == [(1, None), (2, None), (3, second.id), (4, second.id)]
    assert "Lampa" in second.text
    assert "câini" in second.text
    assert "Lampa" not in first.text
    assert (first.status, second.status) == (LetterStatus.READY, LetterStatus.READY)
    assert office.questions(second.id or 0) == [(2, "salutation", "open")]


def test_a_person_may_split_anywhere_but_before_the_first_page(office: Office) -> None:
    pile = [piles.letter_page(HEARING), piles.letter_page(LAMPS)]
    letter_id = office.put_through("teanc.pdf", piles.as_pdf(pile))
    with pytest.raises(NothingBefore):
        office.ask_to_split(letter_id, 1)
    office.ask_to_split(letter_id, 2)
    assert office.letter(letter_id).status == LetterStatus.PAGES_CHANGED
    office.revise(letter_id)
    _, second = office.letters()
    assert office.pages(letter_id) == [(1, None), (2, second.id)]
    document = pypdfium2.PdfDocument(office.house.store.path(second.raw_sha256))
    assert len(document) == 1
    document.close()


def test_a_scan_sent_by_mail_is_split_by_nobody_but_a_person(office: Office) -> None:
    """A copier that sends its scans by mail: sheets and signs only ask, labels too."""
    pile = [piles.letter_page(ROADS), piles.sheet_page(office.key), piles.letter_page(f"Domnule Primar,\n{LAMPS}")]
    pages = mails.file(piles.as_pdf(pile), "application/pdf", "scan.pdf")
    scan = mails.mail(mails.Container([mails.text(""), pages]), subject="Scan")
    letter_id = office.put_through("scan.eml", scan)
    (letter,) = office.letters()
    assert "Lampa" in letter.text
    assert "separatoare" not in letter.text
    assert office.questions(letter_id) == [(3, "separator", "open")]
    office.ask_to_split(letter_id, 3)
    office.revise(letter_id)
    first, second = office.letters()
    assert (second.channel, second.split_from_id, second.status) == ("post", letter_id, LetterStatus.READY)
    assert "Lampa" in second.text
    assert "Lampa" not in first.text


def test_a_file_that_cannot_be_taken_apart_stays_whole_and_the_question_is_open_again(office: Office) -> None:
    """The pages of a picture in a GIF or of a broken file: they are read, but there is no way to take them out."""
    letter_id = office.put_through("teanc.pdf", piles.as_pdf([piles.letter_page(DOGS), piles.letter_page(HEARING)]))
    office.ask_to_split(letter_id, 2)
    with office.house.database.write() as session:
        # As if the two libraries counted the pages of a damaged file differently.
        page = session.exec(select(Page).where(Page.letter_id == letter_id, Page.number == 1)).one()
        session.add(Page(**page.model_dump(exclude={"id", "number"}), number=3))
    office.revise(letter_id)
    (letter,) = office.letters()
    assert "split-failed" in letter.remarks
    assert letter.status == LetterStatus.READY
    assert office.questions(letter_id) == [(2, "person", "open")]
    assert "audiență" in letter.text


def test_what_people_made_of_a_page_goes_with_it(office: Office) -> None:
    letter_id = office.put_through("teanc.pdf", piles.as_pdf([piles.letter_page(LAMPS), piles.letter_page(ROADS)]))
    with office.house.database.write() as session:
        user = make_user(session, role=Role.CLERK)
        letter = page_edits.letter_to_edit(session, letter_id)
        page = page_edits.page_of(session, letter, PageName(1, 2))
        page_edits.correct_text(session, letter, page, "Groapa din strada Viilor.", seen=0, user=user, at=clock.now())
    office.ask_to_split(letter_id, 2)
    office.revise(letter_id)
    _, second = office.letters()
    assert second.text == "Groapa din strada Viilor."


def test_a_scan_may_be_the_rest_of_an_earlier_letter(office: Office) -> None:
    ids = [office.put_through(f"{text[:5]}.pdf", piles.as_pdf([piles.letter_page(text)])) for text in (LAMPS, HEARING)]
    with office.house.database.write() as session:
        user = make_user(session, role=Role.CLERK)
        first, second = (session.get_one(Letter, one) for one in ids)
        proposal = splits.join_scans(session, second, first, user=user, at=clock.now())
        assert proposal is not None
        joining.join(session, proposal, user, clock.now())
        with pytest.raises(AlreadyContinued):
            splits.join_scans(session, first, second, user=user, at=clock.now())
        assert splits.join_scans(session, second, first, user=user, at=clock.now()) is None
    first, second = office.letters()
    assert (second.continues_id, second.case_id) == (first.id, first.case_id)
    assert office.number(first) != office.number(second)
