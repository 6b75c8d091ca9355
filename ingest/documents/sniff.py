"""What a file is, told by its content and never by its name."""

import codecs
import csv
import re
import zipfile
from pathlib import Path
from typing import Final, Literal

from ingest.documents.ole import MAGIC as OLE_MAGIC
from ingest.documents.ole import top_streams
from ingest.documents.zipped import BROKEN

Kind = Literal[
    "pdf", "jpeg", "png", "tiff", "gif", "webp", "bmp", "heic", "text", "csv", "html", "rtf", "docx", "odt", "xlsx",
    "ods", "pptx", "odp", "doc", "xls", "ppt", "wpd", "ole", "zip", "7z", "rar", "gz", "signed", "eml", "msg",
    "unknown",
]  # fmt: skip
IMAGES = frozenset({"jpeg", "png", "tiff", "gif", "webp", "bmp"})

HEAD = 8192
MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"{\\rtf", "rtf"),
    (OLE_MAGIC, "ole"),
    (b"\xffWPC", "wpd"),
    (b"\xdb\xa5\x2d\x00", "doc"),  # Word 2
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b\x08", "gz"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x30\x82", "signed"),
    (b"\x30\x80", "signed"),
)
# Wrappers over 64 KiB have a longer length; so short a mark would be weak without their own identifier (RFC 5652).
LONG_WRAPPERS = (b"\x30\x83", b"\x30\x84")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
PEM_WRAPPER = re.compile(rb"\s*-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----\s")
BASE64_WRAPPER = re.compile(rb"M[A-P][A-Za-z0-9+/]{60,}[A-Za-z0-9+/=\s]*\Z")
HTML_START = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta)\b", re.I | re.S
)
MAIL_HEADER = re.compile(rb"^[A-Za-z][A-Za-z0-9-]*:[ \t]")
MAIL_TELLS = re.compile(rb"^(?:Received|Message-ID|MIME-Version|Return-Path|From|Delivered-To):", re.I | re.M)

# By the name of a stream at the top. An Outlook message comes first: nothing else has its stream.
OLE_KINDS: tuple[tuple[str, Kind], ...] = (
    ("__properties_version1.0", "msg"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
)
ZIP_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"word/document\d*\.xml"), "docx"),
    (re.compile(r"xl/workbook\d*\.(?:xml|bin)"), "xlsx"),
    (re.compile(r"ppt/presentation\d*\.xml"), "pptx"),
)
ODF_KINDS: tuple[tuple[bytes, Kind], ...] = (
    (b"application/vnd.oasis.opendocument.text", "odt"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"application/vnd.oasis.opendocument.presentation", "odp"),
)
# Office files list some dozens of parts; a list beyond this is not loaded only to tell what the file is.
MAX_ZIP_LIST: Final = 1024**2

DELIMITERS: Final = ";\t,|"
_CSV_LINES: Final = 50


def sniff(path: Path) -> Kind:
    """The kind of the file's content; "unknown" when nothing fits.

    Reads the first 8 KiB, and of a container its list of contents within limits. Never raises for what a file holds.
    """
    with path.open("rb") as source:
        head = source.read(HEAD)
    kind = sniff_head(head)
    if kind == "zip":
        return _zip_kind(path)
    if kind == "ole":
        return _ole_kind(path)
    return "csv" if kind == "text" and delimiter(head, whole=path.stat().st_size <= HEAD) else kind


def sniff_head(head: bytes) -> Kind:
    """The same from the first bytes alone; every kind of ZIP is "zip" here, of OLE "ole", and a table is "text"."""
    for magic, kind in MAGIC:
        if head.startswith(magic) and (kind != "bmp" or _is_bmp(head)):
            return kind
    if head.startswith(LONG_WRAPPERS) and SIGNED_DATA in head[:32]:
        return "signed"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif"):
        return "heic"
    # Viewers accept junk before the header, so senders' files have it.
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return _text_kind(head)


def delimiter(head: bytes, *, whole: bool) -> str:
    """What separates the fields if the first bytes are those of a table in text form, else "".

    Every line must have the same number of fields: three or more lines of them, since prose has commas too. `whole`
    says that nothing of the file is missing from `head`.
    """
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16", "ignore") if wide else head.decode("latin-1")
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not whole:
        lines.pop()  # it was cut off
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in DELIMITERS:
        return lines[0][4:5]
    lines = [line for line in lines if line.strip()][:_CSV_LINES]
    if len(lines) < 3:
        return ""
    return next((mark for mark in DELIMITERS if _is_table(lines, mark)), "")


def _is_table(lines: list[str], mark: str) -> bool:
    if mark not in lines[0]:
        return False
    try:
        rows = [row for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error:
        return False
    widths = {len(row) for row in rows[:-1]}  # a field of several lines may be cut off in the last one
    # Sentences have a blank after their commas; two columns by comma are too often just that.
    prose = mark == "," and (rows[0][1:2] == [""] or sum(", " in line for line in lines) > len(lines) / 2)
    return len(rows) >= 3 and len(widths) == 1 and widths.pop() >= (3 if mark == "," else 2) and not prose


def _is_bmp(head: bytes) -> bool:
    """Two letters are a weak mark ("BM" starts words), so the header size must be one that exists."""
    return int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124)


def _text_kind(head: bytes) -> Kind:
    if HTML_START.match(head.removeprefix(codecs.BOM_UTF8)):
        return "html"
    if PEM_WRAPPER.match(head) or BASE64_WRAPPER.match(head):
        return "signed"
    if MAIL_HEADER.match(head) and len(MAIL_TELLS.findall(head)) >= 2:
        return "eml"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text"
    # Text has no control characters but line ends, tabs and form feeds; old DOS texts end with 0x1A.
    odd = sum(1 for byte in head if byte < 32 and byte not in b"\t\n\v\r\f\x1a\x1b")
    return "text" if head and odd == 0 else "unknown"


def _ole_kind(path: Path) -> Kind:
    names, _ = top_streams(path)
    return next((kind for name, kind in OLE_KINDS if name in names), "ole")


def _zip_kind(path: Path) -> Kind:
    if list_bytes(path) > MAX_ZIP_LIST:
        return "zip"
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for pattern, kind in ZIP_KINDS:
                if any(pattern.fullmatch(name) for name in names):
                    return kind
            if "mimetype" in names and "content.xml" in names:
                with archive.open("mimetype") as mark:
                    said = mark.read(100)
                return next((kind for start, kind in ODF_KINDS if said.startswith(start)), "zip")
    except (*BROKEN, RuntimeError):
        return "zip"
    return "zip"


def list_bytes(path: Path) -> int:
    """The size of the archive's list of contents by its last record (APPNOTE 4.3.16); 0 if it has none."""
    with path.open("rb") as source:
        source.seek(max(0, path.stat().st_size - 65_557))
        tail = source.read()
    last = tail.rfind(b"PK\x05\x06")
    if last < 0:
        return 0
    if last >= 76 and tail[last - 20 : last - 16] == b"PK\x06\x07":  # the record for large archives stands before it
        return int.from_bytes(tail[last - 36 : last - 28], "little")
    return int.from_bytes(tail[last + 12 : last + 16], "little")
