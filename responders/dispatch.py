"""Sending what was approved, never twice. Three steps, and what a crash between any two of them leads to:

1. `claim` (own transaction): queued -> sending, with the number of this attempt. Only one caller gets it.
2. `send`: notes that the hand-over begins, builds the message from the approved rows, keeps its bytes, hands it over.
   Run a second time for the same attempt it finds that note and answers "unknown": it never sends again.
3. `settle` (own transaction): writes the outcome down.

While a row is "sending", `next_try_at` is set from the claim until the hand-over begins and empty afterwards; a row
whose worker died is queued again in the first case and "unknown" in the second (`settle_interrupted`).
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session, col, or_, select

from config.errors import ConfigurationError
from config.settings import Settings
from config.town import Tables
from registry import notices
from registry.database import Database
from registry.models import Letter, Outbox, Reply
from registry.statuses import DispatchState, change_dispatch
from registry.store import FileStore, record_file
from registry.switches import SwitchName, is_on
from responders.approval import finish
from responders.content import content_hash
from responders.errors import (
    ChangedAfterApproval,
    NoMailServer,
    NotConnected,
    OutcomeUnknown,
    PermanentRefusal,
    ReplyError,
    TemporaryFailure,
)
from responders.kinds import Channel
from responders.mail import build_message, envelope_sender
from responders.smtp import deliver

ACTOR = "rule:dispatch"
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
MOST_ATTEMPTS = 60
"""About two and a half days of trying; then a person looks at it."""

log = structlog.get_logger()


def due_dispatches(session: Session, now: datetime) -> list[int]:
    """Outbox ids that may be sent now, oldest first; none while the office has sending switched off."""
    if not is_on(session, SwitchName.SENDING):
        return []
    due = session.exec(
        select(Outbox.id)
        .where(Outbox.state == DispatchState.QUEUED, Outbox.channel == Channel.EMAIL)
        .where(or_(col(Outbox.next_try_at).is_(None), col(Outbox.next_try_at) <= now))
        .order_by(col(Outbox.id))
    )
    return [found for found in due if found is not None]


def in_flight(session: Session) -> set[int]:
    """Outbox ids in "sending": when no worker is at it, their worker died (see `settle_interrupted`)."""
    found = session.exec(select(Outbox.id).where(Outbox.state == DispatchState.SENDING))
    return {one for one in found if one is not None}


def claim(session: Session, outbox_id: int, at: datetime) -> int | None:
    """Take a queued row for sending, before any network; returns the number of this attempt (from 1).

    None if it is not queued (any more) or sending was switched off meanwhile.
    """
    outbox = _locked(session, outbox_id)
    if outbox.state != DispatchState.QUEUED or not is_on(session, SwitchName.SENDING):
        return None
    change_dispatch(session, outbox, DispatchState.SENDING, at=at, actor=ACTOR)
    outbox.attempts += 1
    outbox.next_try_at = at
    session.flush()
    return outbox.attempts


def send(database: Database, settings: Settings, tables: Tables, outbox_id: int, attempt: int) -> dict[str, Any]:
    """Hand a claimed row to the mail server; returns the outcome for `settle` (plain JSON values).

    A stale or repeated `attempt` sends nothing. The bytes are kept in the file store before they leave.
    """
    try:
        _begin(database, outbox_id, attempt)
        message, sender, recipient = _prepare(database, FileStore(settings.store_folder), outbox_id, tables, settings)
        assert settings.smtp is not None
        deliver(settings.smtp, message, sender, [recipient])
    except (NotConnected, TemporaryFailure, NoMailServer, ConfigurationError) as error:
        return _outcome(attempt, DispatchState.QUEUED, str(error))
    except (PermanentRefusal, ReplyError) as error:
        return _outcome(attempt, DispatchState.REFUSED, str(error))
    except OutcomeUnknown as error:
        return _outcome(attempt, DispatchState.UNKNOWN, str(error))
    return _outcome(attempt, DispatchState.SENT, "")


def settle(session: Session, outbox_id: int, result: dict[str, Any], at: datetime) -> DispatchState:
    """Write the outcome of `send` down; done again, or for an attempt that is not the current one, it does nothing.

    Returns the state of the row.
    """
    outbox = _locked(session, outbox_id)
    if outbox.state != DispatchState.SENDING or outbox.attempts != result["attempt"]:
        return DispatchState(outbox.state)
    problem = str(result["problem"])
    match DispatchState(result["state"]):
        case DispatchState.SENT:
            state = record_sent(session, outbox_id, at)
        case DispatchState.QUEUED:
            state = record_retry(session, outbox_id, at, problem=problem)
        case DispatchState.REFUSED:
            state = record_refused(session, outbox_id, at, problem=problem)
        case _:
            state = record_unknown(session, outbox_id, at, problem=problem)
    log.info("dispatch-tried", outbox=outbox_id, attempt=outbox.attempts, state=str(state))
    return state


def settle_interrupted(session: Session, outbox_id: int, at: datetime) -> DispatchState:
    """Settle a row that a dead worker left in "sending": unknown if the hand-over had begun, else queued again.

    Only for a worker that is known to be dead. Returns the state of the row; other states are left alone.
    """
    outbox = _locked(session, outbox_id)
    if outbox.state != DispatchState.SENDING:
        return DispatchState(outbox.state)
    if outbox.next_try_at is None:
        return record_unknown(session, outbox_id, at, problem=str(OutcomeUnknown("")))
    change_dispatch(session, outbox, DispatchState.QUEUED, at=at, actor=ACTOR)
    return DispatchState.QUEUED


def record_sent(session: Session, outbox_id: int, at: datetime) -> DispatchState:
    """The server took it: the reply is dispatched, the case follows, the register gets the day."""
    outbox = _locked(session, outbox_id)
    change_dispatch(session, outbox, DispatchState.SENT, at=at, actor=ACTOR)
    finish(session, outbox, at=at, actor=ACTOR)
    return _unless_it_came_back(session, outbox, at)


def record_retry(session: Session, outbox_id: int, at: datetime, *, problem: str) -> DispatchState:
    """Nothing was handed over: queue it again after a growing pause; after very many attempts give it to a person."""
    outbox = _locked(session, outbox_id)
    if outbox.attempts % MOST_ATTEMPTS == 0:
        return record_refused(session, outbox_id, at, problem=problem)
    change_dispatch(session, outbox, DispatchState.QUEUED, at=at, actor=ACTOR)
    outbox.next_try_at, outbox.problem = at + waiting_time(outbox.attempts), problem
    return DispatchState.QUEUED


def record_refused(session: Session, outbox_id: int, at: datetime, *, problem: str) -> DispatchState:
    """It will not be taken as it is: a person retries it (`approval.retry_refused`) or prints it."""
    outbox = _locked(session, outbox_id)
    change_dispatch(session, outbox, DispatchState.REFUSED, at=at, actor=ACTOR)
    outbox.next_try_at, outbox.problem = None, problem
    return DispatchState.REFUSED


def record_unknown(session: Session, outbox_id: int, at: datetime, *, problem: str) -> DispatchState:
    """It may have been taken: only a person may decide (`approval.decide_unknown`)."""
    outbox = _locked(session, outbox_id)
    change_dispatch(session, outbox, DispatchState.UNKNOWN, at=at, actor=ACTOR)
    outbox.next_try_at, outbox.problem = None, problem
    return _unless_it_came_back(session, outbox, at)


def waiting_time(attempts: int) -> timedelta:
    """The pause after so many attempts: one minute, doubled each time, at most an hour."""
    doublings = min((attempts - 1) % MOST_ATTEMPTS, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _unless_it_came_back(session: Session, outbox: Outbox, at: datetime) -> DispatchState:
    """The state of a dispatch that left: a bounce can be faster than our own note that the server took it."""
    session.flush()
    status = notices.failure_during_hand_over(session, outbox)
    if status is not None:
        notices.bring_back(session, outbox, status, at=at)
    return DispatchState(outbox.state)


def _outcome(attempt: int, state: DispatchState, problem: str) -> dict[str, Any]:
    return {"attempt": attempt, "state": str(state), "problem": problem}


def _begin(database: Database, outbox_id: int, attempt: int) -> None:
    """Note that the hand-over begins; `OutcomeUnknown` if it already had, or the attempt is not the current one."""
    with database.write() as session:
        outbox = _locked(session, outbox_id)
        if outbox.state != DispatchState.SENDING or outbox.attempts != attempt or outbox.next_try_at is None:
            raise OutcomeUnknown("")
        outbox.next_try_at = None


def _prepare(
    database: Database, store: FileStore, outbox_id: int, tables: Tables, settings: Settings
) -> tuple[bytes, str, str]:
    with database.read() as session:
        outbox = session.get_one(Outbox, outbox_id)
        reply = session.get_one(Reply, outbox.reply_id)
        letter = session.get_one(Letter, reply.letter_id)
    if settings.smtp is None:
        raise NoMailServer
    if not content_hash(reply) == reply.approved_hash == outbox.content_hash:
        raise ChangedAfterApproval
    message = build_message(reply, letter, outbox, tables.office, settings.smtp, letter.references)
    sha256 = store.put(message)
    with database.write() as session:
        record_file(session, store, sha256)
        session.get_one(Outbox, outbox_id).document_sha256 = sha256
    return message, envelope_sender(reply, settings.smtp), reply.recipient_email


def _locked(session: Session, outbox_id: int) -> Outbox:
    session.flush()
    return session.get_one(Outbox, outbox_id, with_for_update=True, populate_existing=True)
