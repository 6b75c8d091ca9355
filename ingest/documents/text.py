"""Plain text and HTML: one page, no picture."""

import codecs
from pathlib import Path

from ingest.charset import decode
from ingest.documents.wording import main_language, words
from ingest.errors import DocumentEmpty
from ingest.html import html_to_text
from ingest.normalise import normalise
from ingest.reading import Page, Source

MAX_BYTES = 5 * 1024**2
MAX_CHARACTERS = 1_000_000


def read_text(path: Path) -> Page:
    """The page of a plain text file, its beginning if it is long. Errors: `DocumentEmpty`."""
    raw, cut = first_bytes(path)
    return text_page(decode(raw).text, "text-cut" if cut else "")


def read_html(path: Path) -> Page:
    """The page of an HTML file: its visible text, as for the HTML of a mail. Errors as `read_text`."""
    raw, cut = first_bytes(path)
    found = html_to_text(decode(raw, html=True).text)
    return text_page(found.text, "text-cut" if cut or found.cut else "")


def text_page(raw: str, reason: str = "", *, number: int = 1, source: Source = "plain") -> Page:
    """A page of a document that is text already; `reason` marks it for a person. Errors: `DocumentEmpty`."""
    if len(raw) > MAX_CHARACTERS:
        raw, reason = raw[:MAX_CHARACTERS], "text-cut"
    text = normalise(raw)
    if not text:
        raise DocumentEmpty("no text")
    language = main_language(words(text))
    return Page(number, text, raw, source, language=language, needs_human=bool(reason), reason=reason)


def first_bytes(path: Path) -> tuple[bytes, bool]:
    """The bytes of a text file, at most 5 MiB, and whether something was left out; no letter is cut in two."""
    with path.open("rb") as source:
        raw = source.read(MAX_BYTES + 1)
    if len(raw) <= MAX_BYTES:
        return raw, False
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw[: MAX_BYTES // 2 * 2], True
    end = MAX_BYTES
    while end > MAX_BYTES - 4 and 0x80 <= raw[end] < 0xC0:  # the middle of a letter in UTF-8
        end -= 1
    return raw[:end], True
