"""Whether a file that a scanner writes is complete: whether it parses to its end, as its kind is built.

It runs on every file at every look, over a network: only a few bytes are read, and nothing is decoded.
"""

import re
from pathlib import Path
from typing import BinaryIO, Final

from ingest.documents.sniff import sniff
from ingest.tiff_layout import is_whole_tiff

_MARKS: Final = {"jpeg": (b"\xff\xd9", 64), "png": (b"IEND", 16)}
_PDF_TAIL: Final = 2048
_PDF_HEAD: Final = 1024
_LAST_TABLE: Final = re.compile(rb"startxref\s+(\d{1,15})\s+%%EOF")
_TABLE: Final = re.compile(rb"\s*(?:xref|\d+\s+\d+\s+obj)")


def has_its_end(path: Path) -> bool:
    """Whether a file of a kind with a known end has it; other kinds are trusted once they are stable.

    An empty file has no end: many scanners make the file first and fill it when they are done with the pages.
    """
    size = path.stat().st_size
    if size == 0:
        return False
    kind = str(sniff(path))
    with path.open("rb") as file:
        if kind == "pdf":
            return _pdf_has_its_end(file, size)
        if kind == "tiff":
            return is_whole_tiff(file, size)
        mark, within = _MARKS.get(kind, (b"", 0))
        return mark in _tail(file, size, within)


def _pdf_has_its_end(file: BinaryIO, size: int) -> bool:
    """Whether the mark of the end is there, and the table that it points to lies where it says."""
    found = _LAST_TABLE.findall(_tail(file, size, _PDF_TAIL))
    if not found:
        return False
    file.seek(0)
    before = max(0, file.read(_PDF_HEAD).find(b"%PDF-"))  # some programs write something first
    for offset in {int(found[-1]), int(found[-1]) + before}:
        if offset < size:
            file.seek(offset)
            if _TABLE.match(file.read(64)):
                return True
    return False


def _tail(file: BinaryIO, size: int, length: int) -> bytes:
    file.seek(max(0, size - length))
    return file.read()
