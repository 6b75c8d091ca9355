"""winmail.dat (TNEF, MS-OXTNEF): what Outlook wraps a mail's text and files in when it thinks the reader is Outlook."""

import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as RawMessage
from typing import Any, Final

from ingest import lzfu, mime_writer
from ingest.charset import decode
from ingest.headers import one_line, scrubbed
from ingest.shells import container, file_part
from ingest.timebox import Budget, TimeUp

MAGIC: Final = b"\x78\x9f\x3e\x22"
_OBJECTS: Final = 5_000
_ATTACHMENTS: Final = 500
_EMBED_DEPTH: Final = 5
_SECONDS: Final = 3
_RTF_LIMIT: Final = 4 << 20
_OBJECT_HEAD: Final = struct.Struct("<BHHI")
# MAPI properties that the library leaves in its lists.
_LONG_NAME, _MIME_TYPE, _CONTENT_ID = 0x3707, 0x370E, 0x3712
_SUBJECT, _SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = 0x0037, 0x0C1A, 0x0C1F, 0x5D01


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The texts and files of a TNEF as parts of a mail; `damaged` if something may be missing."""

    parts: tuple[RawMessage, ...]
    damaged: bool


def unwrapped(raw: bytes, budget: Budget) -> Unwrapped:
    """Take a TNEF apart, as far as it and the budget go. Never raises; nothing at all is the worst case (`damaged`)."""
    end = _end_of_objects(raw)
    if end is None:
        return Unwrapped((), damaged=True)
    from tnefparse.tnef import TNEF

    # Its log lines quote what it reads.
    logging.getLogger("tnefparse").setLevel(logging.CRITICAL + 1)
    # Made in two steps, so that what was read before a damaged place is there.
    tnef = TNEF.__new__(TNEF)
    damaged = end > len(raw) or any(raw[end:])
    parts: list[RawMessage] = []
    try:
        with budget.at_most(_SECONDS):
            try:
                tnef.__init__(raw)
            except Exception:  # noqa: BLE001  (the library documents no errors; damaged input gives many kinds)
                damaged = True
            for part in _parts(tnef, 0):
                parts.append(part)
    except (TimeUp, Exception):  # noqa: BLE001  (as above)
        damaged = True
    damaged = damaged or not all(getattr(each, "good_checksum", False) for each in getattr(tnef, "objects", ()))
    return Unwrapped(tuple(parts), damaged or not parts)


def _end_of_objects(raw: bytes) -> int | None:
    """Where the last object of a TNEF ends (beyond its bytes if it was cut off); None if it is none.

    None as well for an absurd number of objects: the library copies all that follows for each of them.
    """
    if not raw.startswith(MAGIC):
        return None
    place = 6
    for _ in range(_OBJECTS):
        if place + _OBJECT_HEAD.size > len(raw):
            return place
        place += _OBJECT_HEAD.unpack_from(raw, place)[3] + 11
    return None


def _parts(tnef: Any, depth: int) -> Iterator[RawMessage]:
    texts = list(_texts(tnef))
    if texts:
        yield container("alternative", texts)
    for _, attachment in zip(range(_ATTACHMENTS), getattr(tnef, "attachments", ()), strict=False):
        embedded = getattr(attachment, "embed", None)
        if embedded is not None and depth < _EMBED_DEPTH:
            yield _attached_mail(embedded, depth + 1)
        else:
            yield _file(attachment)


def _texts(tnef: Any) -> Iterator[RawMessage]:
    """The body in every form it has, the plainest first; rich text only if it is the only one."""
    found = False
    for kind, body in (("plain", getattr(tnef, "body", None)), ("html", getattr(tnef, "htmlbody", None))):
        text = _as_text(body, html=kind == "html")
        if text.strip():
            found = True
            yield file_part(text.encode(), content_type=f"text/{kind}; charset=utf-8")
    if not found:
        text = _rich_text(getattr(tnef, "_rtfbody", None))
        if text.strip():
            yield file_part(text.encode(), content_type="text/plain; charset=utf-8")


def _as_text(body: Any, *, html: bool = False) -> str:
    if isinstance(body, list):
        body = next(iter(body), b"")
    if isinstance(body, bytes):
        body = decode(body.rstrip(b"\0"), html=html).text
    return scrubbed(body) if isinstance(body, str) else ""


def _rich_text(compressed: Any) -> str:
    if not isinstance(compressed, bytes):
        return ""
    from striprtf.striprtf import rtf_to_text

    try:
        # The library takes zero bytes off the end, and one may belong to the last token.
        rtf = lzfu.decompress(compressed + b"\0\0", limit=_RTF_LIMIT).decode("latin-1")
        return scrubbed(rtf_to_text(rtf, encoding="cp1250", errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, IndexError, RecursionError):
        return ""


def _file(attachment: Any) -> RawMessage:
    content = attachment.data if isinstance(attachment.data, bytes) else b""
    declared = one_line(_property(attachment.mapi_attrs, _MIME_TYPE)).lower()
    return file_part(
        content,
        content_type=declared if declared.count("/") == 1 and declared.isascii() else "application/octet-stream",
        name=_property(attachment.mapi_attrs, _LONG_NAME) or _as_text(getattr(attachment, "_name", b"")).strip("\0"),
        content_id=_property(attachment.mapi_attrs, _CONTENT_ID).strip("<> "),
    )


def _attached_mail(tnef: Any, depth: int) -> RawMessage:
    """A mail that was attached inside the wrapper, as a message/rfc822 part."""
    properties = getattr(tnef, "mapiprops", [])
    inner = container("mixed", [*_parts(tnef, depth)] or [file_part(b"", content_type="text/plain")])
    address = _property(properties, _SENDER_SMTP) or _property(properties, _SENDER_ADDRESS)
    name = _property(properties, _SENDER_NAME)
    inner["From"] = _value(mime_writer.address_field("From", [(name, address if "@" in address else "")]))
    inner["Subject"] = _value(mime_writer.field("Subject", _property(properties, _SUBJECT)))
    part = RawMessage()
    part["Content-Type"] = "message/rfc822"
    part.set_payload([inner])
    return part


def _value(field: bytes) -> str:
    return field.partition(b":")[2].decode("utf-8").strip()


def _property(properties: Any, name: int) -> str:
    try:
        return one_line(_as_text(next((each.data for each in properties if each.name == name), "")))
    except Exception:  # noqa: BLE001  (the library decodes on access, and documents no errors)
        return ""
