"""Receiving mail once: what the server has is compared with the ledger, the rest is fetched, kept and registered.

The order is that of the trial (mail, section 2), which lost and doubled nothing under faults: bytes durable on disk,
then one transaction with letter, number and ledger row; the server is only read.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from config import clock
from ingest.mailbox import Mailbox
from registry.database import Database
from registry.letters import Outcome, Seen, Source, final_keys, note, receive
from registry.models import LedgerEntry, MailboxState
from registry.store import FileStore

SIZE_LIMIT = 64 * 1024 * 1024
TRIES = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PollReport:
    """What one poll of a mailbox found: messages on the server, letters new to us, messages still owed."""

    on_server: int
    new_letters: int
    waiting: int


def receive_mail(database: Database, store: FileStore, mailbox: Mailbox, *, account: str, folder: str) -> PollReport:
    """Fetch every message that the ledger does not know yet and make it a letter; may be repeated at any time."""
    place = place_of(account, folder, mailbox)
    on_server = mailbox.uids()
    with database.read() as session:
        known = final_keys(session, Source.MAILBOX, place)
    owed = dict.fromkeys(uid for uid in on_server if str(uid) not in known)
    infos = mailbox.sizes(owed)
    for uid in [uid for uid in owed if uid in infos and infos[uid].size > SIZE_LIMIT]:
        seen = _seen(place, uid, infos[uid].internal_date)
        _note(database, seen, Outcome.TOO_BIG, problem=f"{infos[uid].size} bytes")
        del owed[uid]
    new_letters = 0
    for uid, content in mailbox.fetch([uid for uid in owed if uid in infos]):
        new_letters += _receive_one(database, store, _seen(place, uid, infos[uid].internal_date), content)
        del owed[uid]
    waiting = _account_for_missing(database, mailbox, list(owed), place)
    with database.write() as session:
        _note_success(session, account, folder, mailbox.uidvalidity, len(on_server))
    if new_letters or waiting:
        log.info("mailbox_polled", account=account, on_server=len(on_server), new=new_letters, waiting=waiting)
    return PollReport(on_server=len(on_server), new_letters=new_letters, waiting=waiting)


def place_of(account: str, folder: str, mailbox: Mailbox) -> str:
    """The name under which the ledger keeps what this folder holds; another UIDVALIDITY is another place."""
    return f"{account}/{folder}/{mailbox.uidvalidity}"


def note_failure(database: Database, account: str, folder: str, problem: str) -> None:
    """Write down that a poll failed, for the line on the first screen; the next poll tries again."""
    with database.write() as session:
        state = _state(session, account, folder)
        state.last_attempt_at = clock.now()
        state.consecutive_failures += 1
        state.problem = problem


def _receive_one(database: Database, store: FileStore, seen: Seen, content: bytes) -> bool:
    sha256 = store.put(content)
    with database.write() as session:
        received = receive(session, store, seen, sha256, channel="email", at=clock.now())
    log.info("letter_received", letter=received.letter_id, new=received.new, source=str(seen.source))
    return received.new


def _account_for_missing(database: Database, mailbox: Mailbox, missing: list[int], place: str) -> int:
    """A message left out of one of the server's answers is "vanished" only if a fresh search lacks it too."""
    if not missing:
        return 0
    still_there = set(mailbox.uids())
    waiting = 0
    for uid in missing:
        seen = _seen(place, uid, clock.now())
        if uid not in still_there:
            _note(database, seen, Outcome.VANISHED)
            continue
        entry = _note(database, seen, Outcome.WAITING)
        if entry.attempts >= TRIES:
            _note(database, seen, Outcome.FAILED, problem="fetch-failed")
        else:
            waiting += 1
    return waiting


def _note(database: Database, seen: Seen, outcome: Outcome, problem: str = "") -> LedgerEntry:
    with database.write() as session:
        return note(session, seen, outcome, at=clock.now(), problem=problem)


def _seen(place: str, uid: int, arrived: datetime) -> Seen:
    return Seen(source=Source.MAILBOX, place=place, key=str(uid), received_at=arrived)


def _note_success(session: Session, account: str, folder: str, uidvalidity: int, on_server: int) -> None:
    state = _state(session, account, folder)
    if state.uidvalidity not in (None, uidvalidity):
        log.warning("uidvalidity_changed", account=account, old=state.uidvalidity, new=uidvalidity)
    now = clock.now()
    state.uidvalidity, state.on_server = uidvalidity, on_server
    state.last_attempt_at = state.last_success_at = now
    state.consecutive_failures, state.problem = 0, ""


def _state(session: Session, account: str, folder: str) -> MailboxState:
    state = session.get(MailboxState, (account, folder))
    if state is None:
        state = MailboxState(account=account, folder=folder)
        session.add(state)
    return state
