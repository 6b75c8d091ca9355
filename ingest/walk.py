"""The tree of a parsed mail as a flat list of leaves, without recursion and with a depth limit."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.generator import BytesGenerator
from email.message import Message as RawMessage
from io import BytesIO
from typing import Final

from ingest.headers import mime_view, one_line

DEPTH_LIMIT: Final = 50
MAIL_TYPES: Final = frozenset({"message/rfc822", "message/global", "message/news"})

# Names of the stdlib's defect classes, and what they mean to a person.
_DEFECTS: Final[dict[str, str]] = {
    "NoBoundaryInMultipartDefect": "broken-structure",
    "StartBoundaryNotFoundDefect": "broken-structure",
    "MultipartInvariantViolationDefect": "broken-structure",
    "CloseBoundaryNotFoundDefect": "cut-off",
    "FirstHeaderLineIsContinuationDefect": "broken-header",
    "MissingHeaderBodySeparatorDefect": "broken-header",
    "MalformedHeaderDefect": "broken-header",
    "InvalidBase64PaddingDefect": "broken-encoding",
    "InvalidBase64CharactersDefect": "broken-encoding",
    "InvalidBase64LengthDefect": "broken-encoding",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part that holds content (or an attached mail as a whole).

    `path` counts as IMAP does ("1.2"), `depth` is the number of containers around it, `nested` tells that it
    is an attached mail or lies inside one, `group` is the path of the innermost multipart/alternative around
    it, or its own path. `view` has the repaired content fields.
    """

    part: RawMessage
    view: RawMessage
    path: str
    depth: int
    nested: bool
    group: str

    @property
    def content_type(self) -> str:
        """The declared type, lower-case."""
        return self.view.get_content_type()

    @property
    def disposition(self) -> str:
        """ "attachment", "inline", something else, or ""."""
        return one_line(self.view.get_content_disposition() or "")

    def parameter(self, name: str) -> str:
        """A parameter of Content-Type as text, "" if absent or unreadable."""
        try:
            value = self.view.get_param(name)
        except (ValueError, IndexError, TypeError):
            return ""
        if isinstance(value, tuple):
            value = value[2]
        return one_line(str(value or ""))


def leaves(message: RawMessage, problems: set[str]) -> Iterator[Leaf]:
    """Every leaf of the mail in reading order; codes of what is wrong with the structure go to `problems`.

    An attached mail comes first as a leaf of its own and then with the leaves inside it. Nothing below
    `DEPTH_LIMIT` containers is visited.
    """
    stack: list[tuple[RawMessage, str, int, bool, str]] = [(message, "", 0, False, "")]
    while stack:
        part, path, depth, nested, group = stack.pop()
        _note_defects(part, problems)
        if depth > DEPTH_LIMIT:
            problems.add("nested-too-deep")
            continue
        view = mime_view(part)
        payload = part.get_payload()
        multipart = isinstance(payload, list) and part.get_content_maintype() == "multipart"
        if multipart:
            group = path or "0" if part.get_content_subtype() == "alternative" else group
            children = [
                (child, f"{path}.{number}" if path else str(number), depth + 1, nested, group)
                for number, child in enumerate(payload, 1)
                if isinstance(child, RawMessage)
            ]
            stack.extend(reversed(children))
            continue
        own_path = path or "1"
        attached = attached_mail(part)
        yield Leaf(part, view, own_path, depth, nested or attached is not None, group or own_path)
        if attached is not None:
            holds_parts = attached.get_content_maintype() == "multipart" and attached.is_multipart()
            inner_path = own_path if holds_parts else f"{own_path}.1"
            stack.append((attached, inner_path, depth + 1, True, ""))


def attached_mail(part: RawMessage) -> RawMessage | None:
    """The mail inside a message/rfc822 part, also when its sender encoded it against the rules."""
    if part.get_content_type() not in MAIL_TYPES:
        return None
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, RawMessage):
        return None
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding in {"base64", "quoted-printable"} and not inner.keys():
        shell = RawMessage()
        shell["Content-Transfer-Encoding"] = encoding
        shell.set_payload(inner.get_payload())
        return message_from_bytes(content(shell)[0])
    return inner


def content(part: RawMessage) -> tuple[bytes, bool]:
    """The bytes of a leaf with its transfer encoding undone, and whether they could be had.

    An attached mail and a delivery status are written out again, as the parser has taken them apart.
    """
    try:
        inner = attached_mail(part)
        payload = part.get_payload()
        if inner is not None:
            return _flattened(inner), True
        if isinstance(payload, list):
            return b"\n".join(_flattened(block) for block in payload if isinstance(block, RawMessage)), True
        decoded = part.get_payload(decode=True)
        return (decoded, True) if isinstance(decoded, bytes) else (b"", payload is None)
    except Exception:  # noqa: BLE001  (the stdlib documents no errors for broken parts; the raw mail is kept)
        return b"", False


def _flattened(message: RawMessage) -> bytes:
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, maxheaderlen=0).flatten(message)
    return buffer.getvalue()


def _note_defects(part: RawMessage, problems: set[str]) -> None:
    problems.update(code for defect in part.defects if (code := _DEFECTS.get(type(defect).__name__)))
