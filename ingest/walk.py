"""The tree of a parsed mail as a flat list of leaves, without recursion and with limits."""

import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.generator import BytesGenerator
from email.message import Message as RawMessage
from io import BytesIO
from typing import Any, Final, Literal

from ingest.headers import mime_view, one_line
from ingest.prescan import prescan

DEPTH_LIMIT: Final = 50
LEAF_LIMIT: Final = 2_000
# Wrappers within wrappers, mails within mails: every level costs a copy of its content, and real mail has one or two.
LEVEL_LIMIT: Final = 5
HEAD: Final = 8_192
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

Wrapper = Literal["", "signed", "tnef"]


_WELL_FORMED_BASE64: Final = re.compile(r"[A-Za-z0-9+/\r\n]++={0,2}[\r\n]*+")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part that holds content (or an attached mail, or a wrapper, as a whole).

    `path` counts as IMAP does ("1.2"); what a wrapper or attached mail holds has paths below its own. `depth` is the
    number of containers around it, `nested` tells that it is an attached mail or lies inside one, `group` is the path
    of the innermost multipart/alternative around it, or its own path. `owner` is the path of the attached mail it
    belongs to, "" for the letter itself. `wrapper` is what it was wrapped in, `envelope` tells that it is a wrapper
    (or signature) itself. `mail` is the attached mail if it is one. `view` has the repaired content fields.
    """

    part: RawMessage
    view: RawMessage
    path: str
    depth: int
    nested: bool
    group: str
    owner: str = ""
    wrapper: Wrapper = ""
    envelope: bool = False
    mail: RawMessage | None = None

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


@dataclass(frozen=True, slots=True)
class Opened:
    """What a leaf turned out to hold: an attached mail (one message), or parts of the same mail in a wrapper.

    A wrapper that cannot be opened, and a signature by itself, hold no parts.
    """

    kind: Literal["mail", "signed", "tnef"]
    content: Sequence[RawMessage]


Opener = Callable[[Leaf], Opened | None]


@dataclass(frozen=True, slots=True)
class _Place:
    """A part that is still to be visited, and where it stands."""

    part: RawMessage
    path: str = ""
    depth: int = 0
    nested: bool = False
    group: str = ""
    owner: str = ""
    wrapper: Wrapper = ""
    wrappers: int = 0
    mails: int = 0


def leaves(
    message: RawMessage, problems: set[str], opener: Opener | None = None, *, levels: int = LEVEL_LIMIT
) -> Iterator[Leaf]:
    """Every leaf of the mail in reading order; codes of what is wrong with the structure go to `problems`.

    An attached mail or wrapper comes first as a leaf of its own and then with the leaves inside it. `opener` looks
    into a leaf for what only its content tells. Nothing below `DEPTH_LIMIT` containers or `levels` mails or wrappers is
    visited.
    """
    stack = [_Place(message)]
    count = 0
    while stack:
        place = stack.pop()
        part = place.part
        _note_defects(part, problems)
        if place.depth > DEPTH_LIMIT:
            problems.add("nested-too-deep")
            continue
        payload = parsed_payload(part)
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            stack.extend(reversed(_children(place, payload)))
            continue
        count += 1
        if count > LEAF_LIMIT:
            problems.add("too-many-parts")
            return
        leaf, inside = _visited(place, opener)
        yield leaf
        if inside and max(inside[0].wrappers, inside[0].mails) > levels:
            problems.add("nested-too-deep")
        else:
            stack.extend(reversed(inside))


def _children(place: _Place, payload: Sequence[object]) -> list[_Place]:
    group = place.group
    if place.part.get_content_subtype() == "alternative":
        group = place.path or "0"
    return [
        replace(
            place,
            part=child,
            path=f"{place.path}.{number}" if place.path else str(number),
            depth=place.depth + 1,
            group=group,
        )
        for number, child in enumerate(payload, 1)
        if isinstance(child, RawMessage)
    ]


def _visited(place: _Place, opener: Opener | None) -> tuple[Leaf, list[_Place]]:
    """The leaf at this place, and what is inside it to be visited next."""
    path = place.path or "1"
    leaf = Leaf(
        place.part,
        mime_view(place.part),
        path,
        place.depth,
        place.nested,
        place.group or path,
        owner=place.owner,
        wrapper=place.wrapper,
    )
    attached = attached_mail(place.part)
    opened = Opened("mail", [attached]) if attached is not None else None
    if opened is None and opener is not None:
        opened = opener(leaf)
    if opened is None:
        return leaf, []
    below = replace(place, path=path, depth=place.depth + 1, group="")
    if opened.kind == "mail":
        leaf = replace(leaf, nested=True, mail=opened.content[0])
        below = replace(below, nested=True, owner=path, wrapper="", mails=place.mails + 1)
    else:
        leaf = replace(leaf, envelope=True)
        below = replace(below, wrapper=opened.kind, wrappers=place.wrappers + 1)
    if len(opened.content) == 1:
        only = opened.content[0]
        # As IMAP counts: the parts of the only container inside stand directly below.
        holds_parts = only.get_content_maintype() == "multipart" and only.is_multipart()
        return leaf, [replace(below, part=only, path=path if holds_parts else f"{path}.1")]
    return leaf, [replace(below, part=part, path=f"{path}.{number}") for number, part in enumerate(opened.content, 1)]


def leaf_of(part: RawMessage, around: Leaf, number: int) -> Leaf:
    """The leaf for a part that was found inside the content of another one, its `number`th."""
    path = f"{around.path}.{number}"
    return Leaf(part, mime_view(part), path, around.depth + 1, around.nested, path, owner=around.owner)


def attached_mail(part: RawMessage) -> RawMessage | None:
    """The mail inside a message/rfc822 part, also when its sender encoded it against the rules."""
    if part.get_content_type() not in MAIL_TYPES:
        return None
    payload = parsed_payload(part)
    inner = payload[0] if isinstance(payload, list) and payload else None
    if not isinstance(inner, RawMessage):
        return None
    encoding = _encoding(part)
    if encoding in {"base64", "quoted-printable"} and not inner.keys():
        shell = RawMessage()
        shell["Content-Transfer-Encoding"] = encoding
        shell.set_payload(parsed_payload(inner))
        raw = content(shell)[0]
        try:
            return None if prescan(raw).problems else message_from_bytes(raw)
        except RecursionError:
            return None
    return inner


def parsed_payload(part: RawMessage) -> Any:
    """What the parser found in a part: parts, or text. Never raises.

    The stdlib decodes stray bytes by the sender's charset label; with `charset=idna` and others that raises.
    """
    try:
        return part.get_payload()
    except (UnicodeError, LookupError, ValueError):
        return ""


def content(part: RawMessage) -> tuple[bytes, bool]:
    """The bytes of a leaf with its transfer encoding undone, and whether they could be had.

    An attached mail and a delivery status are written out again, as the parser has taken them apart.
    """
    try:
        inner = attached_mail(part)
        payload = parsed_payload(part)
        if inner is not None:
            return _flattened(inner), True
        if isinstance(payload, list):
            return b"\n".join(_flattened(block) for block in payload if isinstance(block, RawMessage)), True
        if _encoding(part) == "base64" and _WELL_FORMED_BASE64.fullmatch(payload or ""):
            # The stdlib's way copies a big file four times; it is for base64 that has something wrong with it.
            with suppress(binascii.Error):
                return binascii.a2b_base64(payload), True
        decoded = part.get_payload(decode=True)
        return (decoded, True) if isinstance(decoded, bytes) else (b"", payload is None)
    except Exception:  # noqa: BLE001  (the stdlib documents no errors for broken parts; the raw mail is kept)
        return b"", False


def first_bytes(part: RawMessage) -> bytes:
    """The first `HEAD` bytes of `content(part)`, without decoding all of a big file."""
    payload = parsed_payload(part)
    if isinstance(payload, str) and len(payload) > 4 * HEAD and _encoding(part) == "base64":
        words = "".join(payload[: 2 * HEAD].split())
        try:
            return binascii.a2b_base64(words[: len(words) // 4 * 4])[:HEAD]
        except (binascii.Error, ValueError):
            return content(part)[0][:HEAD]
    return content(part)[0][:HEAD]


def _encoding(part: RawMessage) -> str:
    return str(part.get("content-transfer-encoding", "")).strip().lower()


def _flattened(message: RawMessage) -> bytes:
    buffer = BytesIO()
    _Writer(buffer, mangle_from_=False, maxheaderlen=0).flatten(message)
    return buffer.getvalue()


class _Writer(BytesGenerator):
    """Writes a body at once: the stdlib goes line by line, which took seconds for an attached mail of 50 MB."""

    def _write_lines(self, lines: str) -> None:
        self.write(lines.replace("\r\n", "\n").replace("\r", "\n"))


def _note_defects(part: RawMessage, problems: set[str]) -> None:
    problems.update(code for defect in part.defects if (code := _DEFECTS.get(type(defect).__name__)))
