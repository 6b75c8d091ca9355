"""Documents: `read_document` for everybody outside; `read` is its other half, inside the limited child.

Heavy libraries are imported only inside `read`, so the daemon and the desk never load them.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.child import JSON, Limits, run_limited
from ingest.errors import (
    ChildAnswerTooBig,
    ChildError,
    ChildOutOfMemory,
    DocumentArchive,
    DocumentArchiveUnsupported,
    DocumentEmpty,
    DocumentError,
    DocumentIsMail,
    DocumentTooBig,
    DocumentUnsupported,
    DocumentZeroBytes,
)
from ingest.reading import DocumentReading, Page, unread_page

if TYPE_CHECKING:
    from ingest.documents.sniff import Kind

MAX_BYTES = 200 * 1024**2
# A page count is the sender's claim; records beyond this many say nothing more.
MAX_RECORDS = 10_000
PROGRESS = "reading.jsonl"
OVER_LIMIT = "pages over the limit"
# A signed document may be signed again.
MAX_WRAPPERS = 5


def read_document(source: Path, *, image_folder: Path, limits: Limits = Limits()) -> DocumentReading:
    """Read one file of any kind: one record per page, and one upright picture per page in `image_folder`.

    The folder is made if missing; files of an earlier reading of the same document are overwritten. Bad input
    never raises: it gives a reading with a failure code ("encrypted", "empty", "zero-bytes", "too-big",
    "damaged", "unsupported", "needs-libreoffice", "timeout", "crashed" and others: docs/reference/error-codes.md) and
    the pages that were read before it. An archive gives one page, the list of its files, and the code "archive".

    Errors: `TesseractMissing` and `LanguageDataMissing`, which the operator repairs before a new try;
    `FileNotFoundError` for a source that is not there.
    """
    source.stat()
    image_folder.mkdir(parents=True, exist_ok=True)
    progress = image_folder / PROGRESS
    progress.write_bytes(b"")
    arguments: dict[str, JSON] = {
        "source": str(source.resolve()),
        "image_folder": str(image_folder.resolve()),
        "pages": limits.pages,
    }
    failure, detail = "", ""
    try:
        run_limited("read_document", arguments, limits=limits)
    except (DocumentError, ChildError) as refusal:
        too_big = isinstance(refusal, ChildOutOfMemory | ChildAnswerTooBig)
        failure, detail = DocumentTooBig.code if too_big else refusal.code, refusal.detail
    with progress.open("rb") as noted:
        lines = noted.read(limits.answer_bytes).splitlines(keepends=True)
        if noted.read(1):
            failure, detail = DocumentTooBig.code, f"text over {limits.answer_bytes} bytes"
    progress.unlink()
    return _collect(lines, failure, detail)


def _collect(lines: list[bytes], failure: str, detail: str) -> DocumentReading:
    """The reading from what the child noted: kind and page count first, then one page a line."""
    kind, page_count = "unknown", 0
    pages: list[Page] = []
    for line in lines:
        if not line.endswith(b"\n"):
            break  # the child was killed while writing, or the answer is over its limit
        record = json.loads(line)
        if "kind" in record:
            kind, page_count = record["kind"], record["page_count"]
        else:
            pages.append(Page(**record))
    # Only a page count over the limit ends the reading in good order.
    reason = "beyond-page-limit" if failure == DocumentTooBig.code and detail == OVER_LIMIT else "not-reached"
    missing = range(len(pages) + 1, min(page_count, MAX_RECORDS) + 1)
    pages.extend(unread_page(number, reason) for number in missing)
    return DocumentReading(kind, tuple(pages), page_count, failure, detail)


def read(arguments: dict[str, Any]) -> dict[str, Any]:
    """The task inside the child: notes kind, page count and every page in the folder's progress file as it goes,
    so that a reading cut short still has the pages before. Errors: the `DocumentError` family, Tesseract's."""
    from ingest.documents.sniff import sniff

    source, image_folder = Path(arguments["source"]), Path(arguments["image_folder"])
    limit = int(arguments["pages"])
    size = source.stat().st_size
    if size == 0:
        raise DocumentZeroBytes
    with (image_folder / PROGRESS).open("w", encoding="utf-8", buffering=1) as progress:
        kind = sniff(source)
        progress.write(json.dumps({"kind": kind, "page_count": 0}) + "\n")
        if size > MAX_BYTES:
            raise DocumentTooBig(f"{size} bytes")
        page_count, pages = _pages(source, kind, limit, image_folder)
        progress.write(json.dumps({"kind": kind, "page_count": page_count}) + "\n")
        written = 0
        for page in pages:
            progress.write(json.dumps(asdict(page)) + "\n")
            written += 1
        # A sheet turns out to be empty only when it is read; it is no page.
        page_count -= min(page_count, limit) - written
        progress.write(json.dumps({"kind": kind, "page_count": page_count}) + "\n")
    if not page_count:
        raise DocumentEmpty("no cells")
    if page_count > limit:
        raise DocumentTooBig(OVER_LIMIT)
    if kind == "zip":
        raise DocumentArchive("zip")
    return {"page_count": page_count}


def _pages(source: Path, kind: "Kind", limit: int, image_folder: Path) -> tuple[int, Iterator[Page]]:
    """How many pages the document has (sheets: at most), and the records of those within the limit, one by one."""
    from ingest.documents import sniff

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
    if kind == "pdf":
        from ingest.documents import pdf

        document = pdf.open_pdf(source)
        count = len(document)
        if count == 0:
            raise DocumentEmpty("no pages")
        reason = "file-damaged" if pdf.is_cut_off(source) else ""
        return count, pdf.read_pdf(document, source, min(count, limit), image_folder, reason)
    if kind in sniff.IMAGES:
        from ingest.documents import image

        count = image.count_frames(source, kind)
        return count, image.read_image(source, min(count, limit), image_folder)
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
