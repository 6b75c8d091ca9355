"""Receiving mail once: what the server has is compared with the ledger, the rest is fetched, kept and registered.

The order is that of the trial (mail, section 2), which lost and doubled nothing under faults: bytes durable on disk,
then one transaction with letters, numbers and ledger rows; the server is only read.
"""

import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from config import clock
from ingest.errors import MailboxConnectionLost, MailboxFetchFailed, MailNotRecorded
from ingest.folder_ledger import FolderLedger, Known, place_name
from ingest.mailbox import HEAD_BYTES, Mailbox, MessageInfo
from ingest.pace import Pace
from ingest.preview import Preview, preview
from registry.database import Database
from registry.models import MailboxState
from registry.partials import Partial, Partials
from registry.store import FileStore

SIZE_LIMIT: Final = 64 * 1024 * 1024
# From so many new messages on, the first screen is told of them before they are fetched.
_BACKLOG: Final = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PollReport:
    """What one poll of a mailbox found: messages on the server, letters new to us, messages still owed."""

    on_server: int
    new_letters: int
    waiting: int


class Reception:
    """One mailbox folder being received, poll after poll. What it remembers in between only makes it go better."""

    def __init__(
        self, database: Database, store: FileStore, *, account: str, folder: str, limit: int = SIZE_LIMIT
    ) -> None:
        """`limit`: size in bytes above which a message stays on the server until an operator releases it."""
        self._database, self._store, self._account, self._folder = database, store, account, folder
        self._limit = limit
        self._pace = Pace()
        self._partials = Partials(store)
        self._settled_place, self._settled = "", set[int]()

    def poll(self, mailbox: Mailbox, stop: threading.Event | None = None) -> PollReport:
        """Fetch every message that the ledger does not know yet and make it a letter; may be repeated at any time.

        Ends early when `stop` is set. Errors: `MailboxConnectionLost` and those of the record and the disk; what came
        until then is kept.
        """
        ledger = FolderLedger(self._database, self._store, self._account, self._folder, mailbox.uidvalidity)
        on_server = mailbox.uids()
        if ledger.place != self._settled_place:
            self._settled_place, self._settled = ledger.place, set()
        known = ledger.known(on_server, self._settled)
        owed = known.owed
        if known.old_uidvalidity is not None or len(owed) > _BACKLOG:
            ledger.note_presence(len(on_server))
        self._tidy(ledger, known, on_server)
        now = clock.now()
        due = self._pace.in_order(uid for uid in owed if known.is_due(uid, now))
        fetching = _Fetching(mailbox, ledger, known, self._store, self._partials, self._pace, self._limit, stop)
        fetching.receive(due)
        if fetching.stopped:
            return PollReport(len(on_server), fetching.new_letters, waiting=len(owed) - fetching.new_letters)
        waiting = len(owed) - len(due) + fetching.account_for_missing()
        if fetching.disk_trouble is not None:
            raise fetching.disk_trouble
        ledger.note_success(len(on_server))
        if fetching.new_letters or waiting:
            log.info(
                "mailbox_polled",
                account=self._account,
                on_server=len(on_server),
                new=fetching.new_letters,
                waiting=waiting,
            )
        return PollReport(on_server=len(on_server), new_letters=fetching.new_letters, waiting=waiting)

    def _tidy(self, ledger: FolderLedger, known: Known, on_server: list[int]) -> None:
        """Let go of what is no longer owed: files half fetched, and rows of messages that others have removed."""
        self._pace.keep_only(known.owed)
        self._partials.keep_only(ledger.place, (str(uid) for uid in known.owed))
        if known.old_uidvalidity is not None:
            self._partials.keep_only(place_name(self._account, self._folder, known.old_uidvalidity), ())
        ledger.vanished(sorted(known.open.keys() - set(on_server)))


def receive_mail(database: Database, store: FileStore, mailbox: Mailbox, *, account: str, folder: str) -> PollReport:
    """One poll of a mailbox folder that remembers nothing of others."""
    return Reception(database, store, account=account, folder=folder).poll(mailbox)


def place_of(account: str, folder: str, numbered: Mailbox | MailboxState) -> str:
    """The name under which the ledger keeps what this folder holds under its present UIDVALIDITY."""
    return place_name(account, folder, numbered.uidvalidity)


