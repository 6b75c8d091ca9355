"""The ledger: everything ever seen at a door, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session, col, func, select

from config import clock
from desk.context import TheDesk, TheVisitor
from desk.formats import size
from desk.mailboxes import mailboxes
from desk.render import go, page
from ingest.errors import error_for
from registry import letters
from registry.letters import Outcome, Source
from registry.models import LedgerEntry, Letter, RegisterEntry

router = APIRouter()
PAGE_SIZE = 100


@router.get("/ledger")
def show(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    outcome: str = "",
    source: str = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """The ledger, last seen first, with the balance of each mailbox above it."""
    outcome = outcome if outcome in list(Outcome) else ""
    source = source if source in list(Source) else ""
    with desk.database.read() as session:
        conditions = []
        if outcome:
            conditions.append(col(LedgerEntry.outcome) == outcome)
        if source:
            conditions.append(col(LedgerEntry.source) == source)
        total = session.exec(select(func.count(col(LedgerEntry.id))).where(*conditions)).one()
        rows = session.exec(
            select(LedgerEntry, RegisterEntry)
            .outerjoin(Letter, col(Letter.id) == col(LedgerEntry.letter_id))
            .outerjoin(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
            .where(*conditions)
            .order_by(col(LedgerEntry.id).desc())
            .limit(PAGE_SIZE)
            .offset((page_number - 1) * PAGE_SIZE)
        ).all()
        boxes = mailboxes(session, clock.now(), desk.settings.alarms.silent_minutes)
        outcomes = _by_outcome(session)
    values = {
        "rows": [(one, entry, _problem(one)) for one, entry in rows],
        "total": total,
        "page_number": page_number,
        "pages": max(1, -(-total // PAGE_SIZE)),
        "mailboxes": boxes,
        "by_outcome": outcomes,
        "outcome": outcome,
        "source": source,
        "outcomes": list(Outcome),
        "sources": list(Source),
    }
    return page(request, "ledger.html", values)


@router.post("/ledger/{ledger_id}/release")
def release(request: Request, desk: TheDesk, visitor: TheVisitor, ledger_id: int) -> Response:
    """Take in a message that was too big or could not be fetched: the next look at its mailbox fetches it."""
    with desk.database.write() as session:
        letters.release(session, ledger_id, at=clock.now(), actor=visitor.username)
    return go("/ledger", notice="released")


def _problem(one: LedgerEntry) -> str:
    """Why something was not taken in; of what was too big the ledger keeps the size."""
    count, _space, unit = one.problem.partition(" ")
    if unit == "bytes" and count.isdecimal():
        return size(int(count))
    return error_for(one.problem).sentence() if one.problem else ""


def _by_outcome(session: Session) -> dict[str, int]:
    return dict(session.exec(select(LedgerEntry.outcome, func.count()).group_by(col(LedgerEntry.outcome))).all())
