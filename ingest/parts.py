"""Files in a mail: kept under the hash of their bytes, with the name and type the sender claimed."""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ingest.documents.sniff import sniff
from ingest.headers import decode_field, one_line
from ingest.walk import Leaf

NAME_LIMIT: Final = 120
_SEPARATORS: Final = re.compile(r"[/\\]")
_FORBIDDEN: Final = re.compile(r"[<>:\"|?*]")


@dataclass(frozen=True, slots=True)
class Part:
    """One kept file of a mail.

    `number` counts from 1 in reading order; `path_in_mail` is IMAP's ("1.2"). `filename` is cleaned and only
    for showing; the file itself is `stored_name` (its SHA-256) in the parts folder. `declared_type` is the
    sender's claim, `found_type` is by content (`ingest.documents.sniff`). `nested` marks an attached mail
    and everything inside one; `depth` is the number of containers around the part.
    """

    number: int
    path_in_mail: str
    filename: str
    declared_type: str
    found_type: str
    size: int
    sha256: str
    disposition: str
    content_id: str
    stored_name: str
    nested: bool
    depth: int

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Part":
        """The inverse of `to_json`."""
        return cls(**value)


def keep(leaf: Leaf, content: bytes, number: int, folder: Path) -> Part:
    """Write `content` into `folder` under its hash (once) and describe it as part `number` of the mail."""
    digest = hashlib.sha256(content).hexdigest()
    target = folder / digest
    if not target.exists():
        # Another worker may take the same mail apart; whoever renames last leaves the same bytes.
        draft = folder / f"{digest}.{os.getpid()}.part"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        draft.replace(target)
    return Part(
        number=number,
        path_in_mail=leaf.path,
        filename=clean_filename(filename(leaf)),
        declared_type=one_line(leaf.content_type)[:100],
        found_type=sniff(target),
        size=len(content),
        sha256=digest,
        disposition=leaf.disposition[:40],
        content_id=content_id(leaf),
        stored_name=digest,
        nested=leaf.nested,
        depth=leaf.depth,
    )


def filename(leaf: Leaf) -> str:
    """The file name as the sender wrote it, decoded (RFC 2231, RFC 2047, raw bytes), not yet harmless."""
    try:
        return decode_field(leaf.view.get_filename() or "")
    except (ValueError, IndexError, TypeError, AttributeError):
        return ""


def content_id(leaf: Leaf) -> str:
    """The Content-ID without angle brackets, "" if there is none."""
    return one_line(decode_field(leaf.view.get("content-id", ""))).strip("<> ")[:250]


def clean_filename(name: str) -> str:
    """A name that is safe to show and to offer for download: no folders, controls or direction marks.

    At most `NAME_LIMIT` characters, the ending kept.
    """
    name = unicodedata.normalize("NFC", one_line(name))
    name = _FORBIDDEN.sub("_", _SEPARATORS.split(name)[-1]).strip(". ")
    if len(name) <= NAME_LIMIT:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:NAME_LIMIT].strip()
    return f"{stem[: NAME_LIMIT - len(ending) - 1].strip()}.{ending}"
