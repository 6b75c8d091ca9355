"""Rows of the dispatch screens: what is on its way out, with its reply and its letter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from desk.proposals import Notice, notices
from registry.models import Letter, Outbox, RegisterEntry, Reply
from registry.statuses import DispatchState


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """One dispatch."""

    id: int
    reply_id: int
    letter_id: int
    number: str
    subject: str
    recipient: str
    address: str
    channel: str
    state: str
    created_at: datetime
    finished_at: datetime | None
    next_try_at: datetime | None
    attempts: int
    problem: str
    notices: list[Notice]


def dispatch_rows(
    session: Session, states: Iterable[DispatchState], *, limit: int, newest_first: bool = False
) -> list[DispatchRow]:
    """Dispatches in these states."""
    order = col(Outbox.id).desc() if newest_first else col(Outbox.id)
    found = session.exec(
        select(Outbox, Reply, RegisterEntry)
        .join(Reply, col(Reply.id) == col(Outbox.reply_id))
        .join(Letter, col(Letter.id) == col(Reply.letter_id))
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .where(col(Outbox.state).in_([str(state) for state in states]))
        .order_by(order)
        .limit(limit)
    ).all()
    said = notices(session, [outbox.id for outbox, _reply, _entry in found])
    return [
        DispatchRow(
            id=outbox.id or 0,
            reply_id=outbox.reply_id,
            letter_id=reply.letter_id,
            number=entry.label,
            subject=reply.subject,
            recipient=reply.recipient_name or reply.recipient_email,
            address=reply.recipient_email if outbox.channel == "email" else reply.recipient_address,
            channel=outbox.channel,
            state=outbox.state,
            created_at=outbox.created_at,
            finished_at=outbox.finished_at,
            next_try_at=outbox.next_try_at,
            attempts=outbox.attempts,
            problem=outbox.problem,
            notices=said.get(outbox.id or 0, []),
        )
        for outbox, reply, entry in found
    ]
