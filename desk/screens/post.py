"""Printed letters: print, then mark as posted."""

from fastapi import APIRouter, Request, Response

from config import clock
from desk.context import TheDesk, TheVisitor
from desk.dispatch_rows import dispatch_rows
from desk.errors import PageMissing
from desk.render import go, page
from registry.errors import RecordError
from registry.models import Outbox, User
from registry.statuses import DispatchState
from responders import approval
from responders.errors import ReplyError

router = APIRouter()
MOST_SHOWN = 200
RECENT = 20


@router.get("/post")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """What is to be printed, and what was posted lately."""
    return _page(request, desk)


@router.post("/post/{outbox_id}/posted")
def posted(request: Request, desk: TheDesk, visitor: TheVisitor, outbox_id: int) -> Response:
    """The letter went to the post office."""
    try:
        with desk.database.write() as session:
            outbox = session.get(Outbox, outbox_id)
            if outbox is None:
                raise PageMissing
            approval.mark_posted(session, outbox, session.get_one(User, visitor.id), clock.now())
    except (RecordError, ReplyError) as error:
        return _page(request, desk, error=str(error))
    return go("/post", notice="posted")


def _page(request: Request, desk: TheDesk, *, error: str = "") -> Response:
    with desk.database.read() as session:
        values = {
            "rows": dispatch_rows(session, [DispatchState.TO_PRINT], limit=MOST_SHOWN),
            "done": dispatch_rows(session, [DispatchState.POSTED], limit=RECENT, newest_first=True),
            "error": error,
        }
    return page(request, "post.html", values, status=409 if error else 200)
