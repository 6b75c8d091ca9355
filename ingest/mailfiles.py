"""Mails out of the files in which mail programs keep them: mbox files and maildir folders.

A member comes out as it was delivered: what the storage format or the mail program added (the "From " line, its
quoting, marks such as read or starred) is taken away, so that the same mail has the same bytes at every import.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime, parsedate_tz
from pathlib import Path
from typing import IO, Final, Literal

LeftOut = Literal["deleted", "draft", "mailbox-internal", ""]

IN_MEMORY: Final = 8 * 1024 * 1024
_PIECE: Final = 65_536  # of a line; longer lines come in pieces
_HEAD: Final = 65_536
_WEEKDAY: Final = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_DATED: Final = re.compile(
    rb"From (?:[^\r\n]{0,320}? )??(" + _WEEKDAY + rb",? +(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2})\b"
    rb"[^\r\n]{0,60}?\d{1,2}:\d{2}[^\r\n]{0,40})"
)
_BARE: Final = re.compile(rb"From (?:-|[^\s@]+@[^\s@]+|MAILER-DAEMON)?\s*$")
_FIELD: Final = re.compile(rb">?[!-9;-~]{1,76}[ \t]*:")
_QUOTED_FROM: Final = re.compile(rb">+From ")
_BLANK: Final = (b"\n", b"\r\n")
# Marks of mail programs (Thunderbird, mutt, Dovecot, c-client), which change while the mail stays the same.
_MARKS: Final = frozenset(
    {b"x-mozilla-status", b"x-mozilla-status2", b"x-mozilla-keys", b"status", b"x-status", b"x-keywords", b"x-uid",
     b"x-imap", b"x-imapbase"}
)  # fmt: skip
_MOZILLA_EXPUNGED: Final = 0x0008
_FLAGS: Final = re.compile(r"[:;!]2,")  # the second and third are written where file names may have no colon
MAILDIR_PARTS: Final = ("new", "cur")


@dataclass(frozen=True, slots=True)
class Member:
    """One mail of a mailbox file or folder.

    Its bytes are `content` or, if it is large or a file of its own, the file at `path` (for an mbox only until the
    next member is asked for). `name` tells it apart within its mailbox; `arrived` is the time the mailbox gives;
    `consumed` are the bytes of the mailbox read for it. `left_out` says why it is no letter.
    """

    name: str
    arrived: datetime | None
    consumed: int
    content: bytes | None = None
    path: Path | None = None
    left_out: LeftOut = ""


def starts_like_mbox(head: bytes) -> bool:
    """Whether a file with these first bytes is an mbox file."""
    first, _, rest = head.lstrip(b"\r\n").partition(b"\n")
    return bool(_DATED.match(first) or (_BARE.match(first) and _FIELD.match(rest)))


def is_maildir(folder: Path) -> bool:
    """Whether the folder is a maildir (or one of its subfolders)."""
    return all((folder / name).is_dir() for name in MAILDIR_PARTS)


def arrival(head: bytes) -> datetime | None:
    """When the last server took the mail, by its first Received field; None if it has none that can be read.

    `head` are the first bytes of the mail.
    """
    match = re.search(rb"^Received:((?:[^\r\n]|\r?\n[ \t]){1,4000})", head[:_HEAD], re.IGNORECASE | re.MULTILINE)
    if match is None:
        return None
    try:
        moment = parsedate_to_datetime(match[1].rpartition(b";")[2].decode("ascii").strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def maildir_members(folder: Path) -> Iterator[Member]:
    """The mails of one maildir folder, in order of name; its subfolders are maildirs of their own.

    Mails that somebody deleted or has not finished are left out (maildir flags T and D).
    """
    files = [file for name in MAILDIR_PARTS for file in (folder / name).iterdir() if not file.name.startswith(".")]
    for file in sorted(files, key=lambda each: each.name):
        name, _, flags = _FLAGS.sub("\0", file.name, count=1).partition("\0")
        size, changed = _size_and_time(file)
        left_out: LeftOut = "deleted" if "T" in flags else "draft" if "D" in flags else ""
        yield Member(name, changed, size, path=file, left_out=left_out)


def _size_and_time(file: Path) -> tuple[int, datetime | None]:
    """Both unknown when a mail program has just moved the file; whoever reads it then sees that."""
    try:
        status = file.stat()
    except OSError:
        return 0, None
    return status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)


def mbox_members(path: Path, spool: Path) -> Iterator[Member]:
    """The mails of an mbox file, one after the other, with little memory; large ones by way of a file in `spool`.

    Quoted "From " lines are undone as mboxrd says (one ">" less), which is right for mboxo too except for lines that
    began with ">From " in the mail itself. A line starts a mail if it has the form of a separator (sender and date)
    and an empty line before it or a header field after it: mail programs write unquoted "From " lines into texts.
    """
    with path.open("rb") as file:
        lines = _Lines(file)
        number = 0
        while True:
            opening = _opening(lines, first=number == 0)
            if opening is None:
                return
            number += 1
            with _Collected(spool) as collected:
                _collect(lines, collected)
                yield collected.member(f"#{number}", _date_of(opening), lines.taken())


# --- mbox, line by line -----------------------------------------------------------------------------------


class _Lines:
    """Lines of a file in pieces of bounded size, with one line of looking ahead."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ahead: list[tuple[bytes, bool]] = []
        self._at_start = True
        self._consumed = 0

    def next(self) -> tuple[bytes, bool]:
        """The next piece and whether it begins a line; (b"", …) at the end."""
        piece, starts = self._ahead.pop(0) if self._ahead else self._read()
        self._consumed += len(piece)
        return piece, starts

    def peek(self) -> bytes:
        """The piece after the one last given out."""
        if not self._ahead:
            self._ahead.append(self._read())
        return self._ahead[0][0]

    def push_back(self, piece: bytes) -> None:
        """Give back the beginning of a line, to be given out again."""
        self._ahead.insert(0, (piece, True))
        self._consumed -= len(piece)

    def taken(self) -> int:
        """Bytes given out since this was last asked."""
        taken, self._consumed = self._consumed, 0
        return taken

    def _read(self) -> tuple[bytes, bool]:
        piece = self._file.readline(_PIECE)
        starts, self._at_start = self._at_start, piece.endswith(b"\n")
        return piece, starts


