"""Work of the command line on files and users: entering what files hold as letters, reading a file, naming users."""

import errno
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

import structlog
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, col, select

from config import clock
from daemon.errors import NoRoom
from daemon.finding import Found, kind_of
from daemon.house import House
from ingest.documents import Means, read_document
from ingest.mailfiles import Member, arrival, maildir_members, mbox_members
from ingest.reading import DocumentReading
from ingest.scans import readable
from registry.errors import NotFound
from registry.letters import Arrival, Outcome, Received, Seen, Source, note, receive_many
from registry.models import User

BATCH: Final = 50
BATCH_BYTES: Final = 8 * 1024 * 1024
_LONGEST_PLACE: Final = 300  # of the ledger's columns
_LONGEST_NAME: Final = 280
_HEAD: Final = 65_536
_SMALL: Final = 1024 * 1024
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})

Trouble = Literal["missing", "not-readable", "not-recorded", "zero-bytes"]

log = structlog.get_logger()


@dataclass(slots=True)
class Summary:
    """What entering led to. `left_out` counts what is no letter by reason; `failed` names what could not be entered."""

    new: int = 0
    known: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[str, Trouble]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One mail or document that waits to be recorded: its `content`, or the hash if it is in the store already.

    `key` is to tell it apart in its `folder`; `shown` is its name in a complaint; `size` is for the progress bar.
    """

    folder: Path
    key: str
    arrived: datetime
    channel: str
    original_name: str
    shown: str
    size: int
    content: bytes | None = None
    sha256: str = ""


@dataclass(slots=True)
class Entering:
    """One run of `cabinet ingest`. Letters are recorded in batches, each in one transaction.

    It may be stopped at any moment and run again: what was recorded stays, and the same bytes are no second letter.
    """

    house: House
    summary: Summary
    advance: Callable[[int], object]
    _waiting: list[_Waiting] = field(default_factory=list)

    def enter(self, found: Found) -> None:
        """Enter one thing; what cannot be read is noted and keeps nothing else from being entered.

        `NoRoom` if the disk is full.
        """
        try:
            self._enter(found)
        except OSError as error:
            self._could_not_read(error, found.path.parent, readable(found.path.name))

    def record(self) -> None:
        """Record what waits, all in one transaction; if that fails, one by one."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            arrivals = _keep(self.house, waiting)
        except OSError as error:
            _require_room(error)
            raise
        try:
            self._record(waiting, arrivals)
        except (DataError, IntegrityError):
            for one, arrival in zip(waiting, arrivals, strict=True):
                self._record_alone(one, arrival)
        self.advance(sum(one.size for one in waiting))

    def _enter(self, found: Found) -> None:
        path = found.path
        if found.kind == "mbox":
            for member in mbox_members(path, self.house.work_folder("mbox")):
                self._enter_member(member, path.parent, f"{readable(path.name)}{member.name}", readable(path.name))
        elif found.kind == "maildir":
            for member in maildir_members(path):
                self._enter_member(member, path, readable(member.name), readable(member.name))
        elif found.kind == "missing":
            self._fail(str(path), "missing")
        elif found.kind == "unreadable":
            if path.exists():
                self._note(path.parent, readable(path.name), Outcome.FAILED, "not-readable")
            self._fail(str(path), "not-readable")
        elif found.kind == "system-file" or (found.size == 0 and not path.suffix):
            reason = "system-file" if found.kind == "system-file" else "empty"
            self._leave_out(path.parent, readable(path.name), reason, found.size)
        elif found.size == 0:
            self._note(path.parent, readable(path.name), Outcome.FAILED, "zero-bytes")
            self._fail(str(path), "zero-bytes")
        else:
            self._wait(_file(self.house, path, found.kind))

    def _enter_member(self, member: Member, folder: Path, name: str, key: str) -> None:
        if member.left_out:
            self._leave_out(folder, name, member.left_out, member.consumed)
            return
        try:
            self._wait(_member(self.house, member, folder, name, key))
        except OSError as error:
            self._could_not_read(error, folder, name)
            self.advance(member.consumed)

    def _wait(self, one: _Waiting) -> None:
        self._waiting.append(one)
        if len(self._waiting) >= BATCH or sum(len(each.content or b"") for each in self._waiting) >= BATCH_BYTES:
            self.record()

    def _record(self, waiting: list[_Waiting], arrivals: list[Arrival]) -> None:
        with self.house.database.write() as session:
            outcomes = _receive(self.house, session, waiting, arrivals)
        new = sum(received.new for received in outcomes)
        self.summary.new += new
        self.summary.known += len(outcomes) - new

    def _record_alone(self, one: _Waiting, arrival: Arrival) -> None:
        try:
            self._record([one], [arrival])
        except (DataError, IntegrityError) as error:
            log.error("file_not_recorded", error=type(error).__name__)
            self._fail(one.shown, "not-recorded")

    def _leave_out(self, folder: Path, name: str, reason: str, size: int) -> None:
        self._note(folder, name, Outcome.SKIPPED, reason)
        self.summary.left_out[reason] += 1
        self.advance(size)

    def _could_not_read(self, error: OSError, folder: Path, name: str) -> None:
        _require_room(error)
        self._note(folder, name, Outcome.FAILED, "not-readable")
        self._fail(f"{folder}/{name}", "not-readable")

    def _fail(self, shown: str, trouble: Trouble) -> None:
        self.summary.failed.append((readable(shown), trouble))

    def _note(self, folder: Path, name: str, outcome: Outcome, problem: str) -> None:
        with self.house.database.write() as session:
            note(session, _seen(folder, name, clock.now()), outcome, at=clock.now(), problem=problem)


