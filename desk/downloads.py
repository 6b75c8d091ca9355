"""Handing out kept files: always as downloads with harmless types, except pictures and PDFs that we made."""

import re
import unicodedata
from urllib.parse import quote

from fastapi import Response

from desk.security import PDF_POLICY

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')
LONGEST_NAME = 150


def safe_name(name: str, fallback: str) -> str:
    """A file name that no system takes for a path, a command or another name (bidi controls are taken out)."""
    cleaned = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" ._")
    if len(cleaned) > LONGEST_NAME:
        stem, dot, ending = cleaned.rpartition(".")
        keep = f".{ending}" if dot and len(ending) <= 8 else ""
        cleaned = (stem or cleaned)[: LONGEST_NAME - len(keep)] + keep
    return cleaned or fallback


def download(content: bytes, name: str, fallback: str) -> Response:
    """A file to keep, not to show: the browser is told nothing of its type."""
    shown = safe_name(name, fallback)
    plain = shown.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
    return Response(content, media_type="application/octet-stream", headers={"Content-Disposition": disposition})


def picture(content: bytes) -> Response | None:
    """A picture to show, if its first bytes say PNG, JPEG, WebP or GIF; None for anything else."""
    found = picture_type(content)
    return Response(content, media_type=found, headers={"Content-Disposition": "inline"}) if found else None


def picture_type(content: bytes) -> str | None:
    """The media type of a raster picture by its first bytes."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def pdf(content: bytes, name: str) -> Response:
    """A PDF that we made, shown in the browser."""
    disposition = f'inline; filename="{safe_name(name, "pdf")}"'
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": PDF_POLICY}
    return Response(content, media_type="application/pdf", headers=headers)
