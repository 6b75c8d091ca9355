"""Files in a mail: kept under the hash of their bytes, with the name and type the sender claimed."""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ingest.ambiguity import claimed_names, contradiction
from ingest.calendar import Invitation
from ingest.documents.sniff import sniff
from ingest.headers import decode_field, one_line
from ingest.nested import AttachedMail
from ingest.tnef import MAGIC as TNEF_MAGIC
from ingest.walk import Leaf

NAME_LIMIT: Final = 120
_SEPARATORS: Final = re.compile(r"[/\\]")
_FORBIDDEN: Final = re.compile(r"[<>:\"|?*]")


@dataclass(frozen=True, slots=True)
class Part:
    """One kept file of a mail.

    `number` counts from 1 in reading order; `path_in_mail` is IMAP's ("1.2"). `filename` is cleaned and only
    for showing; the file itself is `stored_name` (its SHA-256) in the parts folder. `declared_type` is the
    sender's claim, `found_type` is by content (`ingest.documents.sniff`, or "tnef"). `nested` marks an attached mail
    and everything inside one; `depth` is the number of containers around the part. `mail` and `invitation` are what
    an attached mail or a calendar says. `contradiction` tells how the sender's own words about the part contradict
    each other or its content, "" if they do not. `envelope` marks a wrapper whose content follows as parts of its own,
    and a signature; `again` a text that says in another form what the mail says.
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
    mail: AttachedMail | None = None
    invitation: Invitation | None = None
    contradiction: str = ""
    envelope: bool = False
    again: bool = False

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        value: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return value | {
            "mail": self.mail.to_json() if self.mail else None,
            "invitation": self.invitation.to_json() if self.invitation else None,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Part":
        """The inverse of `to_json`."""
        mail, invitation = value["mail"], value["invitation"]
        return cls(
            **value
            | {
                "mail": AttachedMail.from_json(mail) if mail else None,
                "invitation": Invitation.from_json(invitation) if invitation else None,
            }
        )


def keep(
    leaf: Leaf,
    content: bytes,
    number: int,
    folder: Path,
    *,
    mail: AttachedMail | None = None,
    invitation: Invitation | None = None,
) -> Part:
    """Write `content` into `folder` under its hash (once) and describe it as part `number` of the mail."""
    digest = hashlib.sha256(content).hexdigest()
    target = folder / digest
    if not target.exists():
        # Another worker may take the same mail apart; whoever renames last leaves the same bytes.
        draft = folder / f"{digest}.{os.getpid()}.part"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        draft.replace(target)
    found_type = "tnef" if content.startswith(TNEF_MAGIC) else str(sniff(target))
    name = clean_filename(filename(leaf))
    if not name and mail is not None and mail.subject:
        name = clean_filename(f"{mail.subject}.eml")
    return Part(
        number=number,
        path_in_mail=leaf.path,
        filename=name,
        declared_type=one_line(leaf.content_type)[:100],
        found_type=found_type,
        size=len(content),
        sha256=digest,
        disposition=leaf.disposition[:40],
        content_id=content_id(leaf),
        stored_name=digest,
        nested=leaf.nested,
        depth=leaf.depth,
        mail=mail,
        invitation=invitation,
        contradiction=contradiction(leaf, found_type, [*map(clean_filename, claimed_names(leaf))]),
        envelope=leaf.envelope,
        again=found_type in ("text", "html") and leaf.group != leaf.path and not name,
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
