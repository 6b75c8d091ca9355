"""What a person answers to the question whether a letter belongs to another case."""

from datetime import datetime

from sqlmodel import Session, select

from registry import audit, cases
from registry.joins import ProposalState, Why
from registry.models import Case, JoinProposal, Letter, Reply, User
from registry.statuses import CaseStatus, ReplyStatus, change_case, change_reply
from responders.errors import AlreadyAnswered
from responders.progress import follow_replies

_IN_WORK = frozenset({ReplyStatus.DRAFT, ReplyStatus.RETURNED, ReplyStatus.FOR_APPROVAL})
_DONE = frozenset({ReplyStatus.APPROVED, ReplyStatus.DISPATCHED})


def keep_apart(session: Session, proposal: JoinProposal, user: User, at: datetime) -> None:
    """The letter stays a matter of its own."""
    _decide(session, proposal, ProposalState.APART, user, at)


def join(session: Session, proposal: JoinProposal, user: User, at: datetime) -> None:
    """Put the letter into the proposed case; its own case is filed away as joined, its number stays.

    The reply that was drafted for it goes along, but for a mail received twice it is withdrawn: one answer is enough.
    `AlreadyAnswered` if a reply to the letter was approved or sent already.
    """
    letter, case = session.get_one(Letter, proposal.letter_id), session.get_one(Case, proposal.case_id)
    replies = session.exec(select(Reply).where(Reply.letter_id == letter.id).with_for_update()).all()
    if any(reply.status in _DONE for reply in replies):
        raise AlreadyAnswered
    own = session.get(Case, letter.case_id) if letter.case_id else None
    for reply in replies:
        if reply.status not in _IN_WORK:
            continue
        if proposal.why == Why.DUPLICATE:
            change_reply(session, reply, ReplyStatus.WITHDRAWN, at=at, actor=user.username)
        else:
            assert case.id is not None
            reply.case_id = case.id
    cases.join_case(session, letter, case, at=at, actor=user.username)
    if own is not None:
        _close_if_empty(session, own, case, user, at)
    follow_replies(session, case, at=at, actor=user.username)
    _decide(session, proposal, ProposalState.JOINED, user, at)


def _close_if_empty(session: Session, own: Case, into: Case, user: User, at: datetime) -> None:
    """File away a case that has no letter left."""
    session.flush()
    if session.exec(select(Letter.id).where(Letter.case_id == own.id)).first() is not None:
        return
    if own.status == CaseStatus.FOR_APPROVAL:
        change_case(session, own, CaseStatus.DRAFTED, at=at, actor=user.username)
    change_case(session, own, CaseStatus.FILED, at=at, actor=user.username)
    own.closing_reason = f"joined:{into.id}"


def _decide(session: Session, proposal: JoinProposal, state: ProposalState, user: User, at: datetime) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by_id = state, at, user.id
    audit.record(
        session,
        at=at,
        actor=user.username,
        act="join-letter" if state is ProposalState.JOINED else "keep-letter-apart",
        subject=f"letters:{proposal.letter_id}",
        detail={"case": proposal.case_id, "why": proposal.why},
    )
