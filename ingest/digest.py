"""One hash for what a mail says, the same whatever way the mail came."""

import hashlib
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from ingest.parts import Part

_PIECE = 1 << 20
# Servers rewrite the line ends of what is text on the line; the bytes of other files survive.
_LINES = frozenset({"text", "html", "eml", "csv", "calendar"})


def content_digest(sender: str, subject: str, text: str, parts: Sequence[Part], folder: Path) -> str:
    """SHA-256 over sender's address, subject and text (folded) and the files in any order; "" for a mail of nothing.

    The sender belongs to it: the same words by somebody else are another letter, whatever identifier they carry.
    Header fields of transport, the order of fields and parts, line ends and encodings make no difference. `folder`
    holds the parts under their stored names.
    """
    words = (_folded(subject), _folded(text))
    files = sorted(_file_digest(part, folder) for part in parts if part.size)
    if not any(words) and not files:
        return ""
    return hashlib.sha256("\0".join([sender.lower(), *words, *files]).encode()).hexdigest()


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _file_digest(part: Part, folder: Path) -> str:
    if part.found_type not in _LINES and not part.declared_type.startswith(("text/", "message/")):
        return part.sha256
    digest = hashlib.sha256()
    with (folder / part.stored_name).open("rb") as file:
        held = b""
        while piece := file.read(_PIECE):
            piece = held + piece
            # A line end may lie across two pieces.
            held = piece[-1:] if piece.endswith(b"\r") else b""
            digest.update(piece[: len(piece) - len(held)].replace(b"\r\n", b"\n"))
        digest.update(held)
    return digest.hexdigest()
