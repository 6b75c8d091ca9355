"""Rows of the list of letters, with the decision that holds for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from config.town import Tables
from desk import words
from desk.due import Due, due
from desk.states import CLOSED, state_of
from registry.likeness import marked_letters
from registry.models import Case, Decision, Letter, Page, RegisterEntry
from registry.spelling import mask_cnp


@dataclass(frozen=True, slots=True)
class LetterRow:
    """What the list shows of one letter; `like` says why it resembles an earlier one ("" if it does not)."""

    id: int
    number: str
    received_at: datetime
    channel: str
    sender: str
    subject: str
    topic: str
    department: str
    confidence: float | None
    by_person: bool
    abstained: bool
    urgent: bool
    problem: bool
    like: str
    due: Due
    state: str


def letter_rows(
    session: Session,
    tables: Tables,
    today: date,
    *conditions: Any,
    order: Sequence[Any],
    limit: int,
    offset: int = 0,
) -> list[LetterRow]:
    """Letters that meet all conditions (over letters, their register lines and their cases), in this order."""
    found = session.exec(
        select(Letter, RegisterEntry, Case)
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .outerjoin(Case, col(Case.id) == col(Letter.case_id))
        .where(*conditions)
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    ).all()
    ids = [letter.id for letter, _entry, _case in found if letter.id is not None]
    decisions = latest_decisions(session, ids)
    doubtful = set(
        session.exec(select(Page.letter_id).where(col(Page.letter_id).in_(ids), col(Page.needs_human)).distinct())
    )
    alike = marked_letters(session, ids)
    return [
        replace(_row(letter, entry, case, decisions, doubtful, tables, today), like=alike.get(letter.id or 0, ""))
        for letter, entry, case in found
    ]


def count_letters(session: Session, *conditions: Any) -> int:
    """How many letters meet all conditions."""
    return session.exec(
        select(func.count(col(Letter.id)))
        .select_from(Letter)
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .outerjoin(Case, col(Case.id) == col(Letter.case_id))
        .where(*conditions)
    ).one()


def latest_decisions(session: Session, letter_ids: Iterable[int]) -> dict[int, Decision]:
    """The decision that holds for each letter, by letter."""
    last = (
        select(func.max(col(Decision.id)))
        .where(col(Decision.letter_id).in_(letter_ids))
        .group_by(col(Decision.letter_id))
    )
    return {one.letter_id: one for one in session.exec(select(Decision).where(col(Decision.id).in_(last)))}


def _row(
    letter: Letter,
    entry: RegisterEntry,
    case: Case | None,
    decisions: dict[int, Decision],
    doubtful: set[int],
    tables: Tables,
    today: date,
) -> LetterRow:
    assert letter.id is not None
    decision = decisions.get(letter.id)
    state = state_of(letter, case)
    topic = decision.topic if decision else case.topic if case else ""
    department = case.department if case else ""
    return LetterRow(
        id=letter.id,
        number=entry.label,
        received_at=letter.received_at,
        channel=letter.channel,
        sender=letter.sender_name or letter.sender_address or (case.petitioner_name if case else ""),
        subject=letter.subject or first_words(letter.text) or letter.original_name,
        topic=words.topic(tables, topic) if topic else "",
        department=words.department(tables, department) if case else "",
        confidence=decision.confidence if decision else None,
        by_person=decision is not None and decision.user_id is not None,
        abstained=decision is not None and decision.abstained,
        urgent=decision is not None and decision.urgent,
        problem=bool(letter.problem) or letter.id in doubtful,
        like="",
        due=due(
            case.target_on if case else None,
            case.legal_on if case else None,
            today,
            answered=case is not None and case.status in CLOSED,
        ),
        state=state,
    )


def first_words(text: str, length: int = 80) -> str:
    """The beginning of a text on one line, for letters without a subject."""
    line = mask_cnp(" ".join(text[: length * 2].split()))
    return f"{line[:length].rstrip()}…" if len(line) > length else line
