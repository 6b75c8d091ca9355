"""A folder opened for change: messages are flagged or moved, and only a search tells whether it happened.

Measured (trial `mail.md` section 3): STORE and MOVE of a message that is gone are answered OK, and a COPYUID may be
that of an earlier command. So no answer to a command is believed here.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from imaplib import IMAP4
from types import TracebackType
from typing import Any, Final, Self

from imapclient import IMAPClient

from ingest.connection import MailboxAccount, cause, connect, drop, log_in
from ingest.errors import (
    ChangeRefused,
    ChangeUnsupported,
    MailboxConnectionLost,
    MailboxError,
    MailboxFolderMissing,
    MoveTargetMissing,
)

KEYWORD: Final = "$Cabinet"
FLAG: Final = "\\Flagged"
# A mail that cannot be found by its Message-ID is compared byte for byte up to this size, and this many of them.
COMPARED_BYTES: Final = 8 * 1024 * 1024
COMPARED_MAILS: Final = 20


@dataclass(frozen=True, slots=True)
class Print:
    """By what a message is known again in another folder; `message_id` is "" if none can be searched for."""

    message_id: str
    sha256: str
    size: int


class FolderEditor:
    """A read-write connection to one folder; use it as a context manager, in one thread.

    Every method raises `MailboxConnectionLost` when server or line fail; the object is then of no more use.
    """

    def __init__(self, account: MailboxAccount) -> None:
        """Connect, sign in and SELECT the folder.

        Errors: as `ingest.mailbox.Mailbox`, and `ChangeRefused` if the server opens the folder for reading only.
        """
        self._folder = account.folder
        self._client = connect(account)
        try:
            log_in(self._client, account)
            answer = self._open(self._folder)
            self.uidvalidity = int(answer[b"UIDVALIDITY"])
            self._permanent: frozenset[bytes] | None = None
            if b"PERMANENTFLAGS" in answer:
                self._permanent = frozenset(answer[b"PERMANENTFLAGS"])
        except BaseException:
            drop(self._client)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        drop(self._client)

    def present(self, uids: Collection[int]) -> set[int]:
        """Those of the messages that are in the folder now."""
        with self._talking():
            # NOOP lets the server tell this session what it and other mail programs have removed.
            self._client.noop()
            return set(self._client.search(["UID", _listed(uids)])).intersection(uids)

    def marked(self, uids: Collection[int]) -> set[int]:
        """Those of the messages that carry our mark now. `ChangeRefused` if the server keeps none."""
        test = ["KEYWORD", KEYWORD] if self._mark() == KEYWORD else ["FLAGGED"]
        with self._talking():
            self._client.noop()
            return set(self._client.search(["UID", _listed(uids), *test])).intersection(uids)

    def mark(self, uids: Collection[int]) -> None:
        """Ask for our mark on the messages: the keyword $Cabinet, or the usual flag where keywords are not kept."""
        mark = self._mark()
        with self._talking(), _answering():
            self._client.add_flags(sorted(uids), [mark.encode()], silent=True)

    def move(self, uids: Collection[int], target: str) -> int:
        """Ask for the messages to be moved; returns the first UID that one of them can have there.

        A server without MOVE gets COPY, and each copy must be seen before its message is removed; a cut in between
        leaves a second copy in `target`, never none. Errors: `MoveTargetMissing`, `ChangeRefused`, `ChangeUnsupported`.
        """
        with self._talking():
            can_move, can_expunge = (self._client.has_capability(name) for name in ("MOVE", "UIDPLUS"))
            if not (can_move or can_expunge):
                raise ChangeUnsupported
            try:
                first = int(self._client.folder_status(target, ["UIDNEXT"])[b"UIDNEXT"])
            except IMAP4.abort:
                raise
            except IMAP4.error:
                raise MoveTargetMissing from None
            with _answering():
                if can_move:
                    self._client.move(sorted(uids), target)
                else:
                    self._copy(sorted(uids), target)
        return first

    def remove_copied(self, uids: Collection[int]) -> None:
        """After `move` without MOVE: remove exactly these messages, whose copies were seen in the target."""
        with self._talking():
            if self._client.has_capability("MOVE"):
                return
            with _answering():
                # A plain EXPUNGE would also remove what staff have marked.
                self._client.add_flags(sorted(uids), [b"\\Deleted"], silent=True)
                self._client.uid_expunge(sorted(uids))

    @contextmanager
    def inside(self, target: str) -> Iterator["TargetFolder | None"]:
        """Look into another folder for the length of the block; None if it does not exist."""
        with self._talking():
            try:
                self._client.select_folder(target, readonly=True)
                opened = True
            except IMAP4.abort:
                raise
            except IMAP4.error:
                opened = False
            yield TargetFolder(self._client) if opened else None
            # Back, also because a failed SELECT leaves no folder open.
            self._open(self._folder)

    def _copy(self, uids: list[int], target: str) -> None:
        # A copy carries the flags; \Deleted may be there from a try that was cut off.
        self._client.remove_flags(uids, [b"\\Deleted"], silent=True)
        self._client.copy(uids, target)

    def _mark(self) -> str:
        if self._permanent is None or self._permanent.isdisjoint((b"\\*", KEYWORD.encode())):
            if self._permanent is not None and FLAG.encode() not in self._permanent:
                raise ChangeRefused("no flag is kept")
            return FLAG
        return KEYWORD

    def _open(self, folder: str) -> dict[bytes, Any]:
        try:
            answer: dict[bytes, Any] = self._client.select_folder(folder)
        except IMAP4.readonly:
            raise ChangeRefused("folder opens for reading only") from None
        except IMAP4.abort as failure:
            raise MailboxConnectionLost(cause(failure)) from failure
        except IMAP4.error as failure:
            raise MailboxFolderMissing("server answered NO") from failure
        except Exception as failure:
            raise MailboxConnectionLost(cause(failure)) from failure
        return answer

    @contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except MailboxError:
            raise
        except Exception as failure:
            drop(self._client)
            raise MailboxConnectionLost(cause(failure)) from failure


class TargetFolder:
    """Another folder, open for reading inside `FolderEditor.inside`."""

    def __init__(self, client: IMAPClient) -> None:
        self._client = client

    def holds(self, message: Print, first: int = 1) -> bool:
        """Whether the message is among those whose UID is `first` or more: by Message-ID, else byte for byte."""
        # "n:*" always means at least the last message, even if its UID is smaller.
        if message.message_id:
            found = self._client.search(["UID", f"{first}:*", "HEADER", "Message-ID", message.message_id])
            return any(uid >= first for uid in found)
        size = ["LARGER", str(max(0, message.size - 1)), "SMALLER", str(message.size + 1)]
        found = [uid for uid in self._client.search(["UID", f"{first}:*", *size]) if uid >= first]
        if message.size > COMPARED_BYTES:
            return bool(found)
        answer = self._client.fetch(sorted(found)[-COMPARED_MAILS:], [b"BODY.PEEK[]"]) if found else {}
        return any(hashlib.sha256(data.get(b"BODY[]", b"")).hexdigest() == message.sha256 for data in answer.values())


@contextmanager
def _answering() -> Iterator[None]:
    """The server's NO to a change is a refusal; a broken line is something else."""
    try:
        yield
    except IMAP4.abort:
        raise
    except IMAP4.error as failure:
        if "TRYCREATE" in str(failure):
            raise MoveTargetMissing from None
        raise ChangeRefused from None


def _listed(uids: Collection[int]) -> str:
    return ",".join(str(uid) for uid in sorted(uids))
