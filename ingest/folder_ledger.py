"""What the ledger says of one mailbox folder, and what it is told: outcomes, tries, the state of the folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlmodel import Session

from config import clock
from ingest.mailbox import MessageInfo
from ingest.preview import Preview
from registry import audit
from registry.database import Database
from registry.letters import (
    Arrival,
    Finding,
    Outcome,
    Received,
    Seen,
    Source,
    final_keys,
    note,
    note_many,
    open_entries,
    receive_many,
)
from registry.models import LedgerEntry, MailboxState
from registry.store import FileStore

TRIES: Final = 5
# After so many tries a message is left alone for so long, while others are fetched.
PAUSES: Final = (timedelta(0), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))

_FEW: Final = 500  # keys that are asked for one by one

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knew of a folder at the start of a poll: UIDs it is still owed, and rows to be tried again.

    `old_uidvalidity` is None unless the server has numbered the folder anew since the last poll.
    """

    owed: list[int]
    open: dict[int, LedgerEntry]
    old_uidvalidity: int | None

    def is_due(self, uid: int, now: datetime) -> bool:
        """Whether it is time for this message; one that failed before waits a while."""
        entry = self.open.get(uid)
        if entry is None or entry.attempts == 0:
            return True
        pause = PAUSES[min(entry.attempts, len(PAUSES)) - 1]
        # A clock that was ahead must not put it off for years.
        return now >= entry.last_seen_at + pause or now < entry.last_seen_at

    def was_tried(self, uid: int) -> bool:
        """Whether a try at this message has failed before."""
        return uid in self.open and self.open[uid].attempts > 0

    def is_released(self, uid: int) -> bool:
        """Whether an operator has said to fetch this message whatever its size."""
        return uid in self.open and self.open[uid].released


@dataclass(frozen=True, slots=True)
class FolderLedger:
    """The ledger of one folder under one UIDVALIDITY. Each method that writes is one transaction."""

    database: Database
    store: FileStore
    account: str
    folder: str
    uidvalidity: int

    @property
    def place(self) -> str:
        """The name under which the ledger keeps what this folder holds."""
        return place_name(self.account, self.folder, self.uidvalidity)

    def known(self, on_server: Sequence[int], settled: set[int]) -> Known:
        """What the ledger knows now of the messages on the server.

        `settled` remembers, from poll to poll, UIDs whose outcome is final, for only a release ever changes that.
        """
        unsure = [uid for uid in on_server if uid not in settled]
        with self.database.read() as session:
            state = session.get(MailboxState, (self.account, self.folder))
            old = state.uidvalidity if state is not None else None
            among = [str(uid) for uid in unsure] if len(unsure) <= _FEW else None
            settled.update(int(key) for key in final_keys(session, Source.MAILBOX, self.place, among))
            again = {int(key): row for key, row in open_entries(session, Source.MAILBOX, self.place).items()}
        settled -= again.keys()
        return Known(
            owed=[uid for uid in on_server if uid not in settled],
            open=again,
            old_uidvalidity=old if old != self.uidvalidity else None,
        )

    def record(self, infos: Sequence[MessageInfo], hashes: Sequence[str]) -> list[Received]:
        """Make letters of messages whose bytes are in the store under these hashes."""
        arrivals = [
            Arrival(self._seen(info.uid, info.internal_date), sha256)
            for info, sha256 in zip(infos, hashes, strict=True)
        ]
        with self.database.write() as session:
            received = receive_many(session, self.store, arrivals, channel="email", at=clock.now())
        for one in received:
            log.info("letter_received", letter=one.letter_id, new=one.new, source=str(Source.MAILBOX))
        return received

    def vanished(self, uids: Sequence[int]) -> None:
        """These messages are no longer on the server and never became letters."""
        if uids:
            now = clock.now()
            with self.database.write() as session:
                note_many(session, [Finding(self._seen(uid, now), Outcome.VANISHED) for uid in uids], at=now)

    def too_big(self, info: MessageInfo, said: Preview) -> None:
        """This message stays on the server until an operator releases it."""
        with self.database.write() as session:
            entry = note(
                session,
                self._seen(info.uid, info.internal_date),
                Outcome.TOO_BIG,
                at=clock.now(),
                problem=f"{info.size} bytes",
                size=info.size,
                subject=said.subject,
                sender=said.sender,
            )
        log.warning("mail_too_big", account=self.account, ledger=entry.id, size=info.size)

    def failed_try(self, uid: int, problem: str, said: Preview, size: int | None = None) -> bool:
        """A try at this message failed through no fault of the line; whether there will be another one."""
        now = clock.now()
        with self.database.write() as session:
            entry = note(
                session,
                self._seen(uid, now),
                Outcome.WAITING,
                at=now,
                problem=problem,
                size=size,
                subject=said.subject,
                sender=said.sender,
            )
            if entry.letter_id is not None:
                return False  # somebody else was luckier
            if entry.attempts >= TRIES:
                entry.outcome, entry.released = Outcome.FAILED, False
        if entry.outcome == Outcome.FAILED:
            log.error("mail_failed", account=self.account, ledger=entry.id, problem=problem, tries=entry.attempts)
        return entry.outcome != Outcome.FAILED

    def note_presence(self, on_server: int) -> None:
        """Write down how many messages there are, and that the server has numbered them anew if it has."""
        with self.database.write() as session:
            state = _state(session, self.account, self.folder)
            if state.uidvalidity not in (None, self.uidvalidity):
                self._note_renumbering(session, state.uidvalidity)
            state.uidvalidity, state.on_server = self.uidvalidity, on_server

    def note_success(self, on_server: int) -> None:
        """Write down that the folder was looked through."""
        with self.database.write() as session:
            state = _state(session, self.account, self.folder)
            state.uidvalidity, state.on_server = self.uidvalidity, on_server
            state.last_attempt_at = state.last_success_at = clock.now()
            state.consecutive_failures, state.problem = 0, ""

    def _note_renumbering(self, session: Session, old: int | None) -> None:
        """All messages are looked at again; rows still open under old numbers are closed, for they have new ones."""
        now = clock.now()
        log.warning("uidvalidity_changed", account=self.account, old=old, new=self.uidvalidity)
        audit.record(
            session,
            at=now,
            actor=f"door:{Source.MAILBOX}",
            act="renumber",
            subject=f"mailbox_states:{self.account}",
            detail={"folder": self.folder, "old": old, "new": self.uidvalidity},
        )
        place = place_name(self.account, self.folder, old)
        keys = open_entries(session, Source.MAILBOX, place)
        note_many(session, [Finding(Seen(Source.MAILBOX, place, key, now), Outcome.VANISHED) for key in keys], at=now)

    def _seen(self, uid: int, arrived: datetime) -> Seen:
        return Seen(source=Source.MAILBOX, place=self.place, key=str(uid), received_at=arrived)


def place_name(account: str, folder: str, uidvalidity: int | None) -> str:
    """The ledger's name of a folder; another UIDVALIDITY is another place."""
    return f"{account}/{folder}/{uidvalidity}"


def note_failure(database: Database, account: str, folder: str, problem: str) -> None:
    """Write down that a poll failed, for the line on the first screen; the next poll tries again."""
    with database.write() as session:
        state = _state(session, account, folder)
        state.last_attempt_at = clock.now()
        state.consecutive_failures += 1
        state.problem = problem


def _state(session: Session, account: str, folder: str) -> MailboxState:
    state = session.get(MailboxState, (account, folder))
    if state is None:
        state = MailboxState(account=account, folder=folder)
        session.add(state)
    return state
