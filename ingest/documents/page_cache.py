"""Pages that were recognised once, so that a restart or a second reading need not recognise them again.

Only a cache: it may be deleted at any time. An entry is one file, named by the hash of the page's pixels and of
everything else that decides the outcome; its first line is the hash of the rest, so that a file half written when
the power went is no entry. The rest is the page as one line of JSON, and its picture.
"""

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingest.reading import Page, page_from_json, picture_name

if TYPE_CHECKING:
    from ingest.image_chain import Frame  # which loads what only the children need

MAX_BYTES: Final = 1024**3
MAX_AGE: Final = timedelta(days=14)
_LEFTOVER_AFTER: Final = timedelta(hours=1)
_TEMPORARY: Final = "part-"
# Outcomes that a new try, or the operator, may change.
_PASSING: Final = frozenset({"recognition-failed", "recognition-timeout", "language-pack-missing"})


class PageCache:
    """The cache in one folder, for one version of the reading chain."""

    def __init__(self, folder: Path, version: str) -> None:
        """`folder` is made if missing."""
        self._folder, self._version = folder, version

    def find(self, frame: "Frame", reason: str, number: int, image_folder: Path) -> Page | None:
        """The page that was read from these pixels before, now as page `number`, its picture in `image_folder`."""
        path = self._path(frame, reason)
        try:
            digest, _, content = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest().encode() != digest:
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):  # swept at this moment
            os.utime(path)
        line, _, picture = content.partition(b"\n")
        page = replace(page_from_json(json.loads(line)), number=number)
        if page.image_name is None:
            return page
        name = picture_name(number)
        (image_folder / name).write_bytes(picture)
        return replace(page, image_name=name)

    def keep(self, frame: "Frame", reason: str, page: Page, image_folder: Path) -> None:
        """Keep what was read from these pixels. A disk that is full costs nothing but the entry."""
        if page.reason in _PASSING:
            return
        picture = (image_folder / page.image_name).read_bytes() if page.image_name else b""
        content = json.dumps(asdict(page), ensure_ascii=False).encode() + b"\n" + picture
        path = self._path(frame, reason)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)

    def _path(self, frame: "Frame", reason: str) -> Path:
        facts = {one.name: getattr(frame, one.name) for one in fields(frame) if one.name != "pixels"}
        known = (self._version, reason, frame.pixels.shape, facts)
        digest = hashlib.sha256(json.dumps(known).encode())
        digest.update(frame.pixels.tobytes())
        return self._folder / digest.hexdigest()


def sweep_page_cache(folder: Path, now: datetime, *, most: int = MAX_BYTES) -> int:
    """Remove entries not used for two weeks, and the longest unused beyond `most` bytes; returns how many."""
    entries = []
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            status = path.stat()
            entries.append((status.st_mtime, status.st_size, path))
    kept, removed = 0, 0
    for used_at, size, path in sorted(entries, reverse=True):
        oldest = now - (_LEFTOVER_AFTER if path.name.startswith(_TEMPORARY) else MAX_AGE)
        kept += size
        if kept > most or used_at < oldest.timestamp():
            path.unlink(missing_ok=True)
            kept -= size
            removed += 1
    return removed
