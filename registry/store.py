"""The raw-file store: bytes on disk under their SHA-256, durable before anything else knows of them."""

import hashlib
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import bindparam, text
from sqlmodel import Session

from config import clock
from registry.errors import FileDamaged
from registry.models.base import Moment

_CHUNK = 1 << 20
LEFTOVER_AFTER = timedelta(days=1)
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
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        """Where the file of this hash lies (whether or not it is there)."""
        return self.folder / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep these bytes and return their hash. When this returns they survive a power cut."""
        handle, name = tempfile.mkstemp(dir=self._incoming)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return self._take(Path(name), hashlib.sha256(content).hexdigest())

    def put_file(self, source: Path) -> str:
        """Keep a copy of the file at `source` and return its hash; `source` is left alone."""
        digest = hashlib.sha256()
        with source.open("rb") as original:
            handle, name = tempfile.mkstemp(dir=self._incoming)
            with os.fdopen(handle, "wb") as copy:
                while chunk := original.read(_CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
        return self._take(Path(name), digest.hexdigest())

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
        """Remove what a crash left half written more than a day ago; returns how many files.

        What is younger may be another process's file that is just being written.
        """
        before = (now - LEFTOVER_AFTER).timestamp()
        leftovers = [path for path in self._incoming.iterdir() if path.stat().st_mtime < before]
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers)

    def _take(self, temporary: Path, sha256: str) -> str:
        final = self.path(sha256)
        if final.exists():
            temporary.unlink()
        else:
            final.parent.mkdir(exist_ok=True, mode=0o700)
            _sync(temporary)
            temporary.rename(final)
        # Also when it was there: whoever wrote it may have died before this.
        _sync(final.parent)
        _sync(self.folder)
        return sha256


def record_file(session: Session, store: FileStore, sha256: str) -> None:
    """Note a kept file in the record, once, even if another worker notes the same bytes at this moment."""
    session.connection().execute(_NOTE.bindparams(sha256=sha256, size=store.size(sha256), stored_at=clock.now()))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