def enter_file(house: House, file: Path) -> Received:
    """Register one file as one letter: a mail as e-mail, everything else as post. The file is left where it is."""
    waiting = [_file(house, file, kind_of(file))]
    arrivals = _keep(house, waiting)
    with house.database.write() as session:
        (received,) = _receive(house, session, waiting, arrivals)
    return received


def _file(house: House, file: Path, kind: str) -> _Waiting:
    """A file to be recorded. A mail arrived when its last server took it, a document when it was written."""
    status = file.stat()
    content, head, sha256 = _read(house, file, status.st_size)
    arrived = _plausible(arrival(head) if kind == "mail" else None, datetime.fromtimestamp(status.st_mtime, UTC))
    name, channel = readable(file.name), "email" if kind == "mail" else "post"
    return _Waiting(file.parent, name, arrived, channel, name, str(file), status.st_size, content, sha256)


def _member(house: House, member: Member, folder: Path, name: str, key: str) -> _Waiting:
    """A mail of a mailbox to be recorded."""
    if member.path is None:
        content, head, sha256 = member.content, (member.content or b"")[:_HEAD], ""
    else:
        content, head, sha256 = _read(house, member.path, member.path.stat().st_size)
    arrived = _plausible(arrival(head), _plausible(member.arrived, clock.now()))
    return _Waiting(folder, key, arrived, "email", "", f"{folder}/{name}", member.consumed, content, sha256)


def _read(house: House, file: Path, size: int) -> tuple[bytes | None, bytes, str]:
    """Content of a small file, or the hash of a large one, which is in the store then; and its first bytes."""
    if size <= _SMALL:
        content = file.read_bytes()
        return content, content[:_HEAD], ""
    with file.open("rb") as source:
        head = source.read(_HEAD)
    return None, head, house.store.put_file(file)


def _keep(house: House, waiting: list[_Waiting]) -> list[Arrival]:
    """Make the bytes of all durable."""
    hashes = iter(house.store.put_many([one.content for one in waiting if one.content is not None]))
    kept = [(one, one.sha256 if one.content is None else next(hashes)) for one in waiting]
    return [
        Arrival(_seen(one.folder, f"{one.key[-_LONGEST_NAME:]}:{sha256[:16]}", one.arrived), sha256, one.original_name)
        for one, sha256 in kept
    ]


def _receive(house: House, session: Session, waiting: list[_Waiting], arrivals: list[Arrival]) -> list[Received]:
    received: list[Received] = []
    for channel, group in groupby(zip(waiting, arrivals, strict=True), key=lambda pair: pair[0].channel):
        batch = [arrival for _, arrival in group]
        received += receive_many(session, house.store, batch, channel=channel, at=clock.now())
    return received


def _require_room(error: OSError) -> None:
    if error.errno in _NO_ROOM:
        raise NoRoom from error


def _seen(folder: Path, key: str, arrived: datetime) -> Seen:
    return Seen(Source.COMMAND, readable(str(folder.resolve()))[-_LONGEST_PLACE:], key[-_LONGEST_PLACE:], arrived)


def _plausible(moment: datetime | None, otherwise: datetime) -> datetime:
    """The moment, unless it is missing, before e-mail or still to come."""
    if moment is None or moment.year < 1980 or moment > clock.now():
        return otherwise
    return moment.astimezone(UTC)


def read_file(file: Path, *, engine: str, workers: int) -> DocumentReading:
    """Read a document outside the record; page pictures are thrown away."""
    with tempfile.TemporaryDirectory(prefix="cabinet-extract-") as folder:
        return read_document(file, image_folder=Path(folder), means=Means(engine=engine, workers=workers))


def user_named(session: Session, username: str) -> User:
    """The user of this name; `NotFound` if there is none."""
    user = session.exec(select(User).where(User.username == username)).first()
    if user is None:
        raise NotFound
    return user


def users(session: Session) -> list[User]:
    """All users by name."""
    return list(session.exec(select(User).order_by(col(User.username))))