@dataclass(slots=True)
class _Fetching:
    """The fetching of one poll, and what came of it.

    `disk_trouble`: the last error of the disk; it is no fault of the message, so nothing is held against that.
    """

    mailbox: Mailbox
    ledger: FolderLedger
    known: Known
    store: FileStore
    partials: Partials
    pace: Pace
    limit: int
    stop: threading.Event | None
    new_letters: int = 0
    big: list[MessageInfo] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    fetched_elsewhere: int = 0
    previews: dict[int, Preview] = field(default_factory=dict)
    disk_trouble: OSError | None = None

    @property
    def stopped(self) -> bool:
        """Whether the rest must wait, because the worker ends."""
        return self.stop is not None and self.stop.is_set()

    def receive(self, due: list[int]) -> None:
        """Fetch these messages, in this order but big ones last, and make them letters."""
        breaks = self.pace.breaks.copy()
        try:
            while due and not self.stopped:
                window = self.pace.window(due)
                due = due[len(window) :]
                self._receive_window(window)
            for info in self.big:
                if not self.stopped:
                    self._receive_big(info)
        except MailboxConnectionLost:
            for uid in self.pace.suspected():
                if self.pace.breaks[uid] > breaks[uid]:
                    self._note_failed_try(uid, MailboxFetchFailed.code)
            raise

    def account_for_missing(self) -> int:
        """A message left out of one of the server's answers is "vanished" only if a fresh search lacks it too.

        Returns how many are still owed.
        """
        if not self.missing:
            return self.fetched_elsewhere
        still_there = self._still_there()
        self.ledger.vanished([uid for uid in self.missing if uid not in still_there])
        waiting = 0
        for uid in self.missing:
            if uid in still_there:
                self._look_at_head(uid)
                waiting += self._note_failed_try(uid, MailboxFetchFailed.code)
        return waiting + self.fetched_elsewhere

    def _receive_window(self, window: list[int]) -> None:
        with self.pace.watching(window):
            if len(window) == 1 and (self.known.was_tried(window[0]) or self.pace.breaks[window[0]]):
                self._look_at_head(window[0])  # while the line still holds
            infos = self.mailbox.sizes(window)
        self.missing += [uid for uid in window if uid not in infos]
        wanted = [info for info in infos.values() if info.size <= self._limit_of(info.uid)]
        for info in infos.values():
            if info.size > self._limit_of(info.uid):
                self._leave_there(info)
        for batch in self.pace.batches(wanted):
            if self.stopped:
                return
            if batch[0].size > self.pace.most_bytes(batch[0].uid):
                self.big += batch
            else:
                self._receive_batch(batch)

    def _receive_batch(self, batch: list[MessageInfo]) -> None:
        uids = [info.uid for info in batch]
        with self.pace.watching(uids):
            contents = self.mailbox.fetch(uids)
        self.pace.got(contents)
        # Some servers give an empty text for a message that others have just removed.
        if any(len(contents.get(info.uid, b"")) != info.size for info in batch):
            still_there = self._still_there()
            contents = {uid: content for uid, content in contents.items() if uid in still_there}
        self.missing += [uid for uid in uids if uid not in contents]
        self._keep([info for info in batch if info.uid in contents], contents)

    def _receive_big(self, info: MessageInfo) -> None:
        """A big message, piece by piece into a file; what has come stays there when the line breaks."""
        with self.partials.open(self.ledger.place, str(info.uid)) as partial:
            if partial is None:
                self.fetched_elsewhere += 1
                return
            try:
                if self._fetch_pieces(info, partial):
                    self._record([info], [partial.finish()])
                    self.pace.got([info.uid])
            except (OperationalError, MailboxConnectionLost):
                raise
            except Exception as failure:  # noqa: BLE001  (whatever it is about this message)
                self._blame(info, failure)

    def _fetch_pieces(self, info: MessageInfo, partial: Partial) -> bool:
        """Whether the message is whole now."""
        while not self.stopped:
            if partial.length > self._limit_of(info.uid):
                self._leave_there(MessageInfo(info.uid, partial.length, info.internal_date))
                partial.discard()
                return False
            asked = self.pace.piece(info.uid)
            with self.pace.watching([info.uid]):
                piece = self.mailbox.piece(info.uid, partial.length, asked)
            if piece is None:
                self.missing.append(info.uid)
                return False
            partial.append(piece)
            self.pace.got_piece(info.uid)
            if len(piece) < asked and partial.length == info.size:
                return True
            if not piece:
                return self._is_whole(info, partial)
        return False

    def _is_whole(self, info: MessageInfo, partial: Partial) -> bool:
        """Why the server has no more of it: this was its end (told sizes may be wrong), or others removed it."""
        if partial.length == info.size or info.uid in self._still_there():
            return True
        partial.discard()
        self.missing.append(info.uid)
        return False

    def _still_there(self) -> set[int]:
        return set(self.mailbox.uids())

    def _keep(self, infos: list[MessageInfo], contents: dict[int, bytes]) -> None:
        """Bytes first, then the record. If that fails for several messages, each is tried alone."""
        try:
            self._record(infos, self.store.put_many([contents[info.uid] for info in infos]))
        except OperationalError:
            raise  # the record itself does not work; the next message would fare no better
        except Exception as failure:  # noqa: BLE001  (whatever it is about one of these messages)
            if len(infos) == 1:
                self.previews[infos[0].uid] = preview(contents[infos[0].uid][:HEAD_BYTES])
                self._blame(infos[0], failure)
                return
            log.warning("batch_not_recorded", account=self.ledger.account, error=type(failure).__name__)
            if isinstance(failure, OSError):
                self.disk_trouble = failure
            for info in infos:
                self._keep([info], contents)

    def _record(self, infos: Sequence[MessageInfo], hashes: Sequence[str]) -> None:
        if infos:
            self.new_letters += sum(one.new for one in self.ledger.record(infos, hashes))

    def _blame(self, info: MessageInfo, failure: Exception) -> None:
        if isinstance(failure, OSError):
            self.disk_trouble = failure
            return
        log.error("mail_not_recorded", account=self.ledger.account, error=type(failure).__name__)
        self._note_failed_try(info.uid, MailNotRecorded.code, info.size)

    def _limit_of(self, uid: int) -> int:
        return sys.maxsize if self.known.is_released(uid) else self.limit

    def _leave_there(self, info: MessageInfo) -> None:
        with self.pace.watching([info.uid]):
            self._look_at_head(info.uid)
        self.ledger.too_big(info, self.previews[info.uid])

    def _look_at_head(self, uid: int) -> None:
        if uid not in self.previews:
            self.previews[uid] = preview(self.mailbox.head(uid))

    def _note_failed_try(self, uid: int, problem: str, size: int | None = None) -> bool:
        return self.ledger.failed_try(uid, problem, self.previews.get(uid, Preview()), size)
