"""Plain text and HTML: one page, no picture."""

from pathlib import Path

from ingest.charset import decode
from ingest.documents.wording import main_language, words
from ingest.errors import DocumentEmpty, DocumentTooBig
from ingest.html import html_to_text
from ingest.normalise import normalise
from ingest.reading import Page

MAX_BYTES = 5 * 1024**2
MAX_CHARACTERS = 1_000_000


def read_text(path: Path) -> Page:
    """The page of a plain text file. Errors: `DocumentTooBig`, `DocumentEmpty`."""
    return text_page(decode(_bytes(path)).text)


def read_html(path: Path) -> Page:
    """The page of an HTML file: its visible text, as for the HTML of a mail. Errors as `read_text`."""
    found = html_to_text(decode(_bytes(path), html=True).text)
    return text_page(found.text, "text-cut" if found.cut else "")


def text_page(raw: str, reason: str = "") -> Page:
    """The one page of a document that is text already; `reason` marks it for a person. Errors: `DocumentEmpty`."""
    if len(raw) > MAX_CHARACTERS:
        raw, reason = raw[:MAX_CHARACTERS], "text-cut"
    text = normalise(raw)
    if not text:
        raise DocumentEmpty("no text")
    return Page(1, text, raw, "plain", language=main_language(words(text)), needs_human=bool(reason), reason=reason)


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise DocumentTooBig(f"text over {MAX_BYTES} bytes")
    return path.read_bytes()
