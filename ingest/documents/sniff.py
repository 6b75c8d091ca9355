"""What a file is, told by its first bytes and never by its name."""

import codecs
import re
import zipfile
from pathlib import Path
from typing import Literal

Kind = Literal[
    "pdf", "jpeg", "png", "tiff", "gif", "webp", "bmp", "heic", "text", "html", "docx", "odt", "rtf", "ole", "zip",
    "signed", "eml", "unknown",
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
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x30\x82", "signed"),
    (b"\x30\x80", "signed"),
)
HTML_START = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta)\b", re.I | re.S
)
MAIL_HEADER = re.compile(rb"^[A-Za-z][A-Za-z0-9-]*:[ \t]")
MAIL_TELLS = re.compile(rb"^(?:Received|Message-ID|MIME-Version|Return-Path|From|Delivered-To):", re.I | re.M)


def sniff(path: Path) -> Kind:
    """The kind of the file's content; "unknown" when nothing fits. Reads the first 8 KiB (and a ZIP's list)."""
    with path.open("rb") as source:
        head = source.read(HEAD)
    return _zip_kind(path) if head.startswith(b"PK\x03\x04") else sniff_head(head)


def sniff_head(head: bytes) -> Kind:
    """The same from the first bytes alone; every kind of ZIP is "zip" here."""
    for magic, kind in MAGIC:
        if head.startswith(magic) and (kind != "bmp" or _is_bmp(head)):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif"):
        return "heic"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    # Viewers accept junk before the header, so senders' files have it.
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return _text_kind(head)


def _is_bmp(head: bytes) -> bool:
    """Two letters are a weak mark ("BM" starts words), so the header size must be one that exists."""
    return int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124)


def _text_kind(head: bytes) -> Kind:
    if HTML_START.match(head.removeprefix(codecs.BOM_UTF8)):
        return "html"
    if MAIL_HEADER.match(head) and len(MAIL_TELLS.findall(head)) >= 2:
        return "eml"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text"
    # Text has no control characters but line ends, tabs and form feeds.
    odd = sum(1 for byte in head if byte < 32 and byte not in b"\t\n\r\f\x1b")
    return "text" if head and odd == 0 else "unknown"


def _zip_kind(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "word/document.xml" in names:
                return "docx"
            if "mimetype" in names and "content.xml" in names:
                with archive.open("mimetype") as mark:
                    return "odt" if b"opendocument.text" in mark.read(100) else "zip"
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError):
        return "zip"
    return "zip"
