"""Pages of a scan in the desk: seen beside their picture, corrected, turned, moved, split and joined by plain forms."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from config import clock
from registry import audit
from registry.cases import Petitioner
from registry.letter_pages import SEPARATOR, letter_pages
from registry.letters import number_of
from registry.models import AuditEvent, Case, Decision, Letter, Page, PagePlace, PageText, SplitProposal
from registry.page_edits import PROPOSED
from registry.statuses import LetterStatus, change_letter
from registry.users import Role
from tests.support.browser import Browser, signed_in, words_of
from tests.support.factories import AT, make_letter
from tests.support.scans import LINES, keep, make_scan, make_scanned_page
from tests.support.seed import OpenedDesk, drafted_letter, open_desk

BLANK: dict[str, Any] = {
    "source": "blank",
    "reason": "blank",
    "text": "",
    "words_sha256": None,
    "mean_confidence": None,
    "p10_confidence": None,
    "low_share": None,
    "coverage": None,
}


@dataclass(frozen=True, slots=True)
class Scan:
    """A letter by post of three pages, the second read with doubt, the third blank; and a clerk before it."""

    desk: OpenedDesk
    clerk: Browser
    id: int

    def page(self, number: int) -> str:
        return f"/letters/{self.id}/page/1/{number}"

    def rows(self, kind: type[Any]) -> list[Any]:
        with self.desk.database.read() as session:
            return list(session.exec(select(kind).where(kind.letter_id == self.id)))

    def letter(self) -> Letter:
        with self.desk.database.read() as session:
            return session.get_one(Letter, self.id)

    def acts(self) -> list[tuple[str, str]]:
        with self.desk.database.read() as session:
            events = session.exec(select(AuditEvent).where(AuditEvent.subject == f"letters:{self.id}"))
            return [(event.actor, event.act) for event in events]


def new_scan(desk: OpenedDesk, **fields: Any) -> int:
    with desk.database.write() as session:
        letter, _case, _reply = drafted_letter(
            session,
            desk.store,
            at=AT,
            channel="post",
            subject="",
            petitioner=Petitioner(name="Ștefan Țîrlea", address="Str. Morii 4, Mediaș"),
            reply_address="",
            **fields,
        )
        part = make_scan(session, desk.store, letter)
        make_scanned_page(session, desk.store, part, 1)
        make_scanned_page(session, desk.store, part, 2, doubtful=frozenset({"țeava", "Țîrlea,", "îngheață"}))
        make_scanned_page(session, desk.store, part, 3, (), **BLANK)
        assert letter.id is not None
        return letter.id


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    desk = open_desk(tmp_path)
    clerk, _user = signed_in(desk, Role.CLERK, username="maria")
    return Scan(desk, clerk, new_scan(desk))


# --- seeing ----------------------------------------------------------------------------------------------------


def test_a_page_shows_its_picture_with_the_doubtful_words_linked_to_the_text(scan: Scan) -> None:
    page = scan.clerk.page(scan.page(2))
    assert page.count('<a class="doubt"') == 3
    assert '<a href="#w1-2-1" id="b1-2-1" aria-label="Țîrlea,">' in page
    assert 'id="w1-2-1" href="#b1-2-1" title="citit cu siguranță de 41 %">Țîrlea,</a>' in page
    assert "Multe cuvinte au fost citite cu îndoială" in page
    assert 'href="/letters/' in page.split("Mărește")[0][-400:]  # without JavaScript the picture opens alone


def test_the_quality_of_the_reading_is_said_in_plain_words(scan: Scan) -> None:
    page = scan.clerk.page(scan.page(2))
    for words in (
        "91 % în medie; a zecea parte din cuvinte sub 72 %",
        "11 % din cuvinte",
        "99 % din cerneală a fost citită",
        "<dd>română</dd>",
        "cu 0,4° spre stânga",
        "100 dpi",
    ):
        assert words in page, words


def test_blank_pages_separator_sheets_and_moved_pages_are_lines_that_say_so(scan: Scan) -> None:
    with scan.desk.database.write() as session:
        part = letter_pages(session, scan.id)[0].part
        make_scanned_page(session, scan.desk.store, part, 4, (), **BLANK)
        make_scanned_page(session, scan.desk.store, part, 5, ("FOAIE",), reason=SEPARATOR)
        make_scanned_page(session, scan.desk.store, part, 6, ("Alta",))
        make_scanned_page(session, scan.desk.store, part, 7, ("Alta",))
        other = make_letter(session, scan.desk.store, channel="post", split_from_id=scan.id)
        other_id, label = other.id, number_of(session, other).label
        for number in (6, 7):
            session.add(PagePlace(letter_id=scan.id, part_number=1, page_number=number, moved_to_id=other_id))
    page = scan.clerk.page(f"/letters/{scan.id}")
    assert "2 pagini albe ascunse" in page
    assert "1 foaie separatoare ascunsă" in page
    assert f'Paginile 6–7 ale acestei scanări sunt acum în scrisoarea <a href="/letters/{other_id}">{label}</a>' in page
    assert "2 pagini citite" in page
    assert "scanate împreună cu scrisoarea" in scan.clerk.page(f"/letters/{other_id}")
    assert scan.clerk.get(scan.page(6)).status_code == 404  # it is a page of the other letter now


def test_pages_without_words_or_picture_are_shown_all_the_same(scan: Scan) -> None:
    with scan.desk.database.write() as session:
        rows = {row.number: row for row in session.exec(select(Page).where(Page.letter_id == scan.id))}
        rows[1].image_sha256 = rows[1].width = rows[1].height = None
        scan.desk.store.path(rows[2].words_sha256 or "").write_bytes(b"damaged")
    assert "Pagina nu are imagine." in scan.clerk.page(scan.page(1))
    assert "<svg viewBox=" in scan.clerk.page(scan.page(1))  # the house's own sign
    assert 'class="doubt"' not in scan.clerk.page(scan.page(2))


def test_the_archive_copy_is_offered_when_there_is_one(scan: Scan) -> None:
    assert scan.clerk.get(f"/letters/{scan.id}/archive").status_code == 404
    assert "Copie de arhivă" not in scan.clerk.page(f"/letters/{scan.id}")
    with scan.desk.database.write() as session:
        session.get_one(Letter, scan.id).archive_sha256 = keep(session, scan.desk.store, b"%PDF-1.7 copy")
    answer = scan.clerk.get(f"/letters/{scan.id}/archive")
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7 copy", "application/pdf")
    assert "-arhiva.pdf" in answer.headers["content-disposition"]
    assert "Copie de arhivă" in scan.clerk.page(f"/letters/{scan.id}")


# --- acts ------------------------------------------------------------------------------------------------------


def test_a_corrected_text_stands_beside_what_was_read(scan: Scan) -> None:
    answer = scan.clerk.post(f"{scan.page(2)}/text", seen="0", text="Apa curge.\r\n\r\n<b>Țeava</b> e spartã\r\n")
    page = words_of(answer)
    assert "Textul a fost salvat" in page
    assert "&lt;b&gt;Țeava&lt;/b&gt;" in answer.text
    assert "Așa cum l-a citit programul" in page
    assert LINES[1] in page  # what was read
    assert "corectat de Ion maria" in page
    (kept,) = scan.rows(PageText)
    assert kept.text == "Apa curge.\n\n<b>Țeava</b> e spartã"
    assert scan.letter().status == LetterStatus.PAGES_CHANGED
    assert ("maria", "correct-page") in scan.acts()
    assert "a corectat textul paginii 2" in scan.clerk.page(f"/letters/{scan.id}")


def test_a_text_typed_over_somebody_elses_is_not_lost_and_does_not_win(scan: Scan) -> None:
    scan.clerk.post(f"{scan.page(2)}/text", seen="0", text="al Mariei")
    other, _user = signed_in(scan.desk, Role.CLERK)
    answer = other.post(f"{scan.page(2)}/text", seen="0", text="al meu")
    assert answer.status_code == 409
    page = words_of(answer)
    assert "Altcineva a corectat această pagină" in page
    assert "al meu</textarea>" in page
    assert "al Mariei" in page
    assert len(scan.rows(PageText)) == 1


def test_a_page_compared_and_found_right_no_longer_waits(scan: Scan) -> None:
    assert "Am comparat: totul este corect" in scan.clerk.page(scan.page(2))
    scan.clerk.post(f"{scan.page(2)}/checked")
    assert not any(page.needs_human for page in scan.rows(Page))
    assert ("maria", "check-page") in scan.acts()
    assert scan.letter().status == LetterStatus.READY
    assert "Am comparat" not in scan.clerk.page(scan.page(2))


def test_saving_the_text_unchanged_means_that_it_is_right(scan: Scan) -> None:
    answer = scan.clerk.post(f"{scan.page(2)}/text", seen="0", text="\r\n".join(LINES))
    assert "ați comparat pagina" in words_of(answer)
    assert not scan.rows(PageText)


def test_a_page_is_turned_and_moved_by_plain_buttons(scan: Scan) -> None:
    scan.clerk.post(f"{scan.page(2)}/turn", degrees="270")
    page = words_of(scan.clerk.post(f"{scan.page(2)}/turn", degrees="270"))
    assert "Această pagină se rotește și se citește din nou." in page
    answer = scan.clerk.post(f"{scan.page(2)}/move", position="1")
    assert "Pagina 1 din 3" in words_of(answer)
    places = {place.page_number: (place.position, place.turned) for place in scan.rows(PagePlace)}
    assert places == {2: (1, 180), 1: (2, 0), 3: (3, 0)}
    assert scan.clerk.post(f"{scan.page(2)}/turn", degrees="45").status_code == 400
    assert scan.clerk.post(f"{scan.page(9)}/turn", degrees="90").status_code == 404


def test_a_letter_that_is_still_being_read_is_left_to_the_machine(scan: Scan) -> None:
    with scan.desk.database.write() as session:
        letter = session.get_one(Letter, scan.id)
        change_letter(session, letter, LetterStatus.PAGES_CHANGED, at=AT, actor="test")
        change_letter(session, letter, LetterStatus.REGISTERED, at=AT, actor="test")
    assert "Corectează textul" not in scan.clerk.page(scan.page(2))
    assert scan.clerk.post(f"{scan.page(2)}/text", seen="0", text="x").status_code == 409
    assert not scan.rows(PageText)


def test_people_who_only_look_see_no_buttons(scan: Scan) -> None:
    approver, _user = signed_in(scan.desk, Role.APPROVER)
    page = approver.page(scan.page(2))
    assert LINES[2].split()[0] in page
    assert "Corectează textul" not in page
    assert approver.post(f"{scan.page(2)}/text", seen="0", text="x").status_code == 403


# --- one scan, several letters ---------------------------------------------------------------------------------


def test_the_question_whether_another_letter_begins_is_answered_once(scan: Scan) -> None:
    with scan.desk.database.write() as session:
        for number in (1, 2):
            proposal = SplitProposal(
                letter_id=scan.id, part_number=1, page_number=number, why="addressee", state="open", created_at=AT
            )
            session.add(proposal)
    first, second = scan.rows(SplitProposal)
    page = scan.clerk.page(f"/letters/{scan.id}")
    assert "Începe aici altă scrisoare?" in page
    assert "are sus un destinatar" in page
    refused = scan.clerk.post(f"/letters/{scan.id}/splits/{first.id}", choice="split")
    assert refused.status_code == 409  # nothing would be left before it
    scan.clerk.post(f"/letters/{scan.id}/splits/{first.id}", choice="keep")
    scan.clerk.post(f"/letters/{scan.id}/splits/{second.id}", choice="split")
    scan.clerk.post(f"/letters/{scan.id}/splits/{second.id}", choice="keep")  # too late
    assert [one.state for one in scan.rows(SplitProposal)] == ["kept", "split"]
    assert scan.letter().status == LetterStatus.PAGES_CHANGED
    assert scan.clerk.post(f"/letters/{scan.id}/splits/999", choice="keep").status_code == 404


def test_a_person_splits_where_nobody_asked(scan: Scan) -> None:
    assert "Aici începe o scrisoare nouă" not in scan.clerk.page(scan.page(1))
    assert "Aici începe o scrisoare nouă" in scan.clerk.page(scan.page(2))
    scan.clerk.post(f"{scan.page(2)}/split")
    assert [(one.page_number, one.state) for one in scan.rows(SplitProposal)] == [(2, "split")]
    assert ("maria", "ask-split") in scan.acts()


def test_a_scan_is_joined_to_the_letter_it_continues(scan: Scan) -> None:
    rest = new_scan(scan.desk, content=b"%PDF-1.4 rest")
    with scan.desk.database.read() as session:
        entry = number_of(session, session.get_one(Letter, scan.id))
        number = f"{entry.number}/{entry.year}"
    assert scan.clerk.post(f"/letters/{rest}/continues", number="9999/2026").status_code == 409
    answer = scan.clerk.post(f"/letters/{rest}/continues", number=number)
    assert "Această scanare este continuarea scrisorii" in words_of(answer)
    with scan.desk.database.read() as session:
        joined = session.get_one(Letter, rest)
        assert (joined.continues_id, joined.case_id) == (scan.id, session.get_one(Letter, scan.id).case_id)
    assert "Continuarea acestei scrisori a fost scanată ca" in scan.clerk.page(f"/letters/{scan.id}")


# --- what the corrected text was taken for -----------------------------------------------------------------------


def proposed(scan: Scan, kind: str) -> None:
    with scan.desk.database.write() as session:
        detail = {"topic": "iluminat-public", "department": "directia-tehnica", "kind": kind}
        audit.record(session, at=clock.now(), actor="worker", act=PROPOSED, subject=f"letters:{scan.id}", detail=detail)


def kind_of_case(scan: Scan) -> str:
    with scan.desk.database.read() as session:
        return session.get_one(Case, session.get_one(Letter, scan.id).case_id).kind


def test_a_proposed_classification_changes_the_case_only_when_a_person_adopts_it(scan: Scan) -> None:
    proposed(scan, "informatii-publice")
    assert "Textul corectat pare altceva" in scan.clerk.page(f"/letters/{scan.id}")
    assert kind_of_case(scan) == "petitie"
    page = words_of(scan.clerk.post(f"/letters/{scan.id}/reclassification", choice="adopt"))
    assert "Textul corectat pare altceva" not in page
    assert kind_of_case(scan) == "informatii-publice"
    assert scan.rows(Decision)[-1].user_id is not None
    assert scan.clerk.post(f"/letters/{scan.id}/reclassification", choice="adopt").status_code == 404


def test_a_proposed_classification_is_put_aside_for_good(scan: Scan) -> None:
    proposed(scan, "informatii-publice")
    page = words_of(scan.clerk.post(f"/letters/{scan.id}/reclassification", choice="keep"))
    assert "Clasificarea rămâne cum este." in page
    assert "Textul corectat pare altceva" not in page
    assert kind_of_case(scan) == "petitie"
    proposed(scan, "petitie")  # a later correction asks anew
    assert "Textul corectat pare altceva" in scan.clerk.page(f"/letters/{scan.id}")
