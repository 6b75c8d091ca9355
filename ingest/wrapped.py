"""What only the content of a part tells: signed wrappers, winmail.dat, mails attached as plain files.

`Findings` collects what has to be said about the mail on the way.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from ingest import cms, tnef
from ingest.calendar import is_calendar
from ingest.documents.sniff import sniff_head
from ingest.errors import OutlookFileDamaged
from ingest.outlook import as_mime, is_outlook
from ingest.parsing import OLE_MAGIC, parse_inside
from ingest.parts import filename
from ingest.shells import file_part
from ingest.timebox import Budget
from ingest.walk import Leaf, Opened, content, first_bytes

_TNEF_TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_CMS_TYPES: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURE_TYPES: Final = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_CMS_NAME: Final = re.compile(r"\.p7[mszb]$", re.IGNORECASE)
_MIME_START: Final = re.compile(rb"\s*(?:Content-[A-Za-z-]{1,40}|MIME-Version)[ \t]*:", re.IGNORECASE)
# Parts of reports look like mails and are none that somebody attached.
_NO_MAILS: Final = frozenset({"text/rfc822-headers", "message/global-headers"})


@dataclass(slots=True)
class Findings:
    """Problem codes, the signers that signatures claim (none of them is verified), and the time that is left."""

    problems: set[str] = field(default_factory=set)
    signers: list[str] = field(default_factory=list)
    signed_at: datetime | None = None
    budget: Budget = field(default_factory=Budget)

    def note_signature(self, signed: cms.Signed | None) -> None:
        """Note that something is signed, and by whom as far as the signature says."""
        self.problems.add("signed")
        if signed is not None:
            self.signers += [name for name in signed.signers if name not in self.signers]
            self.signed_at = self.signed_at or signed.signed_at


_ENVELOPE: Final = Opened("signed", ())


def open_leaf(leaf: Leaf, findings: Findings, folder: Path) -> Opened | None:
    """What is inside this leaf, None if it is a plain file or text. Never raises; what is damaged stays a file.

    `folder` takes a scratch copy of an Outlook file.
    """
    kind = leaf.content_type
    if kind == "application/pgp-encrypted":
        findings.problems.add("encrypted")
        return _ENVELOPE
    if kind == "application/pgp-signature":
        findings.note_signature(None)
        return _ENVELOPE
    if kind.startswith("text/") and leaf.disposition != "attachment":
        return None
    head = first_bytes(leaf.part)
    if head.startswith(tnef.MAGIC) or kind in _TNEF_TYPES:
        return _open_tnef(leaf, findings)
    if kind in _CMS_TYPES or kind in _SIGNATURE_TYPES or cms.looks_like_cms(head):
        return _open_cms(leaf, findings)
    if head.startswith(OLE_MAGIC):
        return _open_outlook(leaf, findings, folder)
    if kind not in _NO_MAILS and not is_calendar(head) and sniff_head(head) == "eml":
        mail = parse_inside(content(leaf.part)[0], findings.problems)
        return Opened("mail", [mail]) if mail is not None else None
    return None


def _open_tnef(leaf: Leaf, findings: Findings) -> Opened:
    found = tnef.unwrapped(content(leaf.part)[0], findings.budget)
    if found.damaged:
        findings.problems.add("tnef-damaged")
    return Opened("tnef", found.parts)


def _open_cms(leaf: Leaf, findings: Findings) -> Opened | None:
    raw = content(leaf.part)[0]
    kind = cms.cms_kind(raw)
    signed = cms.signed_content(raw) if kind == "signed" else None
    if kind == "encrypted":
        findings.problems.add("encrypted")
    elif signed is None:
        return _unreadable(leaf, kind, findings)
    elif signed.signers or signed.content or leaf.content_type in _SIGNATURE_TYPES:
        # Without all three it is a bundle of certificates.
        findings.note_signature(signed)
    if signed is None or not signed.content:
        return _ENVELOPE
    if not _MIME_START.match(signed.content[:200]):
        return Opened("signed", [file_part(signed.content, name=_CMS_NAME.sub("", filename(leaf)))])
    inside = parse_inside(signed.content, findings.problems)
    return Opened("signed", [inside] if inside is not None else [])


def _unreadable(leaf: Leaf, kind: cms.CmsKind, findings: Findings) -> Opened | None:
    """What is to be said of a wrapper (by its type) that cannot be taken apart; None if it is no wrapper at all."""
    if leaf.content_type in _SIGNATURE_TYPES:
        findings.note_signature(None)
        return _ENVELOPE
    if leaf.content_type in _CMS_TYPES:
        declared = leaf.parameter("smime-type").lower()
        if kind != "other" and declared != "certs-only":
            findings.problems.add("signed-wrapped" if declared == "signed-data" else "encrypted")
        return _ENVELOPE
    if kind == "signed" or _CMS_NAME.search(filename(leaf)):
        findings.problems.add("signed-wrapped")
        return _ENVELOPE
    return _ENVELOPE if kind else None


def _open_outlook(leaf: Leaf, findings: Findings, folder: Path) -> Opened | None:
    scratch = folder / "outlook.part"
    scratch.write_bytes(content(leaf.part)[0])
    try:
        if not is_outlook(scratch):
            return None
        mail = parse_inside(as_mime(scratch), findings.problems)
    except OutlookFileDamaged:
        findings.problems.add("attached-mail-damaged")
        return None
    finally:
        scratch.unlink()
    return Opened("mail", [mail]) if mail is not None else None
