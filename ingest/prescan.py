"""A cheap look over the bytes of a mail before any parser sees them.

Parsers need quadratic time for some shapes (trial `mail.md` section 4, attack table), so the limits of its
section 8 are checked first, in one linear pass.
"""

import re
from dataclasses import dataclass
from mmap import mmap
from typing import Final

HEADER_BYTES: Final = 1024 * 1024
HEADER_FIELDS: Final = 5_000
PARTS: Final = 1_000

_HEAD_END: Final = re.compile(rb"\r?\n\r?\n|\r\r")
_FIELD: Final = re.compile(rb"(?:^|[\r\n])[^\s:]{1,200}:")
_BOUNDARY: Final = re.compile(rb"boundary\s{0,3}=\s{0,3}(?:\"([^\"\r\n]{1,200})\"|([^\s\";]{1,200}))", re.IGNORECASE)
_DELIMITER: Final = re.compile(rb"(?:^|[\r\n])--([^\r\n]{1,200})")


@dataclass(frozen=True, slots=True)
class Prescan:
    """Where the header ends, and the codes of the limits that the mail breaks (empty: safe to parse)."""

    header_end: int
    problems: tuple[str, ...]


def prescan(raw: bytes | mmap) -> Prescan:
    """Count header bytes, header fields and parts of a raw mail. Never raises; linear time."""
    end = _HEAD_END.search(raw, 0, HEADER_BYTES + 4)
    header_end = end.start() if end else min(len(raw), HEADER_BYTES)
    problems: list[str] = []
    if end is None and len(raw) > HEADER_BYTES:
        problems.append("header-too-big")
    if _more_than(_FIELD, raw[:header_end], HEADER_FIELDS):
        problems.append("too-many-headers")
    if _too_many_parts(raw):
        problems.append("too-many-parts")
    return Prescan(header_end, tuple(problems))


def _more_than(pattern: re.Pattern[bytes], raw: bytes, limit: int) -> bool:
    return any(number >= limit for number, _ in enumerate(pattern.finditer(raw)))


def _too_many_parts(raw: bytes | mmap) -> bool:
    boundaries: set[bytes] = set()
    for match in _BOUNDARY.finditer(raw):
        boundaries.add((match.group(1) or match.group(2)).rstrip())
        if len(boundaries) > PARTS:
            return True
    if not boundaries:
        return False
    parts = 0
    for match in _DELIMITER.finditer(raw):
        line = match.group(1).rstrip()
        parts += line in boundaries
        if parts > PARTS:
            return True
    return False
