"""Scanned letters as the machine leaves them: kept pictures, words with boxes, quality. All people are invented."""

import io
import json
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from sqlmodel import Session

from registry.models import Letter, LetterPart, Page
from registry.store import FileStore, record_file
from tests.support.factories import make_page, make_part
from tests.support.letters import FONT

A4_AT_100 = (827, 1169)
LINES = (
    "Domnule Primar,",
    "Subsemnatul Ștefan Țîrlea, din strada Morii 4,",
    "vă rog să reparați țeava spartă în fața casei mele.",
    "Apa curge de joi și îngheață noaptea.",
    "Vă mulțumesc.",
)
DPI = 100


def drawn_page(
    lines: tuple[str, ...] = LINES, *, doubtful: frozenset[str] = frozenset(), turned: int = 0
) -> tuple[Image.Image, list[list[str | int | float]]]:
    """A page at 100 dpi and its words as they are kept: [text, left, top, width, height, confidence]."""
    picture = Image.new("L", A4_AT_100, 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 20)
    words: list[list[str | int | float]] = []
    for row, line in enumerate(lines):
        across = 90.0
        for word in line.split():
            left, top, right, bottom = pen.textbbox((across, 120 + 40 * row), word, font=font)
            pen.text((across, 120 + 40 * row), word, font=font, fill=0)
            confidence = 41.0 if word in doubtful else 93.0
            words.append([word, round(left), round(top), round(right - left), round(bottom - top), confidence])
            across = right + 9
    return picture.rotate(-turned, expand=True), words


def keep(session: Session, store: FileStore, content: bytes) -> str:
    """Bytes in the store and on record; returns their hash."""
    sha256 = store.put(content)
    record_file(session, store, sha256)
    return sha256


def webp(picture: Image.Image) -> bytes:
    """The picture as kept pictures are."""
    content = io.BytesIO()
    picture.save(content, "WEBP", quality=70)
    return content.getvalue()


def make_scan(session: Session, store: FileStore, letter: Letter, *, found_type: str = "pdf") -> LetterPart:
    """The one file of a letter that was scanned."""
    name = "scan_0042.pdf"
    return make_part(session, store, letter, b"%PDF-1.4 scan", file_name=name, found_type=found_type, number=1)


def make_scanned_page(
    session: Session,
    store: FileStore,
    part: LetterPart,
    number: int,
    lines: tuple[str, ...] = LINES,
    *,
    doubtful: frozenset[str] = frozenset(),
    **fields: Any,
) -> Page:
    """A page of a scan with its picture and words."""
    picture, words = drawn_page(lines, doubtful=doubtful)
    low = sum(float(word[5]) < 60 for word in words) / max(1, len(words))
    text = "\n".join(lines)
    values = {
        "number": number,
        "text": text,
        "raw_text": text,
        "language": "ron",
        "mean_confidence": 91.0,
        "p10_confidence": 72.0,
        "low_share": round(low, 4),
        "coverage": 0.993,
        "tries": 1,
        "angle": 0.4,
        "dpi": DPI,
        "image_sha256": keep(session, store, webp(picture)),
        "width": picture.width,
        "height": picture.height,
        "words_sha256": keep(session, store, json.dumps(words, ensure_ascii=False).encode()),
        "needs_human": low > 0.08,
        "reason": "low-confidence" if low > 0.08 else "",
        **fields,
    }
    return make_page(session, part, **values)
