"""Word processor files (DOCX, ODT): the text of the parts inside, then the scans that were pasted in."""

import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from ingest.documents import pictures
from ingest.documents.task import PageTask
from ingest.documents.text import text_page
from ingest.documents.zipped import office_archive, part_bytes
from ingest.errors import DocumentDamaged, DocumentEmpty, DocumentTooBig
from ingest.reading import Page, unread_page

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ODF = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
ODF_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
ODF_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
# Word's "Strict Open XML" is the same under another name.
STRICT: Final = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
BREAKS = {
    f"{WORD}br": "\n",
    f"{WORD}cr": "\n",
    f"{WORD}tab": " ",
    f"{WORD}noBreakHyphen": "-",
    f"{ODF}line-break": "\n",
    f"{ODF}tab": " ",
    f"{ODF}s": " ",
}
PARAGRAPHS = frozenset({f"{WORD}p", f"{ODF}p", f"{ODF}h"})
# Deleted and moved text of tracked changes is not what the sender wrote in the end, and comments are about the text.
# "Fallback" repeats text boxes for old programs.
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
SKIPPED = frozenset(
    {
        f"{WORD}del",
        f"{WORD}moveFrom",
        f"{WORD}instrText",
        f"{COMPATIBILITY}Fallback",
        f"{ODF}tracked-changes",
        f"{ODF_OFFICE}annotation",
        f"{ODF_OFFICE}binary-data",
    }
)
ODF_HEADERS = tuple(f"{ODF_STYLE}header{which}" for which in ("", "-first", "-left"))
ODF_FOOTERS = tuple(f"{ODF_STYLE}footer{which}" for which in ("", "-first", "-left"))
PICTURES = ("word/media/", "Pictures/")


def read_office(path: Path, kind: str, limit: int, image_folder: Path) -> tuple[int, Iterator[Page | PageTask]]:
    """How many pages a DOCX or ODT file gives, and the first `limit` of them: its text, then the scans inside.

    The text has headers, body, notes and footers. A picture too small for a page is not read and asks for a person.
    Errors: `DocumentDamaged`, `DocumentEncrypted`, `DocumentTooBig`, `DocumentEmpty`.
    """
    with office_archive(path) as archive:
        names = archive.namelist()
        raw = "\n".join(_odt_texts(archive) if kind == "odt" else _docx_texts(archive, names))
        found = sorted((name for name in set(names) if name.startswith(PICTURES)), key=_natural)
        scans, others = pictures.page_like(partial(_picture, path, name) for name in found)
    try:
        pages = [text_page(raw, "pictures-not-read" if others else "")]
    except DocumentEmpty:
        if not found:
            raise
        pages = [unread_page(1, "pictures-not-read")] if others else []
    return len(pages) + len(scans), _all(pages, scans[: max(0, limit - len(pages))], image_folder)


def _all(pages: list[Page], scans: list[pictures.Source], image_folder: Path) -> Iterator[Page | PageTask]:
    yield from pages
    yield from pictures.picture_tasks(scans, len(pages) + 1, image_folder)


def _natural(name: str) -> list[tuple[int, str]]:
    """For sorting "image10" after "image9"."""
    return [(int(digits or 0), letters) for letters, digits in re.findall(r"(\D*)(\d{0,9})", name)]


def _picture(path: Path, name: str) -> bytes:
    """The bytes of one picture, b"" if it cannot be unpacked."""
    try:
        with office_archive(path) as archive:
            return part_bytes(archive, name)
    except (DocumentDamaged, DocumentTooBig):
        return b""


def _docx_texts(archive: zipfile.ZipFile, names: list[str]) -> Iterator[str]:
    headers, bodies, notes, footers = (
        sorted((name for name in names if re.fullmatch(rf"word/(?:{stem})\d*\.xml", name)), key=_natural)
        for stem in ("header", "document", "footnotes|endnotes", "footer")
    )
    for name in (*headers, *bodies, *notes, *footers):
        yield "".join(_texts(_parsed(archive, name), is_docx=True))


def _odt_texts(archive: zipfile.ZipFile) -> Iterator[str]:
    styles = _parsed(archive, "styles.xml") if "styles.xml" in archive.NameToInfo else ElementTree.Element("none")
    yield from _styled(styles, ODF_HEADERS)
    yield "".join(_texts(_parsed(archive, "content.xml"), is_docx=False))
    yield from _styled(styles, ODF_FOOTERS)


def _styled(styles: ElementTree.Element, tags: tuple[str, ...]) -> Iterator[str]:
    for tag in tags:
        for element in styles.iter(tag):
            yield "".join(_texts(element, is_docx=False))


def _parsed(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    try:
        content = part_bytes(archive, name)
    except KeyError as failure:
        raise DocumentDamaged("a part is missing") from failure
    # No entities, and no two-byte encoding that would hide them from this look.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\x00" in content:
        raise DocumentDamaged("document type inside an office file")
    return ElementTree.fromstring(content.replace(STRICT, WORD.strip("{}").encode()))  # noqa: S314


def _texts(root: ElementTree.Element, *, is_docx: bool) -> Iterator[str]:
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
