"""The audit trail: append-only, each event sealed with the hash of the one before."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from registry.models import AuditEvent

FIRST_HASH = "0" * 64
_POSTGRES_LOCK = 7_201_411  # any constant: it names "the end of the trail" among advisory locks


@dataclass(frozen=True, slots=True)
class Act:
    """One act to be recorded; the fields are those of `record`."""

    actor: str
    act: str
    subject: str
    detail: dict[str, Any] = field(default_factory=dict)


def record(
    session: Session,
    *,
    at: datetime,
    actor: str,
    act: str,
    subject: str,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event in the caller's transaction.

    `actor` is a user name, `model:<version>`, `worker` or `rule:<name>`; `subject` is `<table>:<id>`; `detail` holds
    plain JSON values, no personal data.
    """
    (event,) = record_many(session, [Act(actor, act, subject, detail or {})], at=at)
    return event


def record_many(session: Session, acts: Sequence[Act], *, at: datetime) -> list[AuditEvent]:
    """Append these events in this order, in the caller's transaction."""
    wait_for_turn(session)
    last = session.exec(select(AuditEvent.hash).order_by(col(AuditEvent.id).desc()).limit(1)).first()
    previous = last or FIRST_HASH
    events = []
    for one in acts:
        event = AuditEvent(
            at=at,
            actor=one.actor,
            act=one.act,
            subject=one.subject,
            detail=one.detail,
            previous_hash=previous,
            hash="",
        )
        previous = event.hash = seal(event)
        events.append(event)
    session.add_all(events)
    session.flush()
    return events


def wait_for_turn(session: Session) -> None:
    """Queue up for the end of the chain, until commit: SQLite by its single writer, PostgreSQL by an advisory lock.

    Whoever locks other rows that everybody wants (the counter of numbers) waits here first, so that two writers
    never hold what the other one needs.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})


def seal(event: AuditEvent) -> str:
    """The hash that an event must carry: SHA-256 over its fields and the previous hash."""
    content = [
        event.previous_hash,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor,
        event.act,
        event.subject,
        json.dumps(event.detail, sort_keys=True, ensure_ascii=False, separators=(",", ":")),
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def broken_links(session: Session) -> Iterator[int]:
    """Ids of events whose seal or whose link to the one before does not hold; nothing if the trail is whole."""
    previous = FIRST_HASH
    for event in session.exec(select(AuditEvent).order_by(col(AuditEvent.id)).execution_options(yield_per=1000)):
        if event.previous_hash != previous or event.hash != seal(event):
            assert event.id is not None
            yield event.id
        previous = event.hash
