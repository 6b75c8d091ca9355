"""The replies that wait for an approver."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from config import clock
from desk import words
from desk.context import Desk, TheDesk, TheVisitor, Visitor
from desk.due import Due, due
from desk.render import page
from registry.models import Case, Letter, RegisterEntry, Reply, User
from registry.statuses import ReplyStatus

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Waiting:
    """One reply for approval. `own`: the visitor wrote or submitted it, so another person must approve."""

    reply_id: int
    letter_id: int
    number: str
    subject: str
    recipient: str
    channel: str
    department: str
    submitted_by: str
    submitted_at: datetime | None
    due: Due
    own: bool


@router.get("/approvals")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """The list, nearest due date first."""
    with desk.database.read() as session:
        rows = _waiting(session, desk, visitor)
    return page(request, "approvals.html", {"rows": rows})


def _waiting(session: Session, desk: Desk, visitor: Visitor) -> list[Waiting]:
    people = {user.id: user.full_name for user in session.exec(select(User))}
    found = session.exec(
        select(Reply, Case, RegisterEntry)
        .join(Case, col(Case.id) == col(Reply.case_id))
        .join(Letter, col(Letter.id) == col(Reply.letter_id))
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .where(Reply.status == ReplyStatus.FOR_APPROVAL)
        .order_by(col(Case.target_on).is_(None), col(Case.target_on), col(Reply.submitted_at))
    ).all()
    same = desk.settings.desk.same_person_may_approve
    return [
        Waiting(
            reply_id=reply.id or 0,
            letter_id=reply.letter_id,
            number=entry.label,
            subject=reply.subject,
            recipient=reply.recipient_name or reply.recipient_email,
            channel=reply.channel,
            department=words.department(desk.tables, case.department),
            submitted_by=people.get(reply.submitted_by_id, ""),
            submitted_at=reply.submitted_at,
            due=due(case.target_on, case.legal_on, clock.today()),
            own=not same and visitor.id in (reply.submitted_by_id, reply.edited_by_id),
        )
        for reply, case, entry in found
    ]