def _opening(lines: _Lines, *, first: bool) -> bytes | None:
    """The separator line of the next mail; b"" if the file begins without one; None at its end."""
    piece, _ = lines.next()
    while first and piece in _BLANK:
        piece, _ = lines.next()
    if not piece:
        return None
    if first and not piece.startswith(b"From "):
        lines.push_back(piece)
        return b""
    return piece


def _collect(lines: _Lines, collected: "_Collected") -> None:
    """Everything up to the next separator line, which is left for the next mail."""
    after_blank = False
    while True:
        piece, starts = lines.next()
        if not piece:
            return
        if starts and piece.startswith(b"From ") and _separates(piece, lines.peek(), after_blank=after_blank):
            lines.push_back(piece)
            return
        if starts and _QUOTED_FROM.match(piece):
            piece = piece[1:]
        after_blank = starts and piece in _BLANK
        collected.add(piece, starts_line=starts)


def _separates(line: bytes, following: bytes, *, after_blank: bool) -> bool:
    opens_head = bool(_FIELD.match(following))
    if _DATED.match(line):
        return after_blank or opens_head
    return after_blank and opens_head and bool(_BARE.match(line))


def _date_of(opening: bytes) -> datetime | None:
    match = _DATED.match(opening)
    parsed = parsedate_tz(match[1].decode("ascii", "replace")) if match else None
    if parsed is None:
        return None
    try:
        # Without a zone it is UTC (RFC 4155).
        return datetime.fromtimestamp(datetime(*parsed[:6], tzinfo=UTC).timestamp() - (parsed[9] or 0), UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(slots=True)
class _Collected:
    """One mail as it grows: in memory, then in a file; marks of mail programs left out of its head."""

    spool: Path
    _buffer: bytearray = field(default_factory=bytearray)
    _file: IO[bytes] | None = None
    _path: Path | None = None
    _in_head: bool = True
    _in_mark: bool = False
    _ends_with: bytes = b""  # the last line, if it is an empty one
    _left_out: LeftOut = ""
    _internal: set[str] = field(default_factory=set)  # signs of the first mail that c-client keeps for itself

    def __enter__(self) -> "_Collected":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def add(self, piece: bytes, *, starts_line: bool) -> None:
        """One line, or a piece of one."""
        if self._in_head and self._is_mark(piece, starts_line=starts_line):
            return
        self._ends_with = piece if starts_line and piece in _BLANK else b""
        if self._in_head and self._ends_with:
            self._in_head = False
        self._buffer += piece
        if len(self._buffer) > IN_MEMORY:
            self._spill()

    def member(self, name: str, arrived: datetime | None, consumed: int) -> Member:
        """The finished mail; the empty line that the format adds is taken off."""
        if self._file is None:
            content = bytes(self._buffer).removesuffix(self._ends_with)
            return Member(name, arrived, consumed, content=content, left_out=self._reason())
        self._spill()
        if self._ends_with:
            self._file.truncate(self._file.tell() - len(self._ends_with))
        self._file.flush()
        return Member(name, arrived, consumed, path=self._path, left_out=self._reason())

    def _reason(self) -> LeftOut:
        return "mailbox-internal" if self._internal == {"subject", "x-imap"} else self._left_out

    def _spill(self) -> None:
        if self._file is None:
            handle, name = tempfile.mkstemp(dir=self.spool, prefix="mbox-")
            self._file, self._path = os.fdopen(handle, "wb"), Path(name)
        self._file.write(self._buffer)
        self._buffer.clear()

    def _is_mark(self, piece: bytes, *, starts_line: bool) -> bool:
        if not starts_line or piece[:1] in (b" ", b"\t"):
            return self._in_mark
        name, colon, value = piece.partition(b":")
        name = name.strip().lower()
        self._in_mark = bool(colon) and name in _MARKS
        if name == b"x-mozilla-status" and _number(value) & _MOZILLA_EXPUNGED:
            self._left_out = "deleted"
        if name == b"x-imap" or (name == b"subject" and b"FOLDER INTERNAL DATA" in value):
            self._internal.add(name.decode())
        return self._in_mark


def _number(value: bytes) -> int:
    try:
        return int(value.strip()[:8], 16)
    except ValueError:
        return 0
