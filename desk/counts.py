"""How much waits where: the figures of the start page and of the menu."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, or_, select

from desk.context import Visitor
from desk.due import soon_limit
from desk.states import FOR_CLERKS, in_state, is_open, needs_a_look
from registry.models import Case, Letter, Outbox, Reply
from registry.statuses import DispatchState, LetterStatus, ReplyStatus
from registry.users import Role

IN_DOUBT = (DispatchState.UNKNOWN, DispatchState.REFUSED, DispatchState.BOUNCED)


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of letters, replies and dispatches."""

    mine: int
    due_soon: int
    late: int
    for_approval: int
    returned: int
    to_print: int
    in_doubt: int
    look: int
    machine_mail: int
    in_work: int


def counts(session: Session, visitor: Visitor, today: date, *, same_person: bool) -> Counts:
    """All figures for one visitor on one day."""
    to_decide = _replies_to_decide(session, visitor, same_person=same_person)
    look = _letters(session, needs_a_look())
    in_doubt = _dispatches(session, *IN_DOUBT)
    mine = {
        Role.CLERK: lambda: _letters(session, or_(*(in_state(status) for status in FOR_CLERKS))),
        Role.APPROVER: lambda: to_decide,
        Role.OPERATOR: lambda: look + in_doubt,
        Role.ADMINISTRATOR: lambda: look + in_doubt,
    }[visitor.role]()
    return Counts(
        mine=mine,
        due_soon=_letters(session, is_open(), col(Case.target_on) >= today, col(Case.target_on) <= soon_limit(today)),
        late=_letters(session, is_open(), col(Case.target_on) < today),
        for_approval=_replies(session, ReplyStatus.FOR_APPROVAL),
        returned=_replies(session, ReplyStatus.RETURNED),
        to_print=_dispatches(session, DispatchState.TO_PRINT),
        in_doubt=in_doubt,
        look=look,
        machine_mail=_letters(session, col(Letter.status) == LetterStatus.MACHINE_MAIL),
        in_work=_letters(session, in_state("in-work")),
    )


def _letters(session: Session, *conditions: object) -> int:
    query = select(func.count(col(Letter.id))).select_from(Letter).outerjoin(Case, col(Case.id) == col(Letter.case_id))
    return session.exec(query.where(*conditions)).one()  # type: ignore[arg-type]


def _replies(session: Session, status: ReplyStatus) -> int:
    return session.exec(select(func.count()).select_from(Reply).where(Reply.status == status)).one()


def _replies_to_decide(session: Session, visitor: Visitor, *, same_person: bool) -> int:
    query = select(func.count()).select_from(Reply).where(Reply.status == ReplyStatus.FOR_APPROVAL)
    if not same_person:
        query = query.where(or_(col(Reply.submitted_by_id).is_(None), Reply.submitted_by_id != visitor.id))
    return session.exec(query).one()


def _dispatches(session: Session, *states: DispatchState) -> int:
    return session.exec(select(func.count()).select_from(Outbox).where(col(Outbox.state).in_(states))).one()
