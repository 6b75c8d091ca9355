"""The classification log: every decision by model or person, and its export."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from config.i18n import gettext as _
from desk import words
from desk.context import Desk, TheDesk, TheVisitor
from desk.log_filter import LogFilter, log_filter
from desk.render import page
from desk.verdicts import topic_by_people, verdict
from registry.models import Decision, Letter, RegisterEntry, User

router = APIRouter()
PAGE_SIZE = 100
MOST_EXPORTED = 100_000
COLUMNS = (
    *("decision", "at", "letter", "number", "by", "topic", "department", "kind", "language", "confidence", "abstained"),
    *("reason", "replaces", "old_topic", "old_department", "old_kind"),
    *("second_topic", "urgent", "views", "milliseconds", "unknown_share", "verdict", "topic_by_people"),
)


Chosen = Annotated[LogFilter, Depends(log_filter)]


@dataclass(frozen=True, slots=True)
class LogRow:
    """One decision; `was` is the topic, department and kind it replaced, None for a first decision.

    Of a decision of the classifier `verdict` says what people made of it, and `became` the topic they gave it instead.
    """

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
    verdict: str
    became: str


@router.get("/log")
def show(request: Request, desk: TheDesk, visitor: TheVisitor, chosen: Chosen) -> Response:
    """The log, newest first."""
    with desk.database.read() as session:
        total = session.exec(select(func.count(col(Decision.id))).where(*chosen.conditions())).one()
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
        "narrowed": narrowed(desk, chosen),
    }
    return page(request, "log.html", values)


@router.get("/log.csv")
def export(desk: TheDesk, visitor: TheVisitor, chosen: Chosen) -> Response:
    """The log as a table for a spreadsheet: codes, figures and numbers, nothing personal of petitioners."""
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


def narrowed(desk: Desk, chosen: LogFilter) -> list[str]:
    """In words, what a chart narrowed the log to."""
    said = []
    if chosen.version:
        said.append(_("model {version}").format(version=chosen.version))
    if chosen.since:
        said.append(_("since {day}").format(day=chosen.since))
    if chosen.month:
        said.append(_("month {month}").format(month=chosen.month[:7]))
    if chosen.band:
        said.append(_("confidence from {number}0 %").format(number=chosen.band))
    if chosen.reason:
        said.append(words.abstain_reason(chosen.reason))
    if chosen.became:
        said.append(_("by people: {topic}").format(topic=words.topic(desk.tables, chosen.became)))
    if chosen.verdict:
        said.append(words.verdict(chosen.verdict))
    return said


def _decisions(session: Session, chosen: LogFilter, *, limit: int, offset: int) -> Sequence[Any]:
    old = aliased(Decision)
    query: Any = (
        select(Decision, RegisterEntry, User, old, verdict(), topic_by_people())  # type: ignore[call-overload]
        .join(Letter, col(Letter.id) == col(Decision.letter_id))
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .outerjoin(User, col(User.id) == col(Decision.user_id))
        .outerjoin(old, col(old.id) == col(Decision.replaces_id))
        .where(*chosen.conditions())
        .order_by(col(Decision.id).desc())
        .limit(limit)
        .offset(offset)
    )
    found: Sequence[Any] = session.exec(query).all()
    return found


def _row(
    desk: Desk,
    one: Decision,
    entry: RegisterEntry,
    user: User | None,
    old: Decision | None,
    said: str,
    became: str | None,
) -> LogRow:
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
        verdict=said,
        became=words.topic(desk.tables, became) if became and became != one.topic else "",
    )


def _cells(
    one: Decision,
    entry: RegisterEntry,
    user: User | None,
    old: Decision | None,
    said: str,
    became: str | None,
) -> list[Any]:
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
        one.second_topic,
        int(one.urgent),
        one.views,
        "" if one.milliseconds is None else one.milliseconds,
        "" if one.unknown_share is None else f"{one.unknown_share:.4f}",
        *(("", "") if user else (said, became or "")),
    ]


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell else cell
