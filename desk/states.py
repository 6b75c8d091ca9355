"""The one state by which staff know a letter: how far the machine is, then how far people are with its case."""

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, exists, func, or_, select

from registry.joins import ProposalState
from registry.letters import PROCESSING_FAILED
from registry.models import Case, Decision, JoinProposal, Letter, LetterPart, Page, SplitProposal
from registry.splits import SplitState
from registry.statuses import CaseStatus, LetterStatus

STATES = (
    "in-work",
    "failed",
    "machine-mail",
    *(str(status) for status in CaseStatus),
)
CLOSED = frozenset({CaseStatus.ANSWERED, CaseStatus.FILED})
# Whose pages people just changed stays with people while the machine puts its text together anew.
WITH_PEOPLE = frozenset({LetterStatus.READY, LetterStatus.PAGES_CHANGED})
FOR_CLERKS = (CaseStatus.REGISTERED, CaseStatus.DRAFTED)


def state_of(letter: Letter, case: Case | None) -> str:
    """One of `STATES`."""
    if letter.status == LetterStatus.MACHINE_MAIL:
        return "machine-mail"
    if letter.problem == PROCESSING_FAILED:
        return "failed"
    if letter.status not in WITH_PEOPLE or case is None:
        return "in-work"
    return case.status


def in_state(state: str) -> ColumnElement[bool]:
    """The condition, over letters joined to their cases, that `state_of` gives this state."""
    machine = col(Letter.status) == LetterStatus.MACHINE_MAIL
    failed = col(Letter.problem) == PROCESSING_FAILED
    ready = and_(col(Letter.status).in_(WITH_PEOPLE), col(Case.id).is_not(None))
    match state:
        case "machine-mail":
            return machine
        case "failed":
            return and_(~machine, failed)
        case "in-work":
            return and_(~machine, ~failed, ~ready)
        case _:
            return and_(~failed, ready, col(Case.status) == state)


def is_open() -> ColumnElement[bool]:
    """The condition that somebody or something still has to do with the letter."""
    return and_(
        col(Letter.status) != LetterStatus.MACHINE_MAIL,
        or_(col(Case.id).is_(None), col(Case.status).not_in([str(status) for status in CLOSED])),
    )


def needs_a_look() -> ColumnElement[bool]:
    """The condition that an open letter could not be read, understood, processed or put into a case without doubt."""
    latest = select(func.max(col(Decision.id))).group_by(col(Decision.letter_id))
    abstained = select(col(Decision.letter_id)).where(col(Decision.abstained), col(Decision.id).in_(latest))
    asked = select(col(JoinProposal.letter_id)).where(JoinProposal.state == ProposalState.OPEN)
    perhaps_two = select(col(SplitProposal.letter_id)).where(SplitProposal.state == SplitState.OPEN)
    return and_(
        is_open(),
        or_(
            col(Letter.problem) != "",
            exists().where(col(Page.letter_id) == col(Letter.id), col(Page.needs_human)),
            exists().where(col(LetterPart.letter_id) == col(Letter.id), col(LetterPart.problem) != ""),
            col(Letter.id).in_(abstained),
            col(Letter.id).in_(asked),
            col(Letter.id).in_(perhaps_two),
        ),
    )
