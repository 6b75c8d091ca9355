"""Mails for tests, written byte by byte, because broken ones are the point. All people are invented."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

LETTER = """Bună ziua,

Mă numesc Ștefania Moldovan și locuiesc pe strada Gheorghe Lazăr nr. 14 din Mediaș.
Vă rog să reparați groapa din fața casei mele.

Cu stimă,
Ștefania Moldovan
"""
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_serial = count(1)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part: its content bytes as they are before the transfer encoding."""

    content: bytes
    content_type: str | None = "text/plain; charset=utf-8"
    encoding: str = "base64"
    fields: Sequence[tuple[str, str]] = ()

    def raw(self) -> bytes:
        """Header fields, empty line and encoded content."""
        head = [("Content-Type", self.content_type)] if self.content_type else []
        head += [("Content-Transfer-Encoding", self.encoding), *self.fields]
        body = base64.encodebytes(self.content) if self.encoding == "base64" else self.content
        return _head(head) + b"\n" + body


@dataclass(frozen=True, slots=True)
class Container:
    """A multipart of any subtype."""

    parts: Sequence["Leaf | Container"]
    subtype: str = "mixed"
    boundary: str = field(default_factory=lambda: f"grenze-{next(_serial)}")

    def raw(self) -> bytes:
        """Header field, empty line and the parts between boundary lines."""
        line = f"--{self.boundary}".encode()
        pieces = b"".join(line + b"\n" + part.raw() + b"\n" for part in self.parts)
        return (
            _head([("Content-Type", f'multipart/{self.subtype}; boundary="{self.boundary}"')])
            + b"\n"
            + pieces
            + line
            + b"--\n"
        )


def text(words: str = LETTER, *, charset: str = "utf-8", label: str | None = "", encoding: str = "8bit") -> Leaf:
    """A plain text part in `charset`, labelled so or as `label` says (None: no Content-Type at all)."""
    content_type = None if label is None else f"text/plain; charset={label or charset}"
    return Leaf(words.encode(charset), content_type, encoding)


def html(markup: str) -> Leaf:
    """An HTML part in UTF-8."""
    return Leaf(markup.encode(), "text/html; charset=utf-8")


def file(content: bytes, content_type: str = "application/octet-stream", name: str = "", **more: str) -> Leaf:
    """An attached file; without a name it has no disposition either, as scanners send it."""
    fields = [("Content-Disposition", f'attachment; filename="{name}"')] if name else []
    fields += [(key.replace("_", "-"), value) for key, value in more.items()]
    return Leaf(content, content_type, fields=fields)


def attached(raw: bytes) -> Leaf:
    """A whole mail as a part."""
    return Leaf(raw, "message/rfc822", "8bit")


def mail(
    body: Leaf | Container | None = None,
    *extra: tuple[str, str | bytes],
    subject: str | bytes | None = "Groapa din strada Gheorghe Lazar",
    sender: str | bytes | None = "Stefania Moldovan <stefania@example.ro>",
    message_id: str | None = None,
) -> bytes:
    """A raw mail with "\\n" line ends; `extra` fields come first, None leaves a field out."""
    number = next(_serial)
    fields: list[tuple[str, str | bytes]] = [*extra]
    if sender is not None:
        fields.append(("From", sender))
    fields += [("To", "primaria@medias.example"), ("Date", "Mon, 02 Nov 2026 10:15:00 +0200")]
    if subject is not None:
        fields.append(("Subject", subject))
    fields += [("Message-ID", message_id or f"<{number}@example.ro>"), ("MIME-Version", "1.0")]
    return _head(fields) + (body or text()).raw()


def _head(fields: Sequence[tuple[str, str | bytes | None]]) -> bytes:
    return b"".join(
        name.encode() + b": " + (value if isinstance(value, bytes) else str(value).encode()) + b"\n"
        for name, value in fields
    )
