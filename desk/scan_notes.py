"""What the letter page says about a scan: where its pages came from and went, and the questions about it."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from classifiers.log import latest_decision
from registry.letters import number_of
from registry.models import AuditEvent, Case, Letter, SplitProposal
from registry.page_edits import KEPT, PROPOSED
from registry.splits import SplitState


@dataclass(frozen=True, slots=True)
class SplitQuestion:
    """Does another letter begin with this page?"""

    id: int
    part: int
    page: int
    why: str


@dataclass(frozen=True, slots=True)
class Reclassification:
    """What the classifier makes of a corrected text, where only a person may decide."""

    topic: str
    department: str
    kind: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Another letter that shares the scan, by id and number."""

    letter_id: int
    label: str


@dataclass(frozen=True, slots=True)
class ScanNotes:
    """`split_from` is the scan a letter was part of, `continues` the letter whose rest it is, `rest` its own rests."""

    split_from: Relative | None
    continues: Relative | None
    rest: list[Relative]
    questions: list[SplitQuestion]
    reclassification: Reclassification | None


def scan_notes(session: Session, letter: Letter, case: Case | None) -> ScanNotes:
    """Collect the notes of a letter."""
    rest = session.exec(select(Letter).where(Letter.continues_id == letter.id).order_by(col(Letter.id))).all()
    return ScanNotes(
        split_from=_relative(session, letter.split_from_id),
        continues=_relative(session, letter.continues_id),
        rest=[Relative(one.id or 0, number_of(session, one).label) for one in rest],
        questions=_questions(session, letter),
        reclassification=reclassification(session, letter, case),
    )


def _relative(session: Session, letter_id: int | None) -> Relative | None:
    letter = session.get(Letter, letter_id) if letter_id else None
    return Relative(letter.id or 0, number_of(session, letter).label) if letter else None


def _questions(session: Session, letter: Letter) -> list[SplitQuestion]:
    rows = session.exec(
        select(SplitProposal)
        .where(SplitProposal.letter_id == letter.id, SplitProposal.state == SplitState.OPEN)
        .order_by(col(SplitProposal.part_number), col(SplitProposal.page_number))
    )
    return [SplitQuestion(one.id or 0, one.part_number, one.page_number, one.why) for one in rows]


def reclassification(session: Session, letter: Letter, case: Case | None) -> Reclassification | None:
    """The last proposal, unless a person has decided since or it says what holds already."""
    event = session.exec(
        select(AuditEvent)
        .where(AuditEvent.subject == f"letters:{letter.id}", col(AuditEvent.act).in_((PROPOSED, KEPT)))
        .order_by(col(AuditEvent.id).desc())
        .limit(1)
    ).first()
    decision = latest_decision(session, letter.id or 0)
    if event is None or event.act == KEPT or case is None or decision is None:
        return None
    if decision.user_id is not None and decision.made_at > event.at:
        return None
    proposed = Reclassification(event.detail["topic"], event.detail["department"], event.detail["kind"])
    held = Reclassification(decision.topic, decision.department, case.kind)
    return proposed if proposed != held else None
