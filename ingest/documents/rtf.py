"""RTF: the text by striprtf, after what it cannot bear or would leave out was put right; then the scans inside."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from striprtf.striprtf import rtf_to_text

from ingest.documents import pictures
from ingest.documents.task import PageTask
from ingest.documents.text import text_page
from ingest.documents.triage import PageFacts, judge
from ingest.errors import ChildTimeout, DocumentDamaged, DocumentEmpty, DocumentTooBig
from ingest.normalise import repair_legacy
from ingest.reading import Page, unread_page
from ingest.timebox import TimeUp, at_most

MAX_BYTES: Final = 64 * 1024**2
MAX_MARKUP: Final = 16 * 1024**2
SECONDS: Final = 60

# A run of hexadecimal digits this long is a picture or an embedded object, never words.
_HEX: Final = re.compile(rb"(?<![0-9A-Fa-f\s])[0-9A-Fa-f\s]{200,}+")
_PICTURE: Final = re.compile(rb"\\(?:png|jpeg)blip(?:[^{}0-9]|\d{1,9}(?![0-9a-fA-F])){0,500}?\s([0-9A-Fa-f\s]{2000,}+)")
_BINARY: Final = re.compile(rb"\\bin(\d{1,9}) ?")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_WHITE: Final = re.compile(rb"\s+")
_UNICODE: Final = re.compile(r"\\u(-?\d+)")
_HEADS: Final = (("\\mac", "mac_roman"), ("\\pca", "cp850"), ("\\pc", "cp437"))

# What the library treats as outside the text although a reader sees it, and what it shows although no reader does.
_REWRITTEN: Final = (
    (re.compile(r"\\(?:header|footer)[lrf]?(?![a-z])"), r"\\par "),
    (re.compile(r"\\\*\s?\\shpinst(?![a-z])"), r"\\par "),
    (re.compile(r"\\(?:shp|shptxt|footnote|dptxbxtext)(?![a-z])"), r"\\line "),
    (re.compile(r"\\deleted(?![a-z0])1?"), r"\\*\\deleted "),
    # Its search for hyperlinks takes quadratic time, and the address of a link is not what is read.
    (re.compile(r"\\fldinst\s?\{"), r"\\fldinst {"),
    (re.compile(r"\\uc(?![a-z0-9])"), r"\\uc1"),
)


def read_rtf(path: Path, limit: int, image_folder: Path) -> tuple[int, Iterator[Page | PageTask]]:
    """How many pages an RTF file gives, and the first `limit` of them: its text, then the scans inside.

    Errors: `DocumentDamaged`, `DocumentTooBig`, `DocumentEmpty`, `ChildTimeout`.
    """
    if path.stat().st_size > MAX_BYTES:
        raise DocumentTooBig(f"RTF over {MAX_BYTES} bytes")
    raw = path.read_bytes()
    spans = [found.span(1) for found in _PICTURE.finditer(raw)]
    scans, others = pictures.page_like(partial(_picture, raw, start, end) for start, end in spans)
    others += raw.count(b"\\pict") > len(spans)
    text = rtf_text(raw)
    try:
        pages = [text_page(text, "pictures-not-read" if others else "")]
    except DocumentEmpty:
        if not (scans or others):
            raise
        pages = [unread_page(1, "pictures-not-read")] if others else []
    return len(pages) + len(scans), _all(pages, scans[: max(0, limit - len(pages))], image_folder)


def _all(pages: list[Page], scans: list[pictures.Source], image_folder: Path) -> Iterator[Page | PageTask]:
    yield from pages
    yield from pictures.picture_tasks(scans, len(pages) + 1, image_folder)


def rtf_text(raw: bytes) -> str:
    """The words of an RTF document with its headers, text boxes and notes, without deleted text.

    Errors: `DocumentDamaged`, `DocumentTooBig`, `ChildTimeout` after a minute of processor time.
    """
    raw = _HEX.sub(b" ", _without_binary(raw))
    if len(raw) > MAX_MARKUP:
        raise DocumentTooBig(f"RTF with over {MAX_MARKUP} bytes of markup")
    # Letters beyond ASCII must be escaped in RTF; of programs that do not, the bytes mean what escaped ones mean.
    markup = _HIGH.sub(lambda found: b"\\'%02x" % found[0][0], raw).decode("ascii")
    for pattern, instead in _REWRITTEN:
        markup = pattern.sub(instead, markup)
    markup = _UNICODE.sub(_possible, markup)
    head = markup[:200]
    encoding = next((charset for word, charset in _HEADS if word in head), "cp1252")
    try:
        with at_most(SECONDS):
            text = str(rtf_to_text(markup, encoding=encoding, errors="replace"))  # type: ignore[no-untyped-call]
    except TimeUp as failure:
        raise ChildTimeout(f"RTF over {SECONDS} processor seconds") from failure
    except (ValueError, LookupError, TypeError, OverflowError) as failure:
        raise DocumentDamaged(type(failure).__name__) from failure
    # Letters beyond the first plane are written as two halves.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("|\n", "\n")
    return repair_legacy(text) if judge(PageFacts(text, 0.0, False)) == "repair" else text


def _without_binary(raw: bytes) -> bytes:
    """Without the runs of plain bytes that `\\bin` announces."""
    kept: list[bytes] = []
    start = 0
    while found := _BINARY.search(raw, start):
        kept.append(raw[start : found.start()])
        start = found.end() + int(found[1])
    return b"".join([*kept, raw[start:]])


def _picture(raw: bytes, start: int, end: int) -> bytes:
    digits = _WHITE.sub(b"", raw[start:end])
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))


def _possible(found: re.Match[str]) -> str:
    """A code that no letter has becomes a question mark."""
    number = found[1]
    return found[0] if len(number) < 7 and -32768 <= int(number) <= 0x10FFFF else "\\u63"
