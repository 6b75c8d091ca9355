"""The list of contents of an OLE file (old Office formats, Outlook messages): what stands at its top, and no more.

Written here because the daemon itself asks this of strangers' files: the library believes the file's own figures
and reads a directory of any length. This looks at a bounded number of sectors, whatever the file says.
"""

import struct
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_DIRECTORY_SECTORS: Final = 2048
_ENTRY: Final = 128
_HEADER_FATS: Final = 109
_STREAM: Final = 2
_ROOT: Final = 5
_NONE: Final = 0xFFFFFFFA  # this and above are marks, not sectors (MS-CFB 2.1)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int


def top_streams(path: Path, wanted: str = "", length: int = 0) -> tuple[frozenset[str], bytes]:
    """The names of the streams and storages at the top of the OLE file, and the first `length` bytes of `wanted`.

    What is inside embedded objects does not count. A damaged file gives what can be seen of it. Never raises for
    what the file holds.
    """
    with path.open("rb") as file:
        if path.stat().st_size < 512:
            return frozenset(), b""
        with mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
            if raw[: len(MAGIC)] != MAGIC:
                return frozenset(), b""
            sectors = _Sectors(raw)
            top = _top(sectors.directory())
            start = next((one.start for one in top if one.name == wanted and one.kind == _STREAM), _NONE)
            return frozenset(one.name for one in top), sectors.sector(start)[:length]


class _Sectors:
    """The sectors of one file, each found when it is asked for."""

    def __init__(self, raw: mmap) -> None:
        self._raw = raw
        self._shift = 12 if struct.unpack_from("<H", raw, 30)[0] == 12 else 9
        self._fats = struct.unpack_from("<109I", raw, 76)
        self._more_fats = struct.unpack_from("<I", raw, 68)[0]

    def sector(self, number: int) -> bytes:
        """The bytes of a sector; b"" if the file has none of this number."""
        start = (number + 1) << self._shift
        return b"" if number >= _NONE else self._raw[start : start + (1 << self._shift)]

    def _next(self, number: int) -> int:
        """The sector after this one in its chain, by the allocation table."""
        per_sector = (1 << self._shift) // 4
        which, place = divmod(number, per_sector)
        table = self._fats[which] if which < _HEADER_FATS else self._later_fat(which - _HEADER_FATS, per_sector)
        content = self.sector(table)
        return struct.unpack_from("<I", content, place * 4)[0] if len(content) >= place * 4 + 4 else _NONE

    def _later_fat(self, which: int, per_sector: int) -> int:
        hops, place = divmod(which, per_sector - 1)
        table = self._more_fats
        for _ in range(min(hops, _MAX_DIRECTORY_SECTORS)):
            content = self.sector(table)
            if len(content) < per_sector * 4:
                return _NONE
            table = struct.unpack_from("<I", content, per_sector * 4 - 4)[0]
        content = self.sector(table)
        return struct.unpack_from("<I", content, place * 4)[0] if len(content) >= place * 4 + 4 else _NONE

    def directory(self) -> list[_Entry]:
        """All entries of the directory, in the order of their numbers."""
        entries: list[_Entry] = []
        number = struct.unpack_from("<I", self._raw, 48)[0]
        for _ in range(_MAX_DIRECTORY_SECTORS):
            content = self.sector(number)
            if not content:
                break
            entries += [_entry(content, at) for at in range(0, len(content) - _ENTRY + 1, _ENTRY)]
            number = self._next(number)
        return entries


def _entry(content: bytes, at: int) -> _Entry:
    length = min(struct.unpack_from("<H", content, at + 64)[0], 64)
    name = content[at : at + max(0, length - 2)].decode("utf-16-le", "replace")
    left, right, child = struct.unpack_from("<3I", content, at + 68)
    return _Entry(name, content[at + 66], left, right, child, struct.unpack_from("<I", content, at + 116)[0])


def _top(entries: list[_Entry]) -> list[_Entry]:
    """The entries directly under the root: its child and that one's neighbours, a tree."""
    found: list[_Entry] = []
    seen: set[int] = set()
    waiting = [one.child for one in entries[:1] if one.kind == _ROOT]
    while waiting:
        number = waiting.pop()
        if number in seen or number >= len(entries):
            continue
        seen.add(number)
        found.append(entries[number])
        waiting += [entries[number].left, entries[number].right]
    return found
