"""Files that come in by pieces over a bad line: each is kept below the store until it is whole.

A piece is flushed before the next one is asked for, so that after a power cut at most the last piece is in doubt.
Only one process at a time writes to a file (a lock on it); another one leaves it alone.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from registry.store import FileStore

LONGEST_PIECE: Final = 1024 * 1024


@dataclass(slots=True)
class Partial:
    """One such file, open for writing. `length`: bytes that are there and durable."""

    path: Path
    length: int
    _handle: int
    _store: FileStore

    def append(self, piece: bytes) -> None:
        """Add these bytes; when this returns they survive a power cut."""
        view = memoryview(piece)
        while view:
            written = os.write(self._handle, view[:LONGEST_PIECE])
            os.fsync(self._handle)
            self.length += written
            view = view[written:]

    def finish(self) -> str:
        """Keep the file, which is whole now, in the store and return its hash."""
        return self._store.take(self.path)

    def discard(self) -> None:
        """Throw the file away."""
        self.path.unlink(missing_ok=True)


@dataclass(slots=True)
class Partials:
    """The files of one store that are still coming in; `key` names a message of `place`, as in the ledger."""

    store: FileStore
    _durable: dict[Path, int] = field(default_factory=dict)

    @contextmanager
    def open(self, place: str, key: str) -> Iterator[Partial | None]:
        """Go on with this file or begin it; None while another process is writing it."""
        path = self.store.partials / f"{_prefix(place)}{key}"
        handle = _locked(path)
        if handle is None:
            yield None
            return
        try:
            partial = Partial(path, self._trusted(path, handle), handle, self.store)
            os.ftruncate(handle, partial.length)
            os.lseek(handle, 0, os.SEEK_END)
            try:
                yield partial
            finally:
                self._durable[path] = partial.length
                if partial.length == 0 or not path.exists():
                    self._forget(path)
        finally:
            os.close(handle)

    def keep_only(self, place: str, keys: Iterable[str]) -> int:
        """Throw away the files of all other messages of `place`; how many."""
        wanted = {f"{_prefix(place)}{key}" for key in keys}
        unwanted = [path for path in self.store.partials.glob(f"{_prefix(place)}*") if path.name not in wanted]
        for path in unwanted:
            self._forget(path)
        return len(unwanted)

    def _trusted(self, path: Path, handle: int) -> int:
        """How much of the file is certainly durable: what this process wrote, or all but a last piece."""
        length = os.fstat(handle).st_size
        return min(length, max(self._durable.get(path, 0), length - LONGEST_PIECE))

    def _forget(self, path: Path) -> None:
        self._durable.pop(path, None)
        path.unlink(missing_ok=True)


def _prefix(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:32] + "-"


def _locked(path: Path) -> int | None:
    """The file open for appending and locked; None if another process has it locked."""
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        # It may have become whole and got another name between opening and locking.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)
