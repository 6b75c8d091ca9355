"""Splitting in the record: whatever lies in a pile, each page has one record and one place, and numbers have no gap."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from registry import splits
from registry.database import Database
from registry.errors import AlreadyContinued, NothingBefore
from registry.labels import Separator
from registry.letter_pages import SEPARATOR, LetterPage, PageName, letter_pages
from registry.letters import number_of
from registry.models import AuditEvent, Letter, SplitProposal
from registry.scan_plan import Plan, ScanPage, plan_scan
from registry.splits import SplitState, SplitWhy
from registry.statuses import LetterStatus
from registry.store import FileStore
from registry.users import Role
from tests.support.factories import AT, make_case, make_letter, make_page, make_part, make_user

DEPARTMENT = "politia-locala"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def scan(session: Session, store: FileStore, kinds: str, **fields: object) -> Letter:
    """A read scan: p a page, b a blank one, S a separator sheet."""
    letter = make_letter(session, store, channel="fax", status=LetterStatus.READY, **fields)
    part = make_part(session, store, letter, content=f"scan {letter.id}".encode(), file_name="teanc.pdf")
    for number, kind in enumerate(kinds, 1):
        reason = SEPARATOR if kind == "S" else ""
        make_page(session, part, number=number, source="blank" if kind == "b" else "ocr", reason=reason)
    return letter


def plan(pages: list[LetterPage]) -> Plan:
    signs = [
        ScanPage(
            page.name,
            is_blank=page.row.source == "blank",
            separator=Separator(DEPARTMENT, date(2026, 11, 23), 1) if page.is_separator else None,
        )
        for page in pages
        if page.moved_to_id is None
    ]
    return plan_scan(signs, splits_by_itself=True)


def carry_out(session: Session, store: FileStore, letter: Letter) -> list[Letter]:
    made = []
    for move in plan(letter_pages(session, letter.id or 0)).moves:
        sha256 = store.put(f"{letter.raw_sha256}:{move.pages}".encode())
        made.append(
            splits.split_at(
                session, store, letter, move.pages, sha256=sha256, department=move.department, at=AT, actor="worker"
            )
        )
    return [one for one in made if one is not None]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.text(alphabet="pbS", max_size=12))
def test_every_page_keeps_its_record_and_has_one_place(database: Database, store: FileStore, kinds: str) -> None:
    with database.write() as session:
        letter = scan(session, store, kinds)
        made = carry_out(session, store, letter)
        pages = letter_pages(session, letter.id or 0)
        assert [page.row.number for page in pages] == list(range(1, len(kinds) + 1))
        assert [page.is_separator for page in pages] == [kind == "S" for kind in kinds]
        assert all(not (page.is_separator and page.moved_to_id) for page in pages)
        assert {page.moved_to_id for page in pages if page.moved_to_id} == {one.id for one in made}
        with_words = [piece for piece in kinds.split("S") if piece.strip("b")]
        assert len(made) == max(0, len(with_words) - 1)
        if with_words:
            assert any(page.belongs and page.row.source == "ocr" for page in pages)
        first = number_of(session, letter).number
        assert [number_of(session, one).number for one in made] == list(range(first + 1, first + 1 + len(made)))
        assert carry_out(session, store, letter) == []  # once is once


def test_a_new_letter_says_where_it_comes_from(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letter = scan(session, store, "ppSp", intended_department="juridic")
        (new,) = carry_out(session, store, letter)
        assert (new.split_from_id, new.channel, new.original_name) == (letter.id, "fax", "teanc.pdf")
        assert (new.status, new.intended_department) == (LetterStatus.REGISTERED, DEPARTMENT)
        assert new.received_at == letter.received_at
        moved = session.exec(select(AuditEvent).where(AuditEvent.act == "split-letter")).one()
        assert moved.subject == f"letters:{letter.id}"
        assert moved.detail == {"letter": new.id, "part": 1, "pages": [4]}
        born = session.exec(select(AuditEvent).where(AuditEvent.subject == f"letters:{new.id}")).one()
        assert (born.act, born.detail["split_from"]) == ("register", letter.id)


@on_sqlite
def test_pages_that_went_are_not_taken_twice(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letter = scan(session, store, "ppp")

        def take(*numbers: int) -> Letter | None:
            names = [PageName(1, number) for number in numbers]
            sha256 = store.put(str(names).encode())
            return splits.split_at(session, store, letter, names, sha256=sha256, at=AT, actor="worker")

        assert take(3) is not None
        assert take(2, 3) is None
        assert take() is None


@on_sqlite
def test_a_question_is_put_once_and_answered_once(database: Database, store: FileStore) -> None:
    with database.write() as session:
        user = make_user(session, role=Role.CLERK)
        letter = scan(session, store, "pp")
        page = PageName(1, 2)
        assert splits.propose(session, letter, page, SplitWhy.ADDRESSEE, at=AT, actor="worker")
        assert not splits.propose(session, letter, page, SplitWhy.SALUTATION, at=AT, actor="worker")
        question = session.exec(select(SplitProposal)).one()
        splits.decide(session, letter, question, split=False, user=user, at=AT)
        splits.decide(session, letter, question, split=True, user=user, at=AT)
        assert (question.state, question.decided_by_id) == (SplitState.KEPT, user.id)
        assert letter.status == LetterStatus.READY
        assert splits.requested(session, letter.id or 0) == []


@on_sqlite
def test_a_person_who_changes_their_mind_may_still_split(database: Database, store: FileStore) -> None:
    with database.write() as session:
        user = make_user(session, role=Role.CLERK)
        letter = scan(session, store, "pp")
        first, second = letter_pages(session, letter.id or 0)
        splits.propose(session, letter, second.name, SplitWhy.ADDRESSEE, at=AT, actor="worker")
        question = session.exec(select(SplitProposal)).one()
        splits.decide(session, letter, question, split=False, user=user, at=AT)
        splits.ask_to_split(session, letter, second, user=user, at=AT)
        assert splits.requested(session, letter.id or 0) == [second.name]
        assert letter.status == LetterStatus.PAGES_CHANGED
        with pytest.raises(NothingBefore):
            splits.ask_to_split(session, letter, first, user=user, at=AT)


@on_sqlite
def test_a_letter_is_no_rest_of_one_without_a_case_or_of_itself(database: Database, store: FileStore) -> None:
    with database.write() as session:
        user = make_user(session, role=Role.CLERK)
        first, second = scan(session, store, "p"), scan(session, store, "p")
        with pytest.raises(AlreadyContinued):
            splits.join_scans(session, second, first, user=user, at=AT)
        make_case(session, first)
        with pytest.raises(AlreadyContinued):
            splits.join_scans(session, first, first, user=user, at=AT)
        proposal = splits.join_scans(session, second, first, user=user, at=AT)
        assert proposal is not None
        assert proposal.case_id == first.case_id
        acts = session.exec(select(AuditEvent.act).order_by(col(AuditEvent.id))).all()
        assert acts[-1] == "continue-letter"
