"""The mailbox on its IMAP server, read and never changed.

Traps of IMAPClient that were measured (trial `mail.md` section 3): lists of whole numbers only, what is gone is
silently missing from an answer, and at the end of the line IDLE gives empty answers at once and for ever.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from imaplib import IMAP4
from types import TracebackType
from typing import Any, Final, Self

from imapclient import IMAPClient

from ingest.connection import MailboxAccount, cause, connect, drop, log_in
from ingest.errors import MailboxConnectionLost, MailboxError, MailboxFolderMissing

UIDS_PER_COMMAND: Final = 500
HEAD_BYTES: Final = 64 * 1024
# A SEARCH answer is one line of at most 1,000,000 bytes: enough for 100,000 long numbers, not for 130,000.
_SEARCH_ALL_UP_TO: Final = 80_000
_LOOK_UP_SECONDS: Final = 1.0  # how often, while waiting for news, we see whether we should stop
_EMPTY_ANSWERS: Final = 3  # at once after each other: the line is dead


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
        `MailboxLoginRefused`, `MailboxFolderMissing`, `MailboxConnectionLost`; with tokens also those of the
        token source.
        """
        self._account = account
        self._lost = False
        self._client = connect(account)
        try:
            log_in(self._client, account)
            with self._talking():
                self.tells_news: bool = self._client.has_capability("IDLE")
            self.examine()
        except BaseException:
            drop(self._client)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._lost:
            self.leave()
        else:
            drop(self._client)

    def leave(self) -> None:
        """Say goodbye and close the connection; whether the server hears it does not matter."""
        if not self._lost:
            with suppress(IMAP4.error, OSError):
                self._client.logout()
        self.drop()

    def drop(self) -> None:
        """Close the connection without a word, as after any error."""
        self._lost = True
        drop(self._client)

    def examine(self) -> None:
        """Open the folder anew, for the UIDVALIDITY that holds now.

        Errors: `MailboxFolderMissing`, `MailboxConnectionLost`.
        """
        try:
            self.uidvalidity, self._exists, self._uid_next = _examine(self._client, self._account.folder)
        except MailboxError:
            self.drop()
            raise
        self._just_opened = True

    def uids(self) -> list[int]:
        """The numbers of all messages that are in the folder now, ascending."""
        with self._talking():
            if not self._just_opened:
                # NOOP lets the server tell this session what other mail programs have removed.
                self._client.noop()
            self._just_opened = False
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
            for uid, data in self._ask(some, "RFC822.SIZE", "INTERNALDATE").items():
                if b"RFC822.SIZE" in data and isinstance(data.get(b"INTERNALDATE"), datetime):
                    moment = data[b"INTERNALDATE"].astimezone(UTC)
                    found[uid] = MessageInfo(uid, int(data[b"RFC822.SIZE"]), moment)
        return found

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The raw bytes of each message that is still there, without marking it as read.

        One command whose whole answer stands in memory: ask for few messages, and for big ones by `piece`.
        """
        found = self._ask(list(uids), "BODY.PEEK[]") if uids else {}
        bodies = {uid: found.get(uid, {}).get(b"BODY[]") for uid in uids}
        return {uid: body for uid, body in bodies.items() if isinstance(body, bytes)}

    def piece(self, uid: int, start: int, length: int) -> bytes | None:
        """So many bytes of a message from `start` on; fewer or none at its end, None if the message is gone."""
        data = self._ask([uid], f"BODY.PEEK[]<{start}.{length}>").get(uid, {})
        key = f"BODY[]<{start}>".encode()
        return (data[key] or b"") if key in data else None

    def head(self, uid: int) -> bytes:
        """The first 64 KiB of the message's header, without marking it as read; b"" if it is gone."""
        data = self._ask([uid], f"BODY.PEEK[HEADER]<0.{HEAD_BYTES}>").get(uid, {})
        return data.get(b"BODY[HEADER]<0>") or b""

    def wait_for_news(self, seconds: float, stopped: Callable[[], bool]) -> bool:
        """Let the server tell (IDLE) of a new message, at most so long or until `stopped`; whether there is one.

        Only a hint: what was missed here is found by the next look. A server that refuses IDLE loses the
        connection, with `tells_news` false from then on.
        """
        with self._talking():
            # What came since the last look (its letters took time to record) is not always told by IDLE.
            _, answers = self._client.noop()
            if _has_news(answers):
                return True
            try:
                self._client.idle()
            except IMAP4.abort:
                raise
            except IMAP4.error:
                self.tells_news = False
                raise
            news = self._listen(time.monotonic() + seconds, stopped)
            if stopped():
                self.drop()  # no time for answers
                return news
            _, last_words = self._client.idle_done()
            return news or _has_news(last_words)

    def _listen(self, until: float, stopped: Callable[[], bool]) -> bool:
        empty = 0
        while not stopped() and (left := until - time.monotonic()) > 0:
            patience = min(_LOOK_UP_SECONDS, left)
            asked = time.monotonic()
            answers = self._client.idle_check(patience)
            if _has_news(answers):
                return True
            early = time.monotonic() - asked < patience / 2
            empty = empty + 1 if early and not answers else 0
            if empty == _EMPTY_ANSWERS:
                raise self._broken("line ended while waiting for news")
        return False

    def _ask(self, uids: list[int], *items: str) -> dict[int, dict[bytes, Any]]:
        with self._talking():
            answer: dict[int, dict[bytes, Any]] = self._client.fetch(uids, [item.encode() for item in items])
        return answer

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
        self.drop()
        return MailboxConnectionLost(detail)


def _has_news(answers: Iterable[tuple[Any, ...]]) -> bool:
    return any(len(answer) > 1 and answer[1] == b"EXISTS" for answer in answers)


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
