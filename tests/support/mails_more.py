"""More mails for tests: signed and encrypted wrappers, winmail.dat, invitations. All people are invented."""

import json
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from ingest.message import Message, take_apart_file
from ingest.problems import CODES
from tests.support.mails import Container, Leaf

SIGNER = "Ilinca Țăranu"
OFFICE = "registratura@medias.example"


def take(folder: Path, raw: bytes) -> Message:
    """Take a raw mail apart in this process; its parts lie in `folder / "parts"`. Checks what holds for every mail."""
    (folder / "mail").write_bytes(raw)
    answer = take_apart_file(
        {
            "path": str(folder / "mail"),
            "parts_folder": str(folder / "parts"),
            "own_addresses": [OFFICE],
            "own_domain": "medias.example",
        }
    )
    message = Message.from_json(json.loads(json.dumps(answer)))
    assert Message.from_json(message.to_json()) == message
    assert set(message.problems) <= CODES
    assert [part.number for part in message.parts] == [*range(1, len(message.parts) + 1)]
    for part in message.parts:
        assert (folder / "parts" / part.stored_name).stat().st_size == part.size
    assert {path.name for path in (folder / "parts").iterdir()} >= {part.stored_name for part in message.parts}
    assert not list((folder / "parts").glob("*.part"))
    return message


def content(folder: Path, message: Message, number: int) -> bytes:
    """The bytes of part `number` of a mail that `take` took apart."""
    return (folder / "parts" / message.parts[number - 1].stored_name).read_bytes()


# --- signed and encrypted ------------------------------------------------------------------------------------


@lru_cache
def _signer() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SIGNER)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    return key, builder.not_valid_after(datetime(2036, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())


def signed(inside: bytes, *options: pkcs7.PKCS7Options, encoding: Encoding = Encoding.DER) -> bytes:
    """A CMS SignedData around these bytes."""
    key, certificate = _signer()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(inside).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(encoding, [pkcs7.PKCS7Options.Binary, *options])


def signature(over: bytes) -> bytes:
    """A CMS SignedData that stands apart from what it signs."""
    return signed(over, pkcs7.PKCS7Options.DetachedSignature)


def encrypted(inside: bytes) -> bytes:
    """A CMS EnvelopedData."""
    _, certificate = _signer()
    return pkcs7.PKCS7EnvelopeBuilder().set_data(inside).add_recipient(certificate).encrypt(Encoding.DER, [])


def streamed(inside: bytes, piece: int) -> bytes:
    """The SignedData of these bytes in BER, the content in pieces, as OpenSSL and Outlook write it."""
    der = signed(inside)
    whole = _tlv(0x04, inside)
    pieces = b"".join(_tlv(0x04, inside[start : start + piece]) for start in range(0, len(inside), piece))
    explicit = _tlv(0xA0, whole)
    start = der.index(explicit)
    oid = der[start - 11 : start]
    before, after = der[: start - 11], der[start + len(explicit) :]
    body = oid + b"\xa0\x80\x24\x80" + pieces + b"\0\0\0\0"
    # The encapsulated content, the SignedData and the wrappers around them get open ends.
    version_and_digests = before[before.index(b"\x02\x01\x01") :]
    version_and_digests = version_and_digests[: version_and_digests.rindex(b"\x30")]
    return (
        b"\x30\x80" + bytes.fromhex("06092a864886f70d010702") + b"\xa0\x80\x30\x80" + version_and_digests
        + b"\x30\x80" + body + b"\0\0" + after + b"\0\0\0\0\0\0"
    )  # fmt: skip


def opaque(inside: Leaf | Container, content_type: str = "application/pkcs7-mime; smime-type=signed-data") -> Leaf:
    """Opaque S/MIME around a part."""
    return Leaf(
        signed(inside.raw()), content_type, fields=[("Content-Disposition", 'attachment; filename="smime.p7m"')]
    )


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


# --- winmail.dat ---------------------------------------------------------------------------------------------

Property = tuple[int, int, bytes]
STRING, BINARY, OBJECT = 0x001E, 0x0102, 0x000D
BODY, HTML, RTF, LONG_NAME, MIME_TYPE, CONTENT_ID, DATA_OBJECT = 0x1000, 0x1013, 0x1009, 0x3707, 0x370E, 0x3712, 0x3701
_EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")


def string(name: int, value: str) -> Property:
    """A text property in windows-1250, which has ş and ţ only with a cedilla."""
    return STRING, name, value.translate(str.maketrans("șȘțȚ", "şŞţŢ")).encode("cp1250") + b"\0"


def properties(*given: Property) -> bytes:
    """A list of MAPI properties (MS-OXTNEF 2.1.3.4)."""
    table = struct.pack("<I", len(given))
    for kind, name, value in given:
        table += struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)
    return table


def tnef(*given: Property, attachments: Sequence[tuple[str, bytes, Sequence[Property]]] = ()) -> bytes:
    """A TNEF with these message properties and attachments (short name, content, more properties)."""
    raw = b"\x78\x9f\x3e\x22\x01\x00" + _object(1, 0x9007, struct.pack("<II", 1250, 0))
    if given:
        raw += _object(1, 0x9003, properties(*given))
    for name, data, more in attachments:
        raw += _object(2, 0x9002, b"\x01\x00" + b"\xff" * 12)
        raw += _object(2, 0x8010, name.encode("cp1250") + b"\0") if name else b""
        raw += _object(2, 0x800F, data) if data else b""
        raw += _object(2, 0x9005, properties(*more)) if more else b""
    return raw


def embedded(inside: bytes) -> Property:
    """The property of an attachment that is itself a mail."""
    return OBJECT, DATA_OBJECT, _EMBEDDED + inside


def rich_text(rtf: str) -> Property:
    """The RTF body, stored without compression (MS-OXRTFCP 2.1.3.1.5)."""
    content = rtf.encode("ascii")
    return BINARY, RTF, struct.pack("<IIII", len(content) + 12, len(content), 0x414C454D, 0) + content


def winmail(raw: bytes, content_type: str = "application/ms-tnef", name: str = "winmail.dat") -> Leaf:
    """The TNEF as a part of a mail."""
    fields = [("Content-Disposition", f'attachment; filename="{name}"')] if name else []
    return Leaf(raw, content_type, fields=fields)


def _object(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


# --- invitations ---------------------------------------------------------------------------------------------


def calendar(*lines: str, method: str = "REQUEST") -> bytes:
    """A calendar with one appointment of these lines."""
    event = ["BEGIN:VEVENT", "UID:1@example.ro", *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *event, "END:VCALENDAR", ""]).encode()


def invitation(*lines: str, method: str = "REQUEST") -> Leaf:
    """A calendar as a part of a mail."""
    return Leaf(calendar(*lines, method=method), f"text/calendar; charset=utf-8; method={method}")
