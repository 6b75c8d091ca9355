"""The raw-file store: bytes on disk under their SHA-256, durable before anything else knows of them."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import bindparam, text
from sqlmodel import Session

from config import clock
from registry.errors import FileDamaged
from registry.models.base import Moment

_CHUNK = 1 << 20
_FEW, _FLUSHERS = 4, 4
LEFTOVER_AFTER = timedelta(days=1)
PARTIAL_LEFTOVER_AFTER = timedelta(days=7)
_NOTE = text(
    "INSERT INTO raw_files (sha256, size, stored_at) VALUES (:sha256, :size, :stored_at) "
    "ON CONFLICT (sha256) DO NOTHING"
).bindparams(bindparam("stored_at", type_=Moment))


class FileStore:
    """Files by hash below one folder; a file is written once and never changed."""

    def __init__(self, folder: Path) -> None:
        """Keep files below `folder`, which is made if needed."""
        self.folder = folder
        self._incoming = folder / "incoming"
        self.partials = folder / "partial"  # see registry.partials
        for made in (self._incoming, self.partials):
            made.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        """Where the file of this hash lies (whether or not it is there)."""
        return self.folder / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep these bytes and return their hash. When this returns they survive a power cut."""
        (sha256,) = self.put_many([content])
        return sha256

    def put_many(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several files as `put` does one, and return their hashes, in order.

        Every file is flushed, every folder once for all. On an error none of them may be relied upon.
        """
        written: list[tuple[Path, str]] = []
        try:
            for content in contents:
                handle, name = tempfile.mkstemp(dir=self._incoming)
                written.append((Path(name), hashlib.sha256(content).hexdigest()))
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
            self._name(written)
        except BaseException:
            for temporary, _ in written:
                temporary.unlink(missing_ok=True)
            raise
        return [sha256 for _, sha256 in written]

    def put_file(self, source: Path) -> str:
        """Keep a copy of the file at `source` and return its hash; `source` is left alone."""
        digest = hashlib.sha256()
        with source.open("rb") as original:
            handle, name = tempfile.mkstemp(dir=self._incoming)
            try:
                with os.fdopen(handle, "wb") as copy:
                    while chunk := original.read(_CHUNK):
                        digest.update(chunk)
                        copy.write(chunk)
                self._name([(Path(name), digest.hexdigest())])
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        return digest.hexdigest()

    def take(self, file: Path) -> str:
        """Keep a file that already lies below the store (see `registry.partials`) by giving it its name, without
        a copy; return its hash."""
        with file.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        self._name([(file, sha256)])
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes of this hash; `FileDamaged` if they are missing or changed."""
        try:
            content = self.path(sha256).read_bytes()
        except OSError as error:
            raise FileDamaged(sha256) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FileDamaged(sha256)
        return content

    def size(self, sha256: str) -> int:
        """Size in bytes of the kept file."""
        return self.path(sha256).stat().st_size

    def sweep(self, now: datetime) -> int:
        """Remove what a crash left half written more than a day ago, and files that came in by pieces and got none
        for a week; returns how many files.

        What is younger may be another process's file that is just being written.
        """
        leftovers = _older(self._incoming, now - LEFTOVER_AFTER) + _older(self.partials, now - PARTIAL_LEFTOVER_AFTER)
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers)

    def _name(self, written: Sequence[tuple[Path, str]]) -> None:
        """Give these files their names; when this returns, bytes and names survive a power cut."""
        new = {sha256: temporary for temporary, sha256 in written if not self.path(sha256).exists()}
        _sync(list(new.values()))
        for temporary, sha256 in written:
            if new.get(sha256) is temporary:
                self.path(sha256).parent.mkdir(exist_ok=True, mode=0o700)
                temporary.rename(self.path(sha256))
            else:
                temporary.unlink()
        # Also of files that were there: whoever wrote them may have died before this.
        _sync(sorted({self.path(sha256).parent for _, sha256 in written}))
        _sync([self.folder])


def record_file(session: Session, store: FileStore, sha256: str) -> None:
    """Note a kept file in the record, once, even if another worker notes the same bytes at this moment."""
    record_files(session, store, [sha256])


def record_files(session: Session, store: FileStore, hashes: Sequence[str]) -> None:
    """Note several kept files in the record, each once."""
    now = clock.now()
    rows = [{"sha256": sha256, "size": store.size(sha256), "stored_at": now} for sha256 in hashes]
    if rows:
        session.connection().execute(_NOTE, rows)


def _older(folder: Path, moment: datetime) -> list[Path]:
    return [path for path in folder.iterdir() if path.stat().st_mtime < moment.timestamp()]


def _sync(paths: Sequence[Path]) -> None:
    """Flush files or folders; many of them from several threads, which the disk does in a third of the time."""
    if len(paths) <= _FEW:
        for path in paths:
            sync(path)
        return
    with ThreadPoolExecutor(_FLUSHERS) as pool:
        list(pool.map(sync, paths))


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
