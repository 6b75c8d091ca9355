"""CMS wrappers (RFC 5652), as in S/MIME mail (smime.p7m) and in signed documents (cerere.pdf.p7m): what is inside.

Nothing here is verified: whoever made the wrapper can write any signer's name and any time into it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from ingest.headers import one_line

if TYPE_CHECKING:
    from asn1crypto.cms import SignedData

CmsKind = Literal["signed", "encrypted", "other", ""]

SIZE_LIMIT: Final = 128 * 1024**2
_SIGNERS: Final = 20
_CERTIFICATES: Final = 100
_NAME_LENGTH: Final = 200
_ENCRYPTED: Final = frozenset(
    {"enveloped_data", "signed_and_enveloped_data", "encrypted_data", "authenticated_enveloped_data"}
)
# Before the first "-----BEGIN": openssl writes the certificates' names there.
_PEM_LEAD: Final = 65_536
_PEM: Final = re.compile(rb"-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----\s")
_BASE64_START: Final = re.compile(rb"\s*M[A-P][A-Za-z0-9+/]")
_BLANKS: Final = re.compile(rb"\s+")


@dataclass(frozen=True, slots=True)
class Signed:
    """The content of a CMS SignedData (b"" if the signature stands apart from what it signs).

    `signers` are the common names in the signers' certificates and `signed_at` the latest signing time, all as the
    wrapper claims: never verified.
    """

    content: bytes
    signers: tuple[str, ...] = ()
    signed_at: datetime | None = None


def signed_content(raw: bytes) -> Signed | None:
    """What a CMS SignedData holds; `raw` is DER, BER, PEM or base64. None if it is none or is damaged. Never raises.

    Recursion is bounded by the library, sizes and counts here; no signature is checked.
    """
    info = _content_info(raw)
    if info is None:
        return None
    try:
        if info["content_type"].native != "signed_data":
            return None
        data: SignedData = info["content"]
        content = _content(data)
    except Exception:  # noqa: BLE001  (hostile ASN.1 gives ValueError, TypeError, KeyError, RecursionError and others)
        return None
    signers, moments = _signers(data)
    return Signed(content, signers, max(moments, default=None))


def cms_kind(raw: bytes) -> CmsKind:
    """What kind of CMS wrapper `raw` is: "other" is a bare certificate list or compressed, "" is none. Never raises."""
    info = _content_info(raw)
    if info is None:
        return ""
    try:
        kind = info["content_type"].native
    except Exception:  # noqa: BLE001  (as above)
        return ""
    if kind == "signed_data":
        return "signed"
    return "encrypted" if kind in _ENCRYPTED else "other"


def looks_like_cms(head: bytes) -> bool:
    """Whether the first bytes of a file could begin a CMS wrapper: a cheap question before the real one."""
    return head[:1] == b"\x30" or bool(_BASE64_START.match(head[:100])) or bool(_PEM.search(head[:_PEM_LEAD]))


def _content_info(raw: bytes) -> Any:
    """The parsed outermost wrapper, None if the bytes are none."""
    if len(raw) > SIZE_LIMIT or not looks_like_cms(raw[:_PEM_LEAD]):
        return None
    from asn1crypto.cms import ContentInfo

    der = _der(raw)
    if der[:1] != b"\x30":
        return None
    try:
        info = ContentInfo.load(der)
        # An OID that CMS does not know comes back in dotted form: some other ASN.1 structure.
        return info if "." not in info["content_type"].native else None
    except Exception:  # noqa: BLE001  (as above)
        return None


def _der(raw: bytes) -> bytes:
    """The binary form of DER, PEM or base64."""
    if raw[:1] == b"\x30":
        return raw
    if begin := _PEM.search(raw, 0, _PEM_LEAD):
        end = raw.find(b"-----END", begin.end())
        raw = raw[begin.end() : end if end >= 0 else len(raw)]
    try:
        return base64.b64decode(_BLANKS.sub(b"", raw), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _content(data: "SignedData") -> bytes:
    from asn1crypto.core import OctetString, ParsableOctetString

    value = data["encap_content_info"]["content"]
    if not isinstance(value, OctetString | ParsableOctetString):
        return b""
    # The library joins the pieces of a streamed content in quadratic time.
    return b"".join(_pieces(value.contents)) if value.method == 1 else bytes(value.contents)


def _pieces(contents: bytes) -> Iterator[bytes]:
    """The pieces of a constructed OCTET STRING (X.690 8.7.3) in order; `ValueError` if it is none or is cut off.

    Only the pieces at the bottom carry bytes, so containers are stepped into and their ends passed over.
    """
    place = 0
    while place < len(contents):
        tag, length = contents[place], contents[place + 1]
        place += 2
        if tag == 0x04 and length != 0x80:
            if length > 0x80:
                digits = length & 0x7F
                length = int.from_bytes(contents[place : place + digits], "big")
                place += digits
            if place + length > len(contents):
                raise ValueError("cut off")
            yield contents[place : place + length]
            place += length
        elif tag == 0x24:
            place += length & 0x7F if length > 0x80 else 0
        elif (tag, length) != (0, 0):
            raise ValueError("not an octet string")


def _signers(data: "SignedData") -> tuple[tuple[str, ...], list[datetime]]:
    """Common names and signing times as claimed; what cannot be read is left out."""
    names: list[str] = []
    moments: list[datetime] = []
    try:
        certificates = [each.chosen for _, each in zip(range(_CERTIFICATES), data["certificates"] or (), strict=False)]
        for _, signer in zip(range(_SIGNERS), data["signer_infos"], strict=False):
            name = next((_common_name(one) for one in certificates if _is_of(signer["sid"], one)), "")
            if name and name not in names:
                names.append(name)
            moments.extend(_signing_times(signer))
    except Exception:  # noqa: BLE001  (as above; the content counts, the claim is an extra)
        return tuple(names), moments
    return tuple(names), moments


def _is_of(sid: Any, certificate: Any) -> bool:
    """Whether a signer identifier names this certificate."""
    if not hasattr(certificate, "serial_number"):
        return False  # an attribute certificate or one of another form
    if sid.name == "issuer_and_serial_number":
        wanted = sid.chosen
        same_serial = wanted["serial_number"].native == certificate.serial_number
        return bool(same_serial and wanted["issuer"].dump() == certificate.issuer.dump())
    return bool(sid.chosen.native == certificate.key_identifier)


def _common_name(certificate: Any) -> str:
    name = certificate.subject.native.get("common_name", "")
    if isinstance(name, list):
        name = name[0] if name else ""
    return one_line(str(name))[:_NAME_LENGTH]


def _signing_times(signer: Any) -> Iterator[datetime]:
    for attribute in signer["signed_attrs"] or ():
        if attribute["type"].native == "signing_time":
            for value in attribute["values"]:
                moment = value.native
                if isinstance(moment, datetime) and 1990 <= moment.year <= 2100:
                    yield moment.astimezone(UTC)
