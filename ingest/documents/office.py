"""Word processor files (DOCX, ODT): the text of the parts inside, read without trusting the archive."""

import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from ingest.documents.text import text_page
from ingest.errors import DocumentDamaged, DocumentEmpty, DocumentEncrypted, DocumentTooBig
from ingest.reading import Page, unread_page

MAX_PART_BYTES = 32 * 1024**2
MAX_PARTS = 5000

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ODF = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
BREAKS = {
    f"{WORD}br": "\n",
    f"{WORD}cr": "\n",
    f"{WORD}tab": " ",
    f"{ODF}line-break": "\n",
    f"{ODF}tab": " ",
    f"{ODF}s": " ",
}
PARAGRAPHS = frozenset({f"{WORD}p", f"{ODF}p", f"{ODF}h"})
# Deleted text of tracked changes is not what the sender wrote in the end.
# "Fallback" repeats text boxes for old programs.
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
SKIPPED = frozenset({f"{WORD}del", f"{WORD}instrText", f"{COMPATIBILITY}Fallback", f"{ODF}tracked-changes"})


def read_office(path: Path, kind: str) -> Page:
    """The one page of a DOCX or ODT file: headers, body, footers; a picture inside asks for a person.

    Errors: `DocumentDamaged`, `DocumentEncrypted`, `DocumentTooBig`, `DocumentEmpty`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) > MAX_PARTS:
                raise DocumentTooBig(f"over {MAX_PARTS} parts")
            raw = "\n".join(_part_text(archive, name) for name in _parts(names, kind))
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, EOFError, NotImplementedError) as failure:
        raise DocumentDamaged(type(failure).__name__) from failure
    except RuntimeError as failure:  # zipfile's word for a password
        raise DocumentEncrypted("zip member") from failure
    pictures = any(name.startswith(("word/media/", "Pictures/")) for name in names)
    try:
        return text_page(raw, "pictures-not-read" if pictures else "")
    except DocumentEmpty:
        if pictures:
            return unread_page(1, "pictures-not-read")
        raise


def _parts(names: list[str], kind: str) -> list[str]:
    if kind == "odt":
        return ["content.xml"]
    headers = sorted(name for name in names if name.startswith("word/header"))
    footers = sorted(name for name in names if name.startswith("word/footer"))
    return [*headers, "word/document.xml", *footers]


def _part_text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as part:
        # The size in the archive's list is the sender's claim, so the bytes are counted.
        content = part.read(MAX_PART_BYTES + 1)
    if len(content) > MAX_PART_BYTES:
        raise DocumentTooBig(f"a part over {MAX_PART_BYTES} bytes")
    # No entities, and no two-byte encoding that would hide them from this look.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\x00" in content:
        raise DocumentDamaged("document type inside an office file")
    return "".join(_texts(ElementTree.fromstring(content), name != "content.xml"))  # noqa: S314


def _texts(root: ElementTree.Element, is_docx: bool) -> Iterator[str]:
    """Text in reading order. A stack instead of recursion: the nesting depth is the sender's choice."""
    stack: list[ElementTree.Element | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
            continue
        if node.tag in SKIPPED:
            continue
        if node.tag in BREAKS:
            yield BREAKS[node.tag]
        # In DOCX only w:t is text (positions of drawings are text nodes too); in ODT everything is.
        if node.text and (node.tag == f"{WORD}t" or not is_docx):
            yield node.text
        if node.tag in PARAGRAPHS:
            stack.append("\n")
        for child in reversed(node):
            if child.tail and not is_docx:
                stack.append(child.tail)
            stack.append(child)
