"""The first look at a document, inside a limited child: what it is, how many pages it has, what text they hold.

Pages that are text already are read here, one after the other within milliseconds; pages that must be recognised
from their picture become tasks for other children.
"""

import json
import math
import resource
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ingest.documents.task import PageTask, keep_inside
from ingest.errors import (
    DocumentArchive,
    DocumentArchiveUnsupported,
    DocumentEmpty,
    DocumentIsMail,
    DocumentTooBig,
    DocumentUnsupported,
    DocumentZeroBytes,
)
from ingest.reading import Page

if TYPE_CHECKING:
    from ingest.documents.sniff import Kind

MAX_BYTES: Final = 200 * 1024**2
PROGRESS: Final = "reading.jsonl"
OVER_LIMIT: Final = "pages over the limit"
# A signed document may be signed again.
MAX_WRAPPERS: Final = 5


def survey(arguments: dict[str, Any]) -> dict[str, Any]:
    """The task inside the child: notes kind, page count and every page in the folder's progress file as it goes.

    So a survey cut short still has the pages before. It may begin at a later page ("first", from 1) of a PDF.
    Errors: the `DocumentError` family.
    """
    from ingest.documents.sniff import sniff

    source, image_folder = Path(arguments["source"]), Path(arguments["image_folder"])
    limit, first = int(arguments["pages"]), int(arguments.get("first", 1))
    page_seconds = int(arguments.get("page_cpu_seconds", 0))
    size = source.stat().st_size
    if size == 0:
        raise DocumentZeroBytes
    with (image_folder / PROGRESS).open("w", encoding="utf-8", buffering=1) as progress:
        kind = sniff(source)
        found = {"kind": kind, "page_count": 0, "source": str(source)}
        progress.write(json.dumps(found) + "\n")
        if size > MAX_BYTES:
            raise DocumentTooBig(f"{size} bytes")
        source, kind = _unwrapped(source, kind, image_folder)
        page_count, pages = _pages(source, kind, limit, image_folder, first)
        found |= {"page_count": page_count, "source": str(source), "format": kind}
        progress.write(json.dumps(found) + "\n")
        written = 0
        while True:
            _allow_seconds(page_seconds)
            page = next(pages, None)
            if page is None:
                break
            progress.write(json.dumps({"task" if isinstance(page, PageTask) else "page": asdict(page)}) + "\n")
            written += 1
        # A sheet turns out to be empty only when it is read; it is no page.
        page_count -= min(page_count, limit) - (first - 1) - written
        progress.write(json.dumps(found | {"page_count": page_count}) + "\n")
    if not page_count:
        raise DocumentEmpty("no cells")
    if page_count > limit:
        raise DocumentTooBig(OVER_LIMIT)
    if kind == "zip":
        raise DocumentArchive("zip")
    return {"page_count": page_count}


def _allow_seconds(seconds: int) -> None:
    """Let the next page have so many processor seconds, within what the child may use in all; 0: no own limit."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if seconds and hard != resource.RLIM_INFINITY:
        # One below the hard limit, which kills without the signal that says why.
        resource.setrlimit(resource.RLIMIT_CPU, (min(hard - 1, math.ceil(time.process_time()) + seconds), hard))


def _unwrapped(source: Path, kind: "Kind", image_folder: Path) -> tuple[Path, "Kind"]:
    """The document without signatures around it, and in a format that is read here; new files in the image folder."""
    from ingest.documents import sniff

    original = source
    for _ in range(MAX_WRAPPERS):
        if kind != "signed":
            break
        from ingest.documents import signed

        source = signed.unwrapped(source)
        kind = sniff.sniff(source)
    if kind == "xls":
        from ingest.documents import old_office

        source, kind = old_office.readable_workbook(source)
    elif kind in ("doc", "wpd", "ppt", "pptx", "odp", "ole"):
        from ingest.documents import old_office

        source, kind = old_office.converted(source, kind)
    return (source, kind) if source == original else (keep_inside(source, image_folder), kind)


def _pages(
    source: Path, kind: "Kind", limit: int, image_folder: Path, first: int
) -> tuple[int, Iterator[Page | PageTask]]:
    """How many pages the document has (sheets: at most), and those within the limit, one by one from `first` on."""
    from ingest.documents import sniff

    if kind == "pdf":
        from ingest.documents import pdf

        document = pdf.open_pdf(source)
        count = len(document)
        if count == 0:
            raise DocumentEmpty("no pages")
        reason = "file-damaged" if pdf.is_cut_off(source) else ""
        return count, pdf.read_pdf(document, source, range(first - 1, min(count, limit)), reason)
    if kind in sniff.IMAGES:
        from ingest.documents import image

        count = image.count_frames(source, kind)
        return count, (PageTask(index + 1, "image", str(source), index) for index in range(min(count, limit)))
    if kind in ("xlsx", "ods", "xls"):
        from ingest.documents import sheets

        workbook = sheets.open_workbook(source, kind)
        count = len(workbook.sheets_metadata)
        return count, sheets.read_sheets(workbook, min(count, limit))
    if kind in ("docx", "odt"):
        from ingest.documents import office

        return office.read_office(source, kind, limit, image_folder)
    if kind == "rtf":
        from ingest.documents import rtf

        return rtf.read_rtf(source, limit, image_folder)
    return 1, iter([_one_page(source, kind)])


def _one_page(source: Path, kind: "Kind") -> Page:
    """The page of a kind that is always one. Errors: the `DocumentError` family."""
    from ingest.documents import archive, csvtable, text

    match kind:
        case "text":
            return text.read_text(source)
        case "html":
            return text.read_html(source)
        case "csv":
            return csvtable.read_csv(source)
        case "zip":
            return archive.list_zip(source)
        case "7z" | "rar" | "gz":
            raise DocumentArchiveUnsupported(kind)
        case "eml" | "msg":
            raise DocumentIsMail(kind)
    raise DocumentUnsupported(kind)
