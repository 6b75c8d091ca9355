"""Outlook message files (.msg) for tests: a small writer of compound files (MS-CFB 3), up to about 7 MB.

All people are invented.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Tree = dict[str, Any]  # name -> bytes (stream) or another tree (storage)

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096


@dataclass
class _Entry:
    name: str
    kind: int
    content: bytes = b""
    right: int = _FREE
    child: int = _FREE
    start: int = _END


def compound_file(tree: Tree) -> bytes:
    """A compound file with these streams and storages."""
    entries = [_Entry("Root Entry", 5)]
    _lay_out(tree, 0, entries)
    fat: list[int] = []
    sectors: list[bytes] = []
    mini_fat: list[int] = []
    mini = b""
    for entry in entries[1:]:
        if entry.kind == 2 and 0 < len(entry.content) < _CUTOFF:
            entry.start = _chain(mini_fat, _count(entry.content, _MINI))
            mini += _padded(entry.content, _MINI)
        elif entry.kind == 2 and entry.content:
            entry.start = _append(fat, sectors, entry.content)
    entries[0].content, entries[0].start = mini, _append(fat, sectors, mini) if mini else _END
    mini_table = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_start = _append(fat, sectors, mini_table, fill=b"\xff") if mini_fat else _END
    directory = b"".join(_directory_entry(entry) for entry in entries)
    directory_start = _append(fat, sectors, directory)
    fat_count = 1
    while fat_count * 128 < len(fat) + fat_count:
        fat_count += 1
    assert fat_count <= 109, "too large for this writer"
    first_fat = len(sectors)
    fat += [_FAT] * fat_count
    table = _padded(struct.pack(f"<{len(fat)}I", *fat), _SECTOR, b"\xff")
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6, 0, fat_count, directory_start, 0, _CUTOFF,
        mini_start, _count(mini_table, _SECTOR) if mini_fat else 0, _END, 0,
    )  # fmt: skip
    places = [*range(first_fat, first_fat + fat_count), *[_FREE] * (109 - fat_count)]
    return header + struct.pack("<109I", *places) + b"".join(sectors) + table


def _lay_out(tree: Tree, parent: int, entries: list[_Entry]) -> None:
    before = None
    for name, content in sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper())):
        number = len(entries)
        is_storage = isinstance(content, dict)
        entries.append(_Entry(name, 1 if is_storage else 2, b"" if is_storage else content))
        if before is None:
            entries[parent].child = number
        else:
            entries[before].right = number
        before = number
        if is_storage:
            _lay_out(content, number, entries)


def _append(fat: list[int], sectors: list[bytes], content: bytes, fill: bytes = b"\0") -> int:
    padded = _padded(content, _SECTOR, fill)
    start = _chain(fat, len(padded) // _SECTOR)
    sectors.append(padded[:_SECTOR])
    sectors.extend(padded[place : place + _SECTOR] for place in range(_SECTOR, len(padded), _SECTOR))
    return start


def _chain(table: list[int], count: int) -> int:
    start = len(table)
    table.extend(range(start + 1, start + count))
    table.append(_END)
    return start


def _count(content: bytes, size: int) -> int:
    return -(-len(content) // size)


def _padded(content: bytes, size: int, fill: bytes = b"\0") -> bytes:
    return content + fill * (-len(content) % size)


def _directory_entry(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    size = len(entry.content) if entry.kind in (2, 5) else 0
    return struct.pack(
        "<64sHBBIII16xI8x8xIQ",
        name, len(name), entry.kind, 1, _FREE, entry.right, entry.child, 0, entry.start, size,
    )  # fmt: skip


# --- messages ---------------------------------------------------------------------------------------------


@dataclass
class Properties:
    """Properties of a message, attachment or recipient, before they are laid out as streams."""

    codepage: str = ""  # "" writes Unicode strings
    streams: Tree = field(default_factory=dict)
    segments: list[bytes] = field(default_factory=list)

    def text(self, pid: int, value: str | None) -> None:
        """A string property, in Unicode or in the code page."""
        if value is None:
            return
        kind = 0x001E if self.codepage else 0x001F
        raw = value.encode(self.codepage or "utf-16-le")
        self._variable(pid, kind, raw)

    def binary(self, pid: int, value: bytes | None) -> None:
        """A binary property."""
        if value is not None:
            self._variable(pid, 0x0102, value)

    def number(self, pid: int, value: int | None) -> None:
        """A 32-bit number."""
        if value is not None:
            self.segments.append(struct.pack("<HHIQ", 0x0003, pid, 6, value))

    def moment(self, pid: int, value: datetime | None) -> None:
        """A point in time."""
        if value is not None:
            ticks = int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
            self.segments.append(struct.pack("<HHIQ", 0x0040, pid, 6, ticks))

    def tree(self, head: int) -> Tree:
        """Its streams; `head` zero bytes stand before the properties."""
        return {**self.streams, "__properties_version1.0": bytes(head) + b"".join(self.segments)}

    def _variable(self, pid: int, kind: int, raw: bytes) -> None:
        self.segments.append(struct.pack("<HHIQ", kind, pid, 6, len(raw)))
        self.streams[f"__substg1.0_{pid:04X}{kind:04X}"] = raw


@dataclass
class Attachment:
    """One attachment: `content` bytes, or `message` (the tree of another message), or only a `link`."""

    name: str = ""
    content: bytes | None = None
    mime_type: str | None = None
    content_id: str | None = None
    message: Tree | None = None
    link: str | None = None

    def tree(self, codepage: str) -> Tree:
        """Its storage."""
        properties = Properties(codepage)
        properties.text(0x3707, self.name or None)
        properties.text(0x370E, self.mime_type)
        properties.text(0x3712, self.content_id)
        properties.text(0x370D, self.link)
        properties.binary(0x3701, self.content)
        properties.number(0x3705, 5 if self.message is not None else 2 if self.link else 1)
        tree = properties.tree(8)
        if self.message is not None:
            tree["__substg1.0_3701000D"] = self.message
        return tree


def message_tree(
    *,
    head: int = 32,
    codepage: str = "",
    codepage_number: int | None = None,
    message_class: str = "IPM.Note",
    subject: str | None = "Groapa din strada Gheorghe Lazăr",
    sender: tuple[str, str] | None = ("Ștefania Moldovan", "stefania@example.ro"),
    recipients: Sequence[tuple[int, str, str]] = ((1, "Primăria", "primaria@medias.example"),),
    sent: datetime | None = datetime(2026, 11, 2, 8, 15, tzinfo=UTC),
    text: str | None = None,
    html: bytes | str | None = None,
    html_codepage: int | None = None,
    rtf: bytes | None = None,
    transport_headers: str | None = None,
    reply_to: bytes | None = None,
    more: Mapping[int, str] | None = None,
    attachments: Sequence[Attachment] = (),
) -> Tree:
    """The storages of a message; `head` is 24 for one inside an attachment."""
    properties = Properties(codepage)
    properties.text(0x001A, message_class)
    properties.text(0x0037, subject)
    if sender:
        properties.text(0x0C1A, sender[0])
        properties.text(0x0C1F, sender[1])
    properties.moment(0x0039, sent)
    properties.text(0x1000, text)
    if isinstance(html, bytes):
        properties.binary(0x1013, html)
    else:
        properties.text(0x1013, html)
    properties.binary(0x1009, rtf)
    properties.text(0x007D, transport_headers)
    properties.binary(0x004F, reply_to)
    properties.number(0x3FFD, codepage_number)
    properties.number(0x3FDE, html_codepage)
    for pid, value in (more or {}).items():
        properties.text(pid, value)
    tree = properties.tree(head)
    for number, (role, name, address) in enumerate(recipients):
        person = Properties(codepage)
        person.number(0x0C15, role)
        person.text(0x3001, name)
        person.text(0x39FE, address)
        tree[f"__recip_version1.0_#{number:08X}"] = person.tree(8)
    for number, attachment in enumerate(attachments):
        tree[f"__attach_version1.0_#{number:08X}"] = attachment.tree(codepage)
    return tree


def outlook_file(**message: Any) -> bytes:
    """A .msg file; the arguments are those of `message_tree`."""
    return compound_file(message_tree(**message))


def plain_rtf(rtf: bytes) -> bytes:
    """RTF in the uncompressed form of the compressed-RTF property."""
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


def one_off(name: str, address: str) -> bytes:
    """A list with one person in the form of PidTagReplyRecipientEntries."""
    text = f"{name}\0SMTP\0{address}\0".encode("utf-16-le")
    entry = bytes(4) + bytes.fromhex("812b1fa4bea310199d6e00dd010f5402") + struct.pack("<HH", 0, 0x8000) + text
    padded = entry + bytes(-len(entry) % 4)
    return struct.pack("<III", 1, len(padded) + 4, len(entry)) + padded
