"""The scans folder: a file is taken when it is complete, registered, and only then moved aside."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from config import clock
from ingest.documents.sniff import sniff
from registry.database import Database
from registry.letters import Outcome, Received, Seen, Source, note, receive
from registry.store import FileStore

TAKEN, REFUSED = "preluate", "respinse"  # folders that people at the scanner see
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload")
_ENDINGS = {"pdf": (b"%%EOF", 2048), "jpeg": (b"\xff\xd9", 64), "png": (b"IEND", 16)}
_PATIENCE = 20  # times the stable time, after which a file without its proper end is taken as it is

log = structlog.get_logger()


@dataclass(slots=True)
class ScansFolder:
    """Watches one folder by looking at it again and again (network shares send no events)."""

    folder: Path
    stable_seconds: float
    _seen: dict[Path, tuple[int, int, datetime]] = field(default_factory=dict)
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
        received = []
        present = self._candidates()
        for path in present:
            try:
                taken = self._take(path, database, store) if self._is_complete(path, now) else None
            except OSError as error:
                self._seen.pop(path, None)  # counted anew, so that it is not tried at every look
                log.error("scan_not_read", error=type(error).__name__)
                continue
            if taken is not None:
                received.append(taken)
        self._seen = {path: known for path, known in self._seen.items() if path in present and path.exists()}
        return received

    def _candidates(self) -> list[Path]:
        return sorted(
            path
            for path in self.folder.iterdir()
            if path.is_file()
            and not path.name.startswith((".", "~"))
            and path.name.lower() not in _SYSTEM_FILES
            and path.suffix.lower() not in _UNFINISHED
        )

    def _is_complete(self, path: Path, now: datetime) -> bool:
        status = path.stat()
        size, changed, since = self._seen.get(path, (-1, -1, now))
        if (size, changed) != (status.st_size, status.st_mtime_ns):
            self._seen[path] = (status.st_size, status.st_mtime_ns, now)
            since = now
        quiet = (now - since).total_seconds()
        if quiet < self.stable_seconds:
            return False
        return quiet >= self.stable_seconds * _PATIENCE or _has_its_end(path)

    def _take(self, path: Path, database: Database, store: FileStore) -> Received | None:
        status = path.stat()
        name = readable(path.name)
        arrived = datetime.fromtimestamp(status.st_mtime, UTC)
        if status.st_size == 0:
            seen = Seen(Source.SCANS, str(self.folder), f"{name}:{status.st_mtime_ns}", arrived)
            with database.write() as session:
                note(session, seen, Outcome.FAILED, at=clock.now(), problem="zero-bytes")
            log.warning("scan_refused", problem="zero-bytes")
            self._move(path, REFUSED)
            return None
        sha256 = store.put_file(path)
        seen = Seen(Source.SCANS, str(self.folder), f"{name}:{status.st_mtime_ns}:{sha256[:16]}", arrived)
        with database.write() as session:
            received = receive(session, store, seen, sha256, channel="post", at=clock.now(), original_name=name)
        self._move(path, TAKEN)
        log.info("letter_received", letter=received.letter_id, new=received.new, source=str(Source.SCANS))
        return received

    def _move(self, path: Path, into: str) -> None:
        target_folder = self.folder / into
        target_folder.mkdir(exist_ok=True)
        target = target_folder / path.name
        number = 1
        while target.exists():
            number += 1
            target = target_folder / f"{path.stem} ({number}){path.suffix}"
        os.rename(path, target)


def readable(name: str) -> str:
    """The name of a file or folder as text that a database takes, whatever bytes a scanner made it of."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def _has_its_end(path: Path) -> bool:
    """Whether a file of a kind with a known end mark carries it; other kinds are trusted once they are stable.

    An empty file has no end: many scanners make the file first and fill it when they are done with the pages.
    """
    if path.stat().st_size == 0:
        return False
    mark, within = _ENDINGS.get(str(sniff(path)), (b"", 0))
    if not mark:
        return True
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - within))
        return mark in file.read()
