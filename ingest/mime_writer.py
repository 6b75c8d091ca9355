"""MIME written byte by byte, the same bytes every time: for what arrives in another form and is read as mail."""

import base64
import hashlib
from collections.abc import Sequence
from email.header import Header
from email.utils import encode_rfc2231, formataddr

from ingest.headers import FIELD_LIMIT, one_line

_LINE = 76


def field(name: str, value: str) -> bytes:
    """One header field of words; what is not ASCII becomes encoded words."""
    value = one_line(value)[:FIELD_LIMIT]
    charset = "us-ascii" if value.isascii() else "utf-8"
    folded = Header(value, charset, maxlinelen=_LINE, header_name=name).encode(linesep="\r\n")
    return f"{name}: {folded}\r\n".encode("ascii")


def raw_field(name: str, value: str) -> bytes:
    """One header field that is already in its form on the line; stray letters stay as UTF-8 bytes (RFC 6532)."""
    return f"{name}: ".encode("ascii") + "\r\n ".join(_pieces(one_line(value))).encode() + b"\r\n"


def address_field(name: str, addresses: Sequence[tuple[str, str]]) -> bytes:
    """One header field of (display name, address) pairs; either of a pair may be empty."""
    return raw_field(name, ", ".join(_mailbox(one_line(person), one_line(address)) for person, address in addresses))


def leaf(content_type: str, content: bytes, *more: bytes) -> bytes:
    """A part with its header fields: `content_type` as on the line, `more` fields, the content in base64."""
    head = [raw_field("Content-Type", content_type), raw_field("Content-Transfer-Encoding", "base64"), *more]
    return b"".join(head) + b"\r\n" + base64.encodebytes(content).replace(b"\n", b"\r\n")


def attached_mail(mail: bytes, *more: bytes) -> bytes:
    """A whole mail as a part."""
    head = [raw_field("Content-Type", "message/rfc822"), raw_field("Content-Transfer-Encoding", "8bit"), *more]
    return b"".join(head) + b"\r\n" + mail


def multipart(subtype: str, parts: Sequence[bytes]) -> bytes:
    """The parts in one container; a single part stays as it is."""
    if len(parts) == 1:
        return parts[0]
    # Made of the content, so that it is the same every time and cannot stand inside it.
    boundary = "=_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:40]
    line = b"--" + boundary.encode("ascii")
    body = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    return raw_field("Content-Type", f'multipart/{subtype}; boundary="{boundary}"') + b"\r\n" + body + line + b"--\r\n"


def disposition(kind: str, filename: str) -> bytes:
    """The Content-Disposition field; `kind` is "attachment" or "inline"."""
    name = one_line(filename)[:255]
    if not name:
        return raw_field("Content-Disposition", kind)
    return raw_field("Content-Disposition", f"{kind}; filename*={encode_rfc2231(name, 'utf-8')}")


def _mailbox(person: str, address: str) -> str:
    if not address:
        return str(Header(person, "utf-8").encode(linesep=" ")) if not person.isascii() else f'"{_quoted(person)}"'
    if not address.isascii():
        return f'"{_quoted(person)}" <{address}>' if person else address
    return formataddr((person, address))


def _quoted(person: str) -> str:
    return person.replace("\\", "\\\\").replace('"', '\\"')


def _pieces(value: str) -> list[str]:
    """The value in lines of about 76 characters, broken only at blanks; what has no blank stays whole."""
    lines: list[str] = []
    for word in value.split(" "):
        if lines and len(lines[-1]) + len(word) < _LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
