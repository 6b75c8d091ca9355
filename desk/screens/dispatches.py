"""Dispatch by e-mail: what waits, what was sent, and what only a person can decide."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from config import clock
from desk.context import Desk, TheDesk, TheVisitor
from desk.counts import IN_DOUBT
from desk.dispatch_rows import dispatch_rows
from desk.errors import PageMissing
from desk.render import go, page
from registry import switches
from registry.errors import RecordError
from registry.models import Outbox, User
from registry.statuses import DispatchState
from registry.switches import SwitchName
from responders import approval
from responders.errors import ReplyError

router = APIRouter()
MOST_SHOWN = 200
RECENT = 20
Choice = Literal["sent", "again", "print"]


@router.get("/dispatches")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """Doubtful dispatches first, then the queue, then what left lately."""
    return _page(request, desk)


@router.post("/dispatches/{outbox_id}/decision")
def decide(
    request: Request, desk: TheDesk, visitor: TheVisitor, outbox_id: int, choice: Annotated[Choice, Form()]
) -> Response:
    """A person says that an unknown dispatch was sent, or has it sent again or printed."""
    try:
        with desk.database.write() as session:
            outbox = session.get(Outbox, outbox_id)
            if outbox is None:
                raise PageMissing
            _decide(session, outbox, session.get_one(User, visitor.id), choice)
    except (RecordError, ReplyError) as error:
        return _page(request, desk, error=str(error))
    return go("/dispatches", notice="decided")


def _decide(session: Session, outbox: Outbox, user: User, choice: Choice) -> None:
    now = clock.now()
    if choice == "print":
        approval.print_instead(session, outbox, user, now)
    elif outbox.state in (DispatchState.REFUSED, DispatchState.BOUNCED):
        approval.retry_refused(session, outbox, user, now)
    else:
        approval.decide_unknown(session, outbox, user, now, was_sent=choice == "sent")


def _page(request: Request, desk: Desk, *, error: str = "") -> Response:
    with desk.database.read() as session:
        values = {
            "doubtful": dispatch_rows(session, IN_DOUBT, limit=MOST_SHOWN),
            "waiting": dispatch_rows(session, [DispatchState.QUEUED, DispatchState.SENDING], limit=MOST_SHOWN),
            "sent": dispatch_rows(session, [DispatchState.SENT], limit=RECENT, newest_first=True),
            "sending": switches.is_on(session, SwitchName.SENDING),
            "error": error,
        }
    return page(request, "dispatches.html", values, status=409 if error else 200)
