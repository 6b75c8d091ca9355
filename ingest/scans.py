"""The scans folder: a file is taken when it is complete, registered, and only then moved aside.

Taken means renamed into a folder of this worker's own, in one step that only one worker can win, before anybody
reads it. Whatever happens then, the file is in one of three places, and what was registered is known by its hash.
"""

import errno
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import DataError, IntegrityError

from config import clock
from ingest.scan_ends import has_its_end
from ingest.scan_folders import meant_by
from registry.database import Database
from registry.letters import Outcome, Received, Seen, Source, note, receive
from registry.models import Letter
from registry.store import FileStore

TAKEN, REFUSED = "preluate", "respinse"  # folders that people at the scanner see
CLAIMED = ".preluare"  # below it a folder for each worker, with what it is taking at this moment
ABANDONED_AFTER = timedelta(minutes=10)
OLDEST_DATE = timedelta(days=31)
"""A file older than this has the date of a scanner whose clock is wrong, or of another matter: it came today."""
_DEPTH: Final = 3
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload")
_PATIENCE = 20  # times the stable time, after which a file without its proper end is taken as it is
_LONGEST_KEY = 300  # of the ledger's columns
_NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_REFUSED_BY_RECORD = (DataError, IntegrityError)

log = structlog.get_logger()


class _StillWritten(Exception):
    """The file changed while it was being taken."""


class _NothingMoves(Exception):
    """The folder cannot be written to."""


@dataclass(frozen=True, slots=True)
class _State:
    """What tells that a file has not changed."""

    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> "_State":
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(slots=True)
class ScansFolder:
    """Watches one folder by looking at it again and again (network shares send no events).

    `departments` gives the name of each slug (see `ingest.scan_folders`); `worker` is a name that no other live
    process uses.
    """

    folder: Path
    stable_seconds: float
    departments: Mapping[str, str] = field(default_factory=dict)
    worker: str = "1"
    _seen: dict[Path, tuple[_State, datetime]] = field(default_factory=dict)
    _read_in_place: dict[Path, _State] = field(default_factory=dict)
    _found: bool = False

    def poll(self, database: Database, store: FileStore, now: datetime) -> list[Received]:
        """Take every file that did not change for `stable_seconds` and has its end; returns the letters.

        OSError if the folder is gone (a network share that is away). One file that cannot be read keeps nobody
        waiting: it stays where it is and is tried again.
        """
        if not self._found:
            # Only once: later a missing folder is a share that is away, and a folder made in its place would hide it.
            self.folder.mkdir(parents=True, exist_ok=True)
            self._found = True
        present = self._candidates()
        _remove_empty_below(self.folder / CLAIMED / self.worker)  # what a crash left between two renames
        own, of_others = self._claims()
        received = []
        for path in [*own, *of_others, *present]:
            try:
                taken = self._look(path, database, store, now)
            except FileNotFoundError:
                continue  # another worker was faster, or the share shows it late
            except (OSError, *_REFUSED_BY_RECORD) as error:
                self._seen.pop(path, None)  # counted anew, so that it is not tried at every look
                log.error("scan_not_read", error=type(error).__name__)
                continue
            if taken is not None:
                received.append(taken)
        known = {*own, *of_others, *present}
        self._seen = {path: state for path, state in self._seen.items() if path in known}
        self._read_in_place = {path: state for path, state in self._read_in_place.items() if path in known}
        return received

    def _candidates(self) -> list[Path]:
        return sorted(_files(self.folder, _DEPTH, must_be_there=True))

    def _claims(self) -> tuple[list[Path], list[Path]]:
        """What this worker was taking when it was interrupted, and what other workers are taking."""
        own: list[Path] = []
        of_others: list[Path] = []
        root = self.folder / CLAIMED
        for path in sorted(_files(root, _DEPTH + 2)) if root.is_dir() else ():
            (own if path.relative_to(root).parts[0] == self.worker else of_others).append(path)
        return own, of_others

    def _look(self, path: Path, database: Database, store: FileStore, now: datetime) -> Received | None:
        """Take one file if its time has come."""
        claimed_by = path.relative_to(self.folder).parts[:2]
        if claimed_by == (CLAIMED, self.worker):
            return self._finish(path, database, store)
        if claimed_by[0] == CLAIMED:
            due = self._quiet(path, now) >= ABANDONED_AFTER.total_seconds()
        else:
            due = self._read_in_place.get(path) != _State.of(path) and self._is_complete(path, now)
        if not due:
            return None
        try:
            claimed = self._claim(path)
        except PermissionError:
            # A share says so of a file that a scanner still holds open; for ever, of one that is somebody else's.
            if self._quiet(path, now) < self.stable_seconds * _PATIENCE:
                return None
            return self._take_in_place(path, database, store)
        except _NothingMoves:
            return self._take_in_place(path, database, store)
        return self._finish(claimed, database, store)

    def _quiet(self, path: Path, now: datetime) -> float:
        """For how many seconds by our own clock the file has not changed."""
        state = _State.of(path)
        known, since = self._seen.get(path, (None, now))
        if known != state:
            self._seen[path] = (state, now)
            return 0.0
        return (now - since).total_seconds()

    def _is_complete(self, path: Path, now: datetime) -> bool:
        quiet = self._quiet(path, now)
        if quiet < self.stable_seconds:
            return False
        return quiet >= self.stable_seconds * _PATIENCE or has_its_end(path)

    def _claim(self, path: Path) -> Path:
        """Rename the file into this worker's own folder.

        FileNotFoundError if another worker was faster, PermissionError if the file may not be moved, `_NothingMoves`
        if nothing may.
        """
        claimed = self.folder / CLAIMED / self.worker / secrets.token_hex(4) / self._relative(path)
        try:
            claimed.parent.mkdir(parents=True)
        except OSError as error:
            if error.errno in _NOT_WRITABLE:
                raise _NothingMoves from error
            raise
        try:
            os.rename(path, claimed)
        except OSError as error:
            _remove_empty(claimed.parent, self.folder)
            if error.errno == errno.EROFS:
                raise _NothingMoves from error
            raise
        if CLAIMED in path.parts:
            _remove_empty(path.parent, self.folder)
        return claimed

    def _finish(self, claimed: Path, database: Database, store: FileStore) -> Received | None:
        """Register a file of this worker's own, and put it where people see that it was taken."""
        state = _State.of(claimed)
        try:
            received = self._register(claimed, database, store)
            if _State.of(claimed) != state:
                raise _StillWritten  # whoever holds it open goes on: the longer file is a letter of its own
        except _StillWritten:
            log.warning("scan_still_written")
            self._move(claimed, ".")
            return None
        except (OSError, *_REFUSED_BY_RECORD):
            self._move(claimed, ".")
            raise
        self._move(claimed, REFUSED if received is None else TAKEN)
        return received

    def _take_in_place(self, path: Path, database: Database, store: FileStore) -> Received | None:
        """Register a file in a folder where nothing can be moved, and remember that it was done."""
        if not self._read_in_place:
            log.warning("scans_folder_read_only")
        state = _State.of(path)
        with suppress(_StillWritten):
            received = self._register(path, database, store)
            self._read_in_place[path] = state
            return received
        return None

    def _register(self, path: Path, database: Database, store: FileStore) -> Received | None:
        """Make a letter of the file, whose bytes are durable then; None for an empty one, which is noted."""
        relative, state = self._relative(path), _State.of(path)
        arrived = _plausible(datetime.fromtimestamp(state.changed / 1e9, UTC))
        key = f"{readable(str(relative))}:{state.changed}"
        if state.size == 0:
            with database.write() as session:
                note(session, self._sight(key, arrived), Outcome.FAILED, at=clock.now(), problem="zero-bytes")
            log.warning("scan_refused", problem="zero-bytes")
            return None
        sha256 = store.put_file(path)
        if _State.of(path) != state:
            raise _StillWritten
        meant = meant_by((readable(folder) for folder in relative.parts[:-1]), self.departments)
        with database.write() as session:
            seen = self._sight(f"{key}:{sha256[:16]}", arrived)
            name = readable(relative.name)
            received = receive(session, store, seen, sha256, channel=meant.channel, at=clock.now(), original_name=name)
            if received.new:
                session.get_one(Letter, received.letter_id).intended_department = meant.department
        log.info("letter_received", letter=received.letter_id, new=received.new, source=str(Source.SCANS))
        return received

    def _sight(self, key: str, arrived: datetime) -> Seen:
        return Seen(Source.SCANS, readable(str(self.folder))[-_LONGEST_KEY:], key[-_LONGEST_KEY:], arrived)

    def _relative(self, path: Path) -> Path:
        """Where in the scans folder the file was put."""
        relative = path.relative_to(self.folder)
        return Path(*relative.parts[3:]) if relative.parts[0] == CLAIMED else relative

    def _move(self, claimed: Path, into: str) -> None:
        """Put a claimed file into this folder, beside others of its name; never over one."""
        target = self.folder / into / self._relative(claimed)
        target.parent.mkdir(parents=True, exist_ok=True)
        stem, number = target.stem, 1
        while not _moved(claimed, target):
            number += 1
            target = target.with_name(f"{stem} ({number}){target.suffix}")
        _remove_empty(claimed.parent, self.folder)


