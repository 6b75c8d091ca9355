"""The list of letters: views, filters, search by number, sender or subject, paging."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import col, or_

from config import clock
from desk.addresses import query_of
from desk.context import TheDesk, TheVisitor
from desk.counts import counts
from desk.due import soon_limit
from desk.letter_rows import count_letters, letter_rows
from desk.render import page
from desk.states import FOR_CLERKS, STATES, in_state, is_open, needs_a_look
from registry.models import Case, Letter, RegisterEntry

router = APIRouter()
PAGE_SIZE = 50
VIEWS = ("open", "mine", "look", "soon", "late", "machine", "all")
_NUMBER = re.compile(r"^\s*(\d{1,9})(?:\s*/\s*(?:\d{1,2}\.\d{1,2}\.)?(\d{4}))?\s*$")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; as it stands in the address."""

    view: str = "open"
    state: str = ""
    department: str = ""
    topic: str = ""
    q: str = ""
    sort: str = "new"
    page: int = 1

    def address(self, **changes: Any) -> str:
        """The address of this list with some fields changed (another page unless said otherwise is the first)."""
        return f"/letters?{query_of(self, **changes)}"


@router.get("/letters")
def show(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    view: str = "open",
    state: str = "",
    department: str = "",
    topic: str = "",
    q: Annotated[str, Query(max_length=200)] = "",
    sort: str = "new",
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """The list."""
    chosen = Filter(
        view=view if view in VIEWS else "open",
        state=state if state in STATES else "",
        department=department,
        topic=topic,
        q=q.strip(),
        sort="due" if sort == "due" else "new",
        page=page_number,
    )
    today = clock.today()
    conditions = _conditions(chosen, today)
    with desk.database.read() as session:
        total = count_letters(session, *conditions)
        rows = letter_rows(
            session,
            desk.tables,
            today,
            *conditions,
            order=due_first() if chosen.sort == "due" else newest_first(),
            limit=PAGE_SIZE,
            offset=(chosen.page - 1) * PAGE_SIZE,
        )
        figures = counts(session, visitor, today, same_person=desk.settings.desk.same_person_may_approve)
    values = {
        "rows": rows,
        "total": total,
        "chosen": chosen,
        "pages": max(1, -(-total // PAGE_SIZE)),
        "first": (chosen.page - 1) * PAGE_SIZE + 1,
        "counts": figures,
        "states": STATES,
        "departments": desk.tables.departments,
        "topics": desk.tables.topics,
    }
    return page(request, "letters.html", values)


def newest_first() -> list[Any]:
    """Order: the last registered on top."""
    return [col(Letter.registered_at).desc(), col(Letter.id).desc()]


def due_first() -> list[Any]:
    """Order: the nearest due date on top, letters without one at the end."""
    return [col(Case.target_on).is_(None), col(Case.target_on), col(Letter.id)]


def _conditions(chosen: Filter, today: Any) -> list[Any]:
    target = col(Case.target_on)
    views: dict[str, list[Any]] = {
        "open": [is_open()],
        "mine": [or_(*(in_state(status) for status in FOR_CLERKS))],
        "look": [needs_a_look()],
        "soon": [is_open(), target >= today, target <= soon_limit(today)],
        "late": [is_open(), target < today],
        "machine": [in_state("machine-mail")],
        "all": [],
    }
    found = views[chosen.view]
    if chosen.state:
        found.append(in_state(chosen.state))
    if chosen.department:
        found.append(col(Case.department) == chosen.department)
    if chosen.topic:
        found.append(col(Case.topic) == chosen.topic)
    if chosen.q:
        found.append(_search(chosen.q))
    return found


def _search(q: str) -> Any:
    number = _NUMBER.match(q)
    if number:
        wanted = col(RegisterEntry.number) == int(number[1])
        return wanted & (col(RegisterEntry.year) == int(number[2])) if number[2] else wanted
    # Databases fold only plain letters, so a name with diacritics is also tried as it is mostly written.
    variants = {f"%{_escaped(variant)}%" for variant in (q, q.lower(), q.upper(), q.title())}
    fields = (Letter.sender_name, Letter.sender_address, Letter.subject, Case.petitioner_name)
    return or_(*(col(field).ilike(variant, escape="\\") for field in fields for variant in variants))


def _escaped(q: str) -> str:
    return q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
