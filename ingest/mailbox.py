"""The mailbox on its IMAP server, read and never changed.

Traps of IMAPClient that were measured (trial `mail.md` section 3): lists of whole numbers only, and what is gone is
silently missing from an answer.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from imaplib import IMAP4
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from imapclient import IMAPClient

from ingest.connection import MailboxAccount, cause, connect, drop, log_in
from ingest.errors import MailboxConnectionLost, MailboxError, MailboxFolderMissing

UIDS_PER_COMMAND: Final = 500
MESSAGES_PER_BATCH: Final = 50
BYTES_PER_BATCH: Final = 8 * 1024 * 1024
PIECE: Final = 1024 * 1024
# A SEARCH answer is one line of at most 1,000,000 bytes: enough for 100,000 long numbers, not for 130,000.
_SEARCH_ALL_UP_TO: Final = 80_000


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """What the server says of a message before it is fetched: size in bytes, aware time of arrival (UTC)."""

    uid: int
    size: int
    internal_date: datetime


class Mailbox:
    """A connection to one folder, opened read-only; use it as a context manager, in one thread.

    Every method raises `MailboxConnectionLost` when the server or the line fails; the object is then of no
    more use. A message that is gone is simply missing from an answer: ask `uids()` again to know.
    """

    def __init__(self, account: MailboxAccount) -> None:
        """Connect, log in and EXAMINE the folder.

        Errors: `MailboxNotEncrypted`, `MailboxUnreachable`, `MailboxCertificateNotTrusted`,
        `MailboxLoginRefused`, `MailboxFolderMissing`, `MailboxConnectionLost`.
        """
        self._account = account
        self._sizes: dict[int, int] = {}
        self._lost = False
        self._client = connect(account)
        try:
            log_in(self._client, account)
            self.uidvalidity, self._exists, self._uid_next = _examine(self._client, account.folder)
        except BaseException:
            drop(self._client)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._lost:
            try:
                self._client.logout()
                return
            except (IMAP4.error, OSError):
                pass  # the work is done; the farewell does not matter
        drop(self._client)

    def uids(self) -> list[int]:
        """The numbers of all messages that are in the folder now, ascending."""
        with self._talking():
            # NOOP lets the server tell this session what other mail programs have removed.
            self._client.noop()
            if self._exists <= _SEARCH_ALL_UP_TO:
                return sorted(self._client.search("ALL"))
            found: list[int] = []
            low = 1
            while low < self._uid_next + _SEARCH_ALL_UP_TO:
                window = f"{low}:{low + _SEARCH_ALL_UP_TO - 1}"
                found.extend(self._client.search(["UID", window]))
                low += _SEARCH_ALL_UP_TO
            return sorted(found)

    def sizes(self, uids: Iterable[int]) -> dict[int, MessageInfo]:
        """Size and time of arrival of each message that is still there."""
        found: dict[int, MessageInfo] = {}
        for some in _chunks(sorted(set(uids)), UIDS_PER_COMMAND):
            with self._talking():
                answer = self._client.fetch(some, [b"RFC822.SIZE", b"INTERNALDATE"])
            for uid, data in answer.items():
                if b"RFC822.SIZE" in data and isinstance(data.get(b"INTERNALDATE"), datetime):
                    moment = data[b"INTERNALDATE"].astimezone(UTC)
                    found[uid] = MessageInfo(uid, int(data[b"RFC822.SIZE"]), moment)
        self._sizes.update({uid: info.size for uid, info in found.items()})
        return found

    def fetch(self, uids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """The raw bytes of each message that is still there, without marking it as read.

        Asked for in batches of at most 50 messages and 8 MiB. For a message above that use
        `fetch_to_file`; here it would be held in memory.
        """
        wanted = list(dict.fromkeys(uids))
        self.sizes(uid for uid in wanted if uid not in self._sizes)
        for batch in self._batches([uid for uid in wanted if uid in self._sizes]):
            if len(batch) == 1 and self._sizes[batch[0]] > BYTES_PER_BATCH:
                pieces = list(self._pieces(batch[0]))
                if pieces:
                    yield batch[0], b"".join(pieces)
                continue
            with self._talking():
                answer = self._client.fetch(batch, [b"BODY.PEEK[]"])
            for uid in batch:
                raw = answer.get(uid, {}).get(b"BODY[]")
                if isinstance(raw, bytes):
                    yield uid, raw

    def fetch_to_file(self, uid: int, size: int, path: Path) -> int | None:
        """Write the raw bytes of one message to `path` (created, mode 0600); returns how many there were.

        Above 8 MiB (`size` as told by `sizes`) it comes in pieces of 1 MiB and never stands in memory as a
        whole. None if the message is gone; then there is no file. Servers may tell a wrong size, so the
        caller compares if it matters.
        """
        pieces = self._pieces(uid) if size > BYTES_PER_BATCH else (raw for _, raw in self.fetch([uid]))
        written, gone = 0, True
        path.touch(mode=0o600)
        try:
            with path.open("wb") as file:
                for piece in pieces:
                    written, gone = written + file.write(piece), False
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if gone:
            path.unlink(missing_ok=True)
            return None
        return written

    def _pieces(self, uid: int) -> Iterator[bytes]:
        """The message in pieces of 1 MiB; ends early if it is gone."""
        start = 0
        while True:
            with self._talking():
                answer = self._client.fetch([uid], [f"BODY.PEEK[]<{start}.{PIECE}>".encode()])
            piece = answer.get(uid, {}).get(f"BODY[]<{start}>".encode())
            if not isinstance(piece, bytes) or not piece:
                if start and uid not in answer:
                    raise self._broken("message removed while it was fetched")
                return
            yield piece
            start += len(piece)
            if len(piece) < PIECE:
                return

    def _batches(self, uids: Sequence[int]) -> Iterator[list[int]]:
        batch: list[int] = []
        total = 0
        for uid in uids:
            if batch and (len(batch) == MESSAGES_PER_BATCH or total + self._sizes[uid] > BYTES_PER_BATCH):
                yield batch
                batch, total = [], 0
            batch.append(uid)
            total += self._sizes[uid]
        if batch:
            yield batch

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Turn every failure of the client, the socket or TLS into one typed error and drop the connection."""
        try:
            yield
        except MailboxError:
            raise
        except Exception as failure:
            raise self._broken(cause(failure)) from failure

    def _broken(self, detail: str) -> MailboxConnectionLost:
        self._lost = True
        drop(self._client)
        return MailboxConnectionLost(detail)


def _examine(client: IMAPClient, folder: str) -> tuple[int, int, int]:
    """Open the folder read-only: its UIDVALIDITY, number of messages and next UID."""
    try:
        answer: dict[bytes, Any] = client.select_folder(folder, readonly=True)
        uidvalidity = int(answer[b"UIDVALIDITY"])
        exists = int(answer.get(b"EXISTS", 0))
        return uidvalidity, exists, int(answer.get(b"UIDNEXT", exists + 1))
    except IMAP4.abort as failure:
        raise MailboxConnectionLost(cause(failure)) from failure
    except IMAP4.error as failure:
        raise MailboxFolderMissing("server answered NO") from failure
    except Exception as failure:
        raise MailboxConnectionLost(cause(failure)) from failure


def _chunks(uids: Sequence[int], length: int) -> Iterator[list[int]]:
    for start in range(0, len(uids), length):
        yield list(uids[start : start + length])
