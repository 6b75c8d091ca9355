"""The decision log: what the model took a letter for, and what a person made of it. Rows are only added."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, func, select

from classifiers.identification import identification
from config.town import Tables
from registry import audit, cases
from registry.likeness import own_words
from registry.models import Case, Decision, Fact, Letter, User

if TYPE_CHECKING:  # the desk reads the log without loading the pipeline
    from classifiers.understand import Understanding


def record_understanding(
    session: Session,
    letter: Letter,
    understanding: "Understanding",
    tables: Tables,
    *,
    at: datetime,
    nearest: Sequence[dict[str, Any]] = (),
) -> Decision:
    """Write the model's decision and the facts it found into the log.

    `nearest` are the most similar earlier letters ({"letter_id", "similarity"}), kept as evidence. A topic that nobody
    answers (offers) goes to the first department of the table, which owns the mailbox.
    """
    assert letter.id is not None
    decision = Decision(
        letter_id=letter.id,
        made_at=at,
        model_version=understanding.model_version,
        topic=understanding.topic,
        second_topic=understanding.second_topic or "",
        department=understanding.department or tables.departments[0].slug,
        kind=understanding.kind,
        language=understanding.language,
        urgent=understanding.urgent,
        confidence=understanding.confidence,
        abstained=understanding.abstained,
        abstain_reason=understanding.abstain_reason or "",
        probabilities=dict(understanding.topics),
        evidence=[asdict(one) for one in understanding.evidence],
        nearest=list(nearest) or None,
        views=understanding.views,
        milliseconds=understanding.milliseconds,
        unknown_share=understanding.unknown_share,
    )
    session.add(decision)
    record_facts(session, letter, understanding)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=f"model:{understanding.model_version}",
        act="classify",
        subject=f"letters:{letter.id}",
        detail={"decision": decision.id, "topic": decision.topic, "confidence": round(decision.confidence, 4)},
    )
    return decision


def record_facts(session: Session, letter: Letter, understanding: "Understanding") -> None:
    """Write the facts found in the letter in place of those found before (its text may be another now)."""
    assert letter.id is not None
    session.exec(delete(Fact).where(col(Fact.letter_id) == letter.id))
    session.add_all(
        Fact(
            letter_id=letter.id,
            kind=fact.kind,
            value=fact.shown,
            start=fact.start,
            end=fact.end,
            detail=fact.detail or None,
        )
        for fact in understanding.facts
    )
    value, detail = identification(understanding.facts, letter.sender_name, letter.sender_address)
    session.add(Fact(letter_id=letter.id, kind="identification", value=value, start=0, end=0, detail=detail or None))
    session.add_all(
        Fact(letter_id=letter.id, kind="route", value=route.why, start=0, end=0, detail=route.detail())
        for route in understanding.routes
    )


def latest_decision(session: Session, letter_id: int) -> Decision | None:
    """The decision that holds now: the last row about this letter."""
    return session.exec(
        select(Decision).where(Decision.letter_id == letter_id).order_by(col(Decision.id).desc()).limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said a letter is, with the letter's own words: what there is to learn from.

    `old_topic` is what it was taken for before, "" when nothing was; `user_id` who said so, `at` when.
    """

    decision_id: int
    letter_id: int
    at: datetime
    user_id: int
    old_topic: str
    topic: str
    kind: str
    language: str
    urgent: bool
    subject: str
    text: str


def corrections(session: Session, decision_ids: Collection[int] | None = None) -> list[Correction]:
    """Of every letter that people corrected the last correction, the oldest first; or the corrections of these ids.

    Letters without a word of their sender's own are left out.
    """
    before = aliased(Decision)
    query: Any = (
        select(Decision, Letter, before)
        .join(Letter, col(Letter.id) == col(Decision.letter_id))
        .outerjoin(before, col(before.id) == col(Decision.replaces_id))
        .where(col(Decision.user_id).is_not(None))
        .order_by(col(Decision.id))
    )
    if decision_ids is None:
        by_people = select(func.max(col(Decision.id))).where(col(Decision.user_id).is_not(None))
        query = query.where(col(Decision.id).in_(by_people.group_by(col(Decision.letter_id))))
    else:
        query = query.where(col(Decision.id).in_(decision_ids))
    return [
        Correction(
            decision_id=one.id or 0,
            letter_id=one.letter_id,
            at=one.made_at,
            user_id=one.user_id or 0,
            old_topic=old.topic if old else "",
            topic=one.topic,
            kind=one.kind,
            language=one.language,
            urgent=one.urgent,
            subject=letter.subject,
            text=own_words(letter),
        )
        for one, letter, old in session.exec(query)
        if own_words(letter).strip()
    ]


def correct(
    session: Session,
    letter: Letter,
    user: User,
    *,
    topic: str,
    department: str,
    kind: str,
    tables: Tables,
    at: datetime,
) -> Decision:
    """A person says what the letter is: a new row that replaces the last one, and a case with new dates.

    KeyError if topic or department are not in the tables; nothing is written when nothing changes.
    """
    tables.topic(topic), tables.department(department)
    before = latest_decision(session, letter.id or 0)
    case = session.get(Case, letter.case_id) if letter.case_id else None
    is_settled = case is None or case.kind == kind
    if before and is_settled and (before.topic, before.department, before.kind) == (topic, department, kind):
        return before
    assert letter.id is not None
    decision = Decision(
        letter_id=letter.id,
        made_at=at,
        user_id=user.id,
        topic=topic,
        department=department,
        kind=kind,
        language=before.language if before else "ro",
        urgent=before.urgent if before else False,
        confidence=1.0,
        replaces_id=before.id if before else None,
    )
    session.add(decision)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=user.username,
        act="correct-classification",
        subject=f"letters:{letter.id}",
        detail={"decision": decision.id, "topic": topic, "department": department, "kind": kind},
    )
    if case is not None:
        cases.reclassify(
            session,
            case,
            letter,
            kind=kind,
            topic=topic,
            department=department,
            tables=tables,
            at=at,
            actor=user.username,
        )
    return decision
