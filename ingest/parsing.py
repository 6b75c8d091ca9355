"""Bytes of a mail to Python's parsed message, within the limits and with codes for what is broken."""

import logging
from email.message import Message as RawMessage
from email.parser import BytesFeedParser, BytesHeaderParser
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final, cast

import mailparser

from ingest.errors import OutlookFileDamaged
from ingest.outlook import as_mime
from ingest.prescan import prescan

# Its log lines quote header fields, and nothing personal may stand in a log.
logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)

_HEADER_ONLY_BYTES: Final = 65_536
# mail-parser reads every field of the header at once and quadratically: 1 MB of encoded words took 12 s.
_LIBRARY_HEADER_BYTES: Final = 131_072
_CHUNK: Final = 65_536
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def parse_file(path: Path, problems: set[str]) -> tuple[RawMessage, bool]:
    """The parsed mail at `path`, and whether it was parsed as a whole (else only the beginning of its header).

    An Outlook file, known by its first bytes, is read through its MIME form. Codes of what is wrong go to `problems`.
    """
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return RawMessage(), True
        if file.read(len(OLE_MAGIC)) == OLE_MAGIC:
            try:
                return _parse_bytes(as_mime(path), problems)
            except OutlookFileDamaged as damage:
                problems.add(damage.code)
                return RawMessage(), False
        with mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
            scan = prescan(raw)
            head = raw[: min(scan.header_end, _HEADER_ONLY_BYTES)]
    problems.update(scan.problems)
    if not scan.problems:
        try:
            return _parse_whole(path, problems, bare=scan.header_end > _LIBRARY_HEADER_BYTES), True
        except RecursionError:
            problems.add("nested-too-deep")
    return BytesHeaderParser().parsebytes(head), False


def parse_inside(raw: bytes, problems: set[str]) -> RawMessage | None:
    """The parsed MIME content of a wrapper or attached file; None (and codes) if it breaks a limit."""
    message, complete = _parse_bytes(raw, problems)
    return message if complete else None


def _parse_bytes(raw: bytes, problems: set[str]) -> tuple[RawMessage, bool]:
    scan = prescan(raw)
    problems.update(scan.problems)
    if not scan.problems:
        try:
            return _fed(raw), True
        except RecursionError:
            problems.add("nested-too-deep")
    return BytesHeaderParser().parsebytes(raw[: min(scan.header_end, _HEADER_ONLY_BYTES)]), False


def _fed(raw: bytes) -> RawMessage:
    parser = BytesFeedParser()
    for start in range(0, len(raw), _CHUNK):
        parser.feed(raw[start : start + _CHUNK])
    return parser.close()


def _parse_whole(path: Path, problems: set[str], *, bare: bool) -> RawMessage:
    if not bare:
        try:
            return cast(RawMessage, mailparser.parse_from_file(str(path)).message)
        except Exception:  # noqa: BLE001  (it raises AttributeError and others on broken structure: trial section 4)
            problems.add("broken-structure")
    parser = BytesFeedParser()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            parser.feed(chunk)
    return parser.close()
