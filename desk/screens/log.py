"""The classification log: every decision by model or person, and its export."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from desk import words
from desk.context import Desk, TheDesk, TheVisitor
from desk.render import page
from registry.models import Decision, Letter, RegisterEntry, User

router = APIRouter()
PAGE_SIZE = 100
MOST_EXPORTED = 100_000
LOW_CONFIDENCE = 0.6
COLUMNS = (
    *("decision", "at", "letter", "number", "by", "topic", "department", "kind", "language", "confidence", "abstained"),
    *("reason", "replaces", "old_topic", "old_department", "old_kind"),
)
SHOWS = ("all", "model", "person", "abstained", "low")


@dataclass(frozen=True, slots=True)
class Filter:
    """What the log is narrowed to; as it stands in the address."""

    show: str = "all"
    topic: str = ""
    page: int = 1

    def address(self, **changes: Any) -> str:
        """The address of the log with some fields changed."""
        return f"/log?{urlencode(self._fields({'page': 1, **changes}))}"

    def export_address(self) -> str:
        """The address of the export of what is shown, all pages."""
        return f"/log.csv?{urlencode(self._fields({'page': 1}))}"

    def _fields(self, changes: dict[str, Any]) -> dict[str, Any]:
        other = replace(self, **changes)
        fields = {"show": other.show, "topic": other.topic, "page": other.page}
        return {name: value for name, value in fields.items() if value not in ("", "all", 1)}


@dataclass(frozen=True, slots=True)
class LogRow:
    """One decision; `was` is the topic, department and kind it replaced, None for a first decision."""

    id: int
    at: datetime
    letter_id: int
    number: str
    by: str
    by_person: bool
    topic: str
    department: str
    kind: str
    was: tuple[str, str, str] | None
    confidence: float
    abstained: bool
    abstain_reason: str


@router.get("/log")
def show(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    show: str = "all",
    topic: str = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """The log, newest first."""
    chosen = Filter(show if show in SHOWS else "all", topic, page_number)
    with desk.database.read() as session:
        total = session.exec(select(func.count(col(Decision.id))).where(*_conditions(chosen))).one()
        rows = [
            _row(desk, *found)
            for found in _decisions(session, chosen, limit=PAGE_SIZE, offset=(chosen.page - 1) * PAGE_SIZE)
        ]
    values = {
        "rows": rows,
        "total": total,
        "chosen": chosen,
        "pages": max(1, -(-total // PAGE_SIZE)),
        "topics": desk.tables.topics,
        "low": LOW_CONFIDENCE,
    }
    return page(request, "log.html", values)


@router.get("/log.csv")
def export(desk: TheDesk, visitor: TheVisitor, show: str = "all", topic: str = "") -> Response:
    """The log as a table for a spreadsheet: codes, figures and numbers, nothing personal of petitioners."""
    chosen = Filter(show if show in SHOWS else "all", topic)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(COLUMNS)
    with desk.database.read() as session:
        for found in _decisions(session, chosen, limit=MOST_EXPORTED, offset=0):
            writer.writerow([_harmless(cell) for cell in _cells(*found)])
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="jurnal-clasificare.csv"'},
    )


def _conditions(chosen: Filter) -> list[Any]:
    by_model = col(Decision.user_id).is_(None)
    conditions: dict[str, list[Any]] = {
        "all": [],
        "model": [by_model],
        "person": [~by_model],
        "abstained": [col(Decision.abstained)],
        "low": [by_model, col(Decision.confidence) < LOW_CONFIDENCE],
    }
    found = conditions[chosen.show]
    return [*found, Decision.topic == chosen.topic] if chosen.topic else found


def _decisions(session: Session, chosen: Filter, *, limit: int, offset: int) -> Sequence[Any]:
    old = aliased(Decision)
    query: Any = (
        select(Decision, RegisterEntry, User, old)
        .join(Letter, col(Letter.id) == col(Decision.letter_id))
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .outerjoin(User, col(User.id) == col(Decision.user_id))
        .outerjoin(old, col(old.id) == col(Decision.replaces_id))
        .where(*_conditions(chosen))
        .order_by(col(Decision.id).desc())
        .limit(limit)
        .offset(offset)
    )
    found: Sequence[Any] = session.exec(query).all()
    return found


def _row(desk: Desk, one: Decision, entry: RegisterEntry, user: User | None, old: Decision | None) -> LogRow:
    return LogRow(
        id=one.id or 0,
        at=one.made_at,
        letter_id=one.letter_id,
        number=entry.label,
        by=user.full_name if user else one.model_version,
        by_person=user is not None,
        topic=words.topic(desk.tables, one.topic),
        department=words.department(desk.tables, one.department),
        kind=words.kind(one.kind),
        was=(
            words.topic(desk.tables, old.topic),
            words.department(desk.tables, old.department),
            words.kind(old.kind),
        )
        if old
        else None,
        confidence=one.confidence,
        abstained=one.abstained,
        abstain_reason=words.abstain_reason(one.abstain_reason) if one.abstained else "",
    )


def _cells(one: Decision, entry: RegisterEntry, user: User | None, old: Decision | None) -> list[Any]:
    return [
        one.id,
        one.made_at.isoformat(timespec="seconds"),
        one.letter_id,
        f"{entry.number}/{entry.year}",
        user.username if user else f"model:{one.model_version}",
        one.topic,
        one.department,
        one.kind,
        one.language,
        f"{one.confidence:.4f}",
        int(one.abstained),
        one.abstain_reason,
        one.replaces_id or "",
        *((old.topic, old.department, old.kind) if old else ("", "", "")),
    ]


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell
