"""A PDF that opens only with its password: the standard security handler, revision 2 (PDF 1.7, section 7.6.3).

No library of the house writes encrypted PDFs. The 40-bit RC4 of revision 2 protects nothing today; that does not
matter for a practice file, and every reader knows it.
"""

import hashlib
from collections.abc import Iterable

PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
PERMISSIONS = -44
CONTENT_OBJECT = 5


def locked_pdf(lines: list[str], password: str) -> bytes:
    """One A4 page with these lines in Helvetica (ASCII only). Errors: UnicodeEncodeError for other letters."""
    file_id = hashlib.md5("\n".join(lines).encode("ascii"), usedforsecurity=False).digest()
    padded = (password.encode("ascii") + PADDING)[:32]
    owner = _rc4(_md5(padded)[:5], padded)
    key = _md5(padded + owner + PERMISSIONS.to_bytes(4, "little", signed=True) + file_id)[:5]
    shown = "".join(f"({line}) Tj T*\n" for line in lines)
    content = f"BT /F1 12 Tf 18 TL 72 740 Td\n{shown}ET".encode("ascii")
    content_key = _md5(key + CONTENT_OBJECT.to_bytes(3, "little") + b"\0\0")[:10]
    secret = _rc4(content_key, content)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(secret), secret),
        b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P %d>>" % (_hex(owner), _hex(_rc4(key, PADDING)), PERMISSIONS),
    ]
    return pdf_bytes(objects, b"/Encrypt 6 0 R/ID[<%s><%s>]" % (_hex(file_id), _hex(file_id)))


def pdf_bytes(objects: Iterable[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of the given objects (the first is the catalogue), with a correct cross-reference table."""
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, trailer, start)
    return bytes(out)


def _rc4(key: bytes, data: bytes) -> bytes:
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _hex(data: bytes) -> bytes:
    return data.hex().encode("ascii")