def readable(name: str) -> str:
    """The name of a file or folder as text that a database takes, whatever bytes a scanner made it of."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def _files(folder: Path, depth: int, *, must_be_there: bool = False) -> Iterator[Path]:
    """Files that may be scans, in this folder and in folders below it that people made."""
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        if must_be_there:
            raise
        log.error("scan_folder_not_read", error=type(error).__name__)
        return
    for entry in entries:
        if entry.name.startswith((".", "~")):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth > 1 and entry.name not in (TAKEN, REFUSED):
                yield from _files(Path(entry.path), depth - 1)
        elif entry.is_file(follow_symlinks=False) and _may_be_scan(Path(entry.path)):
            yield Path(entry.path)


def _may_be_scan(path: Path) -> bool:
    return path.name.lower() not in _SYSTEM_FILES and path.suffix.lower() not in _UNFINISHED


def _moved(source: Path, target: Path) -> bool:
    """Give the file the name `target`; False if another file has it."""
    try:
        os.link(source, target)
    except FileExistsError:
        if not target.samefile(source):
            return False  # else: a crash after the link and before the old name went
    except OSError:  # a share without links
        if target.exists():
            return False
        os.rename(source, target)
        return True
    source.unlink()
    return True


def _remove_empty(folder: Path, below: Path) -> None:
    """Remove folders of claims that nothing is in any more."""
    with suppress(OSError):
        while folder != below:
            folder.rmdir()
            folder = folder.parent


def _remove_empty_below(folder: Path) -> None:
    for inner, _, _ in os.walk(folder, topdown=False):
        _remove_empty(Path(inner), folder.parent.parent)


def _plausible(moment: datetime) -> datetime:
    """When a file was written, unless the clock of the scanner or of the share is wrong."""
    now = clock.now()
    return moment if now - OLDEST_DATE <= moment <= now else now
