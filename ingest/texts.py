"""Which parts of a mail are its text, and what stands in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message as RawMessage
from typing import Final

from ingest.bodies import Piece, unflow
from ingest.charset import decode
from ingest.documents.sniff import sniff_head
from ingest.html import HTML_LIMIT
from ingest.parts import filename
from ingest.uuencoded import UuFile, without_uuencoded
from ingest.walk import HEAD, Leaf, content

_DOCUMENT_KINDS: Final = frozenset(
    {"pdf", "jpeg", "png", "tiff", "gif", "webp", "bmp", "heic", "zip", "7z", "rar", "gz", "ole", "doc", "wpd", "rtf"}
)
_ENRICHED: Final = frozenset({"text/enriched", "text/richtext"})
# Forms of the plain text: beside it, in one multipart/alternative, they say the same again.
_RICHER: Final = frozenset({"text/markdown", *_ENRICHED})
_BODY_TYPES: Final = frozenset({"text/plain", "text/html", *_RICHER})
_PGP: Final = "-----BEGIN PGP MESSAGE-----"
_COMMAND: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]{0,59})>")


@dataclass(slots=True)
class Texts:
    """The text of one mail: its pieces, the charset rules used, and what else came to light on the way.

    `leaves` are the paths of the parts that are text, `contents` the bytes of parts that turned out to be files,
    `files` what was uuencoded in the text, by the path of the part it stood in.
    """

    pieces: list[Piece] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    leaves: set[str] = field(default_factory=set)
    contents: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, tuple[UuFile, ...]] = field(default_factory=dict)


def texts_of(found: Sequence[Leaf], problems: set[str]) -> Texts:
    """The text among the leaves of one mail (without the mails attached to it). Never raises."""
    texts = Texts()
    for leaf in found:
        if not _may_be_text(leaf, first=not texts.pieces):
            continue
        raw, readable = content(leaf.part)
        if not readable:
            problems.add("part-unreadable")
        kind = sniff_head(raw[:HEAD])
        if kind in _DOCUMENT_KINDS:
            texts.contents[leaf.path] = raw
            continue
        texts.leaves.add(leaf.path)
        _read(leaf, raw, kind == "html", texts, problems)
    return texts


def outside_parts(message: RawMessage) -> str:
    """Text that a broken mail has only before its first or after its last part."""
    outside = [part for part in (message.preamble, message.epilogue) if part and part.strip()]
    raw = "\n".join(outside).encode("utf-8", "surrogateescape")
    return decode(raw).text.strip() if message.is_multipart() else ""


def _may_be_text(leaf: Leaf, *, first: bool) -> bool:
    """Whether the part is meant to be read with the mail: text, not attached, not named (but the first may be)."""
    declared_multipart = leaf.part.get_content_maintype() == "multipart"
    if leaf.mail is not None or leaf.disposition == "attachment":
        return False
    if leaf.content_type not in _BODY_TYPES and not declared_multipart:
        return False
    return not filename(leaf) or (first and not leaf.disposition)


def _read(leaf: Leaf, raw: bytes, looks_like_html: bool, texts: Texts, problems: set[str]) -> None:
    is_html = leaf.content_type == "text/html" or looks_like_html
    if is_html and len(raw) > 2 * HTML_LIMIT:
        problems.add("text-cut")
        raw = raw[: 2 * HTML_LIMIT]
    decoded = decode(raw, leaf.parameter("charset"), html=is_html)
    if not raw.isascii() and decoded.rule not in texts.rules:
        texts.rules.append(decoded.rule)
    text = decoded.text
    if not is_html:
        if leaf.content_type in _ENRICHED:
            text = _unenriched(text)
        elif leaf.parameter("format").lower() == "flowed":
            text = unflow(text, delete_space=leaf.parameter("delsp").lower() == "yes")
        text, files = without_uuencoded(text)
        if files:
            texts.files[leaf.path] = files
        if _PGP in text:
            problems.add("encrypted")
    richer = leaf.content_type in _RICHER and any(
        one.group == leaf.group and one.kind == "plain" for one in texts.pieces
    )
    if text.strip() and not richer:
        texts.pieces.append(Piece(leaf.group, "html" if is_html else "plain", text, copy=leaf.wrapper == "tnef"))


def _unenriched(text: str) -> str:
    """text/enriched and text/richtext (RFC 1896, RFC 1341) without their commands and their parameters."""
    kept: list[str] = []
    hidden = end = 0
    text = text.replace("<<", "\0")  # the sign itself, doubled so that it begins no command
    for command in _COMMAND.finditer(text):
        name = command.group(2).lower()
        piece = text[end : command.start()]
        end = command.end()
        if not hidden:
            kept.append(piece)
        if name in {"param", "comment"}:
            hidden = max(0, hidden - 1) if command.group(1) else hidden + 1
        elif name in {"nl", "lt"}:
            kept.append("\n" if name == "nl" else "<")
    kept.append(text[end:])
    return "".join(kept).replace("\0", "<")
