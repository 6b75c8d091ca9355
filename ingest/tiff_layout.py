"""Whether a TIFF holds all that its directories speak of: tells a scanner's pause between two pages from the end.

Only offsets and lengths are read, never the pictures. Source: TIFF revision 6.0 section 2, BigTIFF design of 2004.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_WIDE: Final = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}  # bytes; others: 1
_INTEGERS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_OFFSETS, _LENGTHS = (273, 324), (279, 325)  # of strips and of tiles
_MOST_PAGES: Final = 10_000
_MOST_STRIPS: Final = 1_000_000
_SLACK: Final = 512
"""So many bytes that no directory speaks of are padding; more are the picture of a page still to come."""


class _NotThere(Exception):
    """Something lies outside the file."""


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    type: int
    count: int
    inline: bytes
    offset: int

    @property
    def size(self) -> int:
        return _WIDE.get(self.type, 1) * self.count


class _Layout:
    """Reads one file of `size` bytes, and remembers how far it goes."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self.end = file, size, 0
        self._mark = "<" if self._read(0, 2) == b"II" else ">"
        (magic,) = self._unpack("H", 2)
        self._big = magic == 43

    def check(self) -> None:
        """`_NotThere` unless there is at least one page and all of every page lies in the file."""
        seen: set[int] = set()
        (offset,) = self._unpack("Q", 8) if self._big else self._unpack("I", 4)
        if not offset:
            raise _NotThere
        while offset:
            if offset in seen or len(seen) == _MOST_PAGES:
                return  # a circle, or more than anybody reads: the reading will say so
            seen.add(offset)
            entries, offset = self._directory(offset)
            self._check_picture({entry.tag: entry for entry in entries})

    def _directory(self, offset: int) -> tuple[list[_Entry], int]:
        (count,) = self._unpack("Q" if self._big else "H", offset)
        begin = offset + (8 if self._big else 2)
        width = 20 if self._big else 12
        if count * width > self._size:
            raise _NotThere
        raw = self._read(begin, count * width)
        entries = [self._entry(raw[at : at + width]) for at in range(0, len(raw), width)]
        (following,) = self._unpack("Q" if self._big else "I", begin + count * width)
        return entries, following

    def _entry(self, raw: bytes) -> _Entry:
        tag, kind, count = struct.unpack_from(self._mark + ("HHQ" if self._big else "HHI"), raw)
        inline = raw[12:] if self._big else raw[8:]
        (offset,) = struct.unpack(self._mark + ("Q" if self._big else "I"), inline)
        entry = _Entry(tag, kind, count, inline, offset)
        if entry.size > len(inline):
            self._reach(offset, entry.size)
        return entry

    def _check_picture(self, entries: dict[int, _Entry]) -> None:
        for offsets, lengths in zip(_OFFSETS, _LENGTHS, strict=True):
            if offsets in entries and lengths in entries:
                pairs = zip(self._integers(entries[offsets]), self._integers(entries[lengths]), strict=False)
                for begin, length in pairs:
                    self._reach(begin, length)

    def _integers(self, entry: _Entry) -> Iterator[int]:
        letter = _INTEGERS.get(entry.type)
        if letter is None or entry.count > _MOST_STRIPS:
            return
        raw = entry.inline if entry.size <= len(entry.inline) else self._read(entry.offset, entry.size)
        yield from struct.unpack_from(f"{self._mark}{entry.count}{letter}", raw)

    def _reach(self, begin: int, length: int) -> None:
        if begin + length > self._size:
            raise _NotThere
        self.end = max(self.end, begin + length)

    def _unpack(self, letter: str, offset: int) -> tuple[int, ...]:
        return struct.unpack(self._mark + letter, self._read(offset, struct.calcsize(self._mark + letter)))

    def _read(self, offset: int, length: int) -> bytes:
        if offset + length > self._size:
            raise _NotThere
        self._file.seek(offset)
        found = self._file.read(length)
        if len(found) != length:
            raise _NotThere
        self.end = max(self.end, offset + length)
        return found


def is_whole_tiff(file: BinaryIO, size: int) -> bool:
    """Whether every directory and every strip or tile of the TIFF lies in its `size` bytes, and nothing comes after.

    False too while a further page is being written: its picture comes before the directory that speaks of it.
    """
    try:
        layout = _Layout(file, size)
        layout.check()
    except (_NotThere, struct.error):
        return False
    return size - layout.end <= _SLACK
