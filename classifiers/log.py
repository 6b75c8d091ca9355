"""The decision log: what the model took a letter for, and what a person made of it. Rows are only added."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from config.town import Tables
from registry import audit, cases
from registry.models import Case, Decision, Fact, Letter, User

if TYPE_CHECKING:  # the desk reads the log without loading the pipeline
    from classifiers.understand import Understanding


def record_understanding(
    session: Session, letter: Letter, understanding: "Understanding", tables: Tables, *, at: datetime
) -> Decision:
    """Write the model's decision and the facts it found into the log.

    A topic that nobody answers (offers) goes to the first department of the table, which owns the mailbox.
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
    )
    session.add(decision)
    session.add_all(
        Fact(letter_id=letter.id, kind=fact.kind, value=fact.shown, start=fact.start, end=fact.end)
        for fact in understanding.facts
    )
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


def latest_decision(session: Session, letter_id: int) -> Decision | None:
    """The decision that holds now: the last row about this letter."""
    return session.exec(
        select(Decision).where(Decision.letter_id == letter_id).order_by(col(Decision.id).desc()).limit(1)
    ).first()


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
    if before and (before.topic, before.department, before.kind) == (topic, department, kind):
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
    case = session.get(Case, letter.case_id) if letter.case_id else None
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
