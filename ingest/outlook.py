"""An Outlook message file (.msg, MS-OXMSG) as a MIME mail, so that it is read like every other mail.

The Internet header fields that Outlook kept are taken over as they are; what they lack is made from the properties.
The same file gives the same bytes every time.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import HeaderParser
from email.policy import compat32
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ingest import charset, lzfu, mime_writer
from ingest.errors import OutlookFileDamaged
from ingest.headers import one_line, scrubbed

if TYPE_CHECKING:
    from oxmsg.storage import Storage

DEPTH_LIMIT: Final = 20
_PROPERTIES: Final = "__properties_version1.0"
_MESSAGE, _NESTED, _OTHER = 32, 24, 8  # bytes before the first property (MS-OXMSG 2.4.1)
_SEGMENT: Final = struct.Struct("<HHI8s")
_UNICODE, _STRING8, _BINARY, _OBJECT = 0x001F, 0x001E, 0x0102, 0x000D
_HEADER_LIMIT: Final = 1 << 20
_RTF_LIMIT: Final = 4 << 20
_FIELD_NAME: Final = re.compile(r"[!-9;-~]{1,76}")
_TYPE: Final = re.compile(r"(?:text|image|audio|video|application)/[A-Za-z0-9.+_-]{1,80}")
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
# Of the body as it was on the way; it is written anew here.
_BODY_FIELDS: Final = ("content-", "mime-version")
_ONE_OFF: Final = bytes.fromhex("812b1fa4bea310199d6e00dd010f5402")  # MS-OXCDATA 2.2.5.1
_ROLES: Final = {1: "To", 2: "Cc", 3: "Bcc"}


def as_mime(path: Path) -> bytes:
    """The .msg file at `path` as a MIME mail with CRLF line ends.

    `OutlookFileDamaged` if it is none or is damaged beyond reading. Call it in the limited child process only.
    """
    from olefile import OleFileIO
    from oxmsg.storage import Storage

    with path.open("rb") as file:
        try:
            with OleFileIO(file) as ole:
                _require_honest_sizes(ole, path.stat().st_size)
                root = Storage.from_ole(ole)
            return _mail(_Item(root, _MESSAGE), 0)
        except (OutlookFileDamaged, MemoryError):
            raise
        except Exception as error:
            raise OutlookFileDamaged(type(error).__name__) from error


def is_outlook(path: Path) -> bool:
    """Whether the file is an Outlook message, by its content."""
    from olefile import OleFileIO, isOleFile

    try:
        if not isOleFile(str(path)):
            return False
        with OleFileIO(str(path)) as ole:
            return bool(ole.exists(_PROPERTIES))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (a damaged file is simply none)
        return False


@dataclass(frozen=True, slots=True)
class _Item:
    """One storage with properties: the message, an attachment or a recipient."""

    storage: "Storage"
    offset: int
    codepage: str = ""

    def text(self, pid: int) -> str:
        """A string property, "" if there is none."""
        if (raw := self._stream(pid, _UNICODE)) is not None:
            return scrubbed(raw.decode("utf-16-le", "replace")).rstrip("\0")
        raw = self._stream(pid, _STRING8)
        return "" if raw is None else scrubbed(charset.decode(raw.rstrip(b"\0"), self._charset(0x3FFD)).text)

    def lettered(self, pid: int) -> tuple[bytes, str] | None:
        """A text as bytes with its charset ("" if not said): 8-bit ones stay as they are."""
        if (raw := self._stream(pid, _UNICODE)) is not None:
            return raw.decode("utf-16-le", "replace").rstrip("\0").encode("utf-8", "replace"), "utf-8"
        for kind in (_BINARY, _STRING8):
            if (raw := self._stream(pid, kind)) is not None:
                return raw.rstrip(b"\0"), self._charset(0x3FDE) or self._charset(0x3FFD)
        return None

    def binary(self, pid: int) -> bytes | None:
        """A binary property."""
        return self._stream(pid, _BINARY)

    def number(self, pid: int) -> int:
        """A whole number, 0 if there is none."""
        return int.from_bytes(self._fixed(pid)[:4], "little")

    def moment(self, pid: int) -> datetime | None:
        """A point in time."""
        ticks = int.from_bytes(self._fixed(pid), "little")
        try:
            return _EPOCH + timedelta(seconds=ticks // 10_000_000) if ticks else None
        except OverflowError:
            return None

    def inner(self) -> "Storage | None":
        """The storage inside an attachment: a message or an object."""
        name = f"__substg1.0_3701{_OBJECT:04X}"
        return next((storage for storage in self.storage.storages if storage.name == name), None)

    def below(self, prefix: str) -> Iterator["_Item"]:
        """The attachments or recipients, in the order of their numbers."""
        own = self.codepage or self._charset(0x3FFD)
        for storage in sorted(self.storage.storages, key=lambda each: each.name):
            if storage.name.startswith(prefix):
                yield _Item(storage, _OTHER, own)

    def _charset(self, pid: int) -> str:
        from oxmsg.domain.encodings import encoding_from_codepage

        number = self.number(pid)
        try:
            return encoding_from_codepage(number) if number else self.codepage
        except Exception:  # noqa: BLE001  (unknown and unsupported ones are errors of two unrelated classes)
            return self.codepage

    def _fixed(self, pid: int) -> bytes:
        try:
            table = self.storage.properties_stream_bytes[self.offset :]
        except KeyError:
            return b""
        whole = len(table) - len(table) % _SEGMENT.size
        return next((value for _, found, _, value in _SEGMENT.iter_unpack(table[:whole]) if found == pid), b"")

    def _stream(self, pid: int, kind: int) -> bytes | None:
        try:
            return bytes(self.storage.property_stream_bytes(pid, kind))
        except KeyError:
            return None


def _require_honest_sizes(ole: Any, size: int) -> None:
    """No file holds more than itself: streams that share their sectors are a bomb."""
    if sum(entry.size for entry in ole.direntries if entry is not None and entry.entry_type == 2) > size:
        raise OutlookFileDamaged("sizes")


def _mail(item: _Item, depth: int) -> bytes:
    if not _is_message(item.storage):
        raise OutlookFileDamaged("no properties")
    head = b"".join(_head(item))
    wrapped = _signed(item)
    return head + b"MIME-Version: 1.0\r\n" + (_body(item, depth) if wrapped is None else wrapped)


# --- header fields ----------------------------------------------------------------------------------------


def _head(item: _Item) -> Iterator[bytes]:
    present = set()
    for name, value in _kept_fields(item.text(0x007D)):
        present.add(name.lower())
        yield mime_writer.raw_field(name, value)
    for name, made in _made_fields(item):
        if name.lower() not in present and made:
            yield made


def _kept_fields(text: str) -> Iterator[tuple[str, str]]:
    text = re.sub(r"\A\s*Microsoft Mail Internet Headers[^\n]*\n", "", text[:_HEADER_LIMIT])
    for name, value in HeaderParser(policy=compat32).parsestr(text, headersonly=True).raw_items():
        if _FIELD_NAME.fullmatch(name) and not name.lower().startswith(_BODY_FIELDS):
            yield name, scrubbed(str(value))


def _made_fields(item: _Item) -> Iterator[tuple[str, bytes]]:
    sent = item.moment(0x0039) or item.moment(0x0E06)
    yield "Date", mime_writer.raw_field("Date", format_datetime(sent)) if sent else b""
    represented = _person(item, 0x0042, 0x5D02, 0x0065)
    sender = _person(item, 0x0C1A, 0x5D01, 0x0C1F)
    yield "From", _addresses("From", [represented if any(represented) else sender])
    if any(represented) and sender[1] not in ("", represented[1]):
        yield "Sender", _addresses("Sender", [sender])
    recipients = list(item.below("__recip_version1.0_#"))
    for role, name in _ROLES.items():
        people = [_person(each, 0x3001, 0x39FE, 0x3003) for each in recipients if each.number(0x0C15) == role]
        yield name, _addresses(name, people)
    yield "Reply-To", _addresses("Reply-To", list(_one_offs(item.binary(0x004F) or b"")))
    yield "Subject", _words("Subject", _subject(item))
    for name, pid in (("Message-ID", 0x1035), ("In-Reply-To", 0x1042), ("References", 0x1039)):
        yield name, _identifiers(name, item.text(pid))
    if item.text(0x001A).upper().startswith(("REPORT.", "IPM.NOTE.RULES.OOFTEMPLATE")):
        yield "Auto-Submitted", mime_writer.raw_field("Auto-Submitted", "auto-replied")


def _person(item: _Item, name: int, smtp: int, address: int) -> tuple[str, str]:
    """Display name and address; an Exchange address (/O=…) is none that a reply could go to."""
    found = item.text(smtp) or item.text(address)
    found = one_line(found).strip("<>' ") if "@" in found else ""
    shown = one_line(item.text(name)).strip("'\" ")
    return ("" if shown == found else shown), found


def _subject(item: _Item) -> str:
    subject = item.text(0x0037)
    return subject[2:] if subject.startswith("\x01") else subject  # a mark and the length of "RE: "


def _addresses(name: str, people: list[tuple[str, str]]) -> bytes:
    people = [person for person in people if any(person)]
    return mime_writer.address_field(name, people) if people else b""


def _words(name: str, value: str) -> bytes:
    return mime_writer.field(name, value) if one_line(value) else b""


def _identifiers(name: str, value: str) -> bytes:
    return mime_writer.raw_field(name, value) if one_line(value) else b""


def _one_offs(entries: bytes) -> Iterator[tuple[str, str]]:
    """The people of a FLATENTRYLIST (MS-OXCDATA 2.3.3) whose entries carry an Internet address."""
    place = 8
    while place + 4 <= len(entries):
        length = int.from_bytes(entries[place : place + 4], "little")
        entry = entries[place + 4 : place + 4 + length]
        place += 4 + (length + 3) // 4 * 4
        if entry[4:20] != _ONE_OFF or len(entry) < 24:
            continue
        wide = bool(int.from_bytes(entry[22:24], "little") & 0x8000)
        text = entry[24:].decode("utf-16-le", "replace") if wide else charset.decode(entry[24:]).text
        shown, _, rest = _without_surrogates(text).partition("\0")
        _, _, address = rest.partition("\0")
        address = one_line(address.partition("\0")[0])
        if "@" in address:
            yield ("" if one_line(shown) == address else one_line(shown)), address


def _without_surrogates(text: str) -> str:
    """Text without lone surrogates, its separating NULs kept."""
    return text.encode("utf-8", "replace").decode("utf-8")


# --- body and attachments ---------------------------------------------------------------------------------


def _signed(item: _Item) -> bytes | None:
    """The body of an S/MIME message, which Outlook keeps whole in its only attachment (MS-OXOSMIME 2.1)."""
    kind = item.text(0x001A).upper()
    attachments = list(item.below("__attach_version1.0_#"))
    if not kind.startswith("IPM.NOTE.SMIME") or len(attachments) != 1:
        return None
    content = attachments[0].binary(0x3701)
    if content is None:
        return None
    if kind.startswith("IPM.NOTE.SMIME.MULTIPARTSIGNED"):
        return content.lstrip() if re.match(rb"\s*Content-Type:", content[:200], re.IGNORECASE) else None
    return mime_writer.leaf(
        'application/pkcs7-mime; name="smime.p7m"', content, mime_writer.disposition("attachment", "smime.p7m")
    )


def _body(item: _Item, depth: int) -> bytes:
    texts = list(_texts(item))
    is_html = any(text.startswith(b"Content-Type: text/html") for text in texts)
    inline: list[bytes] = []
    others: list[bytes] = []
    for attachment in item.below("__attach_version1.0_#"):
        content_id = one_line(attachment.text(0x3712)).strip("<> ")
        is_inline = is_html and bool(content_id)
        fields = [mime_writer.disposition("inline" if is_inline else "attachment", _filename(attachment))]
        if content_id:
            fields.append(mime_writer.raw_field("Content-ID", f"<{content_id}>"))
        (inline if is_inline else others).append(_attachment(attachment, fields, depth))
    body = mime_writer.multipart("alternative", texts) if texts else mime_writer.leaf("text/plain", b"")
    return mime_writer.multipart("mixed", [mime_writer.multipart("related", [body, *inline]), *others])


def _texts(item: _Item) -> Iterator[bytes]:
    """The body as Outlook kept it: plain, HTML, and rich text only if it is the only one."""
    rich = True
    for kind, pid in (("plain", 0x1000), ("html", 0x1013)):
        found = item.lettered(pid)
        if found and found[0].strip():
            rich = False
            label = f"; charset={found[1]}" if found[1] else ""
            yield mime_writer.leaf(f"text/{kind}{label}", found[0])
    if rich and (compressed := item.binary(0x1009)):
        text = _text_of_rtf(compressed)
        if text.strip():
            yield mime_writer.leaf("text/plain; charset=utf-8", text.encode())


def _text_of_rtf(compressed: bytes) -> str:
    from striprtf.striprtf import rtf_to_text

    try:
        rtf = lzfu.decompress(compressed, limit=_RTF_LIMIT).decode("latin-1")
        text = rtf_to_text(rtf, encoding="cp1250", errors="replace")  # type: ignore[no-untyped-call]
        return scrubbed(text)
    except (ValueError, LookupError, IndexError, RecursionError):
        return ""


def _attachment(item: _Item, fields: list[bytes], depth: int) -> bytes:
    inner = item.inner()
    if inner is not None:
        nested = _nested(inner, item.codepage, depth) if _is_message(inner) else None
        if nested is not None:
            return mime_writer.attached_mail(nested, *fields)
        # An object of another program, or a mail that cannot be read: its largest stream is its content.
        content = max((stream.bytes_ for stream in _streams(inner)), key=len, default=b"")
        return mime_writer.leaf("application/octet-stream", bytes(content), *fields)
    content = item.binary(0x3701)
    if content is None:
        place = item.text(0x370D) or item.text(0x3708)
        return mime_writer.leaf("text/uri-list; charset=utf-8", place.encode(), *fields)
    declared = one_line(item.text(0x370E))
    return mime_writer.leaf(declared if _TYPE.fullmatch(declared) else "application/octet-stream", content, *fields)


def _nested(storage: "Storage", codepage: str, depth: int) -> bytes | None:
    if depth >= DEPTH_LIMIT:
        return None
    try:
        return _mail(_Item(storage, _NESTED, codepage), depth + 1)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (a damaged attached mail must not cost the mail around it)
        return None


def _is_message(storage: "Storage") -> bool:
    return any(stream.name == _PROPERTIES for stream in storage.streams)


def _streams(storage: "Storage") -> Iterator[Any]:
    yield from storage.streams
    for below in storage.storages:
        yield from _streams(below)


def _filename(item: _Item) -> str:
    name = item.text(0x3707) or item.text(0x3704) or item.text(0x3001)
    inner = item.inner()
    if inner is not None and _is_message(inner) and not name.lower().endswith((".msg", ".eml")):
        return f"{name}.eml"
    return name
