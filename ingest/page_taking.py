"""Some pages of a scan as a file of their own, without loss: what was scanned is copied, not drawn again.

`take_pages` is for everybody outside; `take` is its other half, inside the limited child.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from ingest.child import Limits, run_limited
from ingest.documents.sniff import sniff
from ingest.errors import DocumentDamaged, DocumentUnsupported

_MOST_PAGES: Final = 10_000


def take_pages(
    source: Path, pages: Sequence[int], page_count: int, target: Path, *, origin: str, limits: Limits = Limits()
) -> None:
    """Write the pages (numbers from 1, in this order) of a PDF or TIFF with `page_count` pages to `target`.

    `origin` (the hash of the scan) is written into the file, so that equal pages of two scans are two files; the same
    pages of the same scan always give the same bytes. Errors: `DocumentUnsupported` for a kind without pages,
    `DocumentDamaged` if the file does not give its pages, the `ChildError` family.
    """
    arguments: dict[str, Any] = {
        "source": str(source.resolve()),
        "pages": list(pages),
        "page_count": page_count,
        "target": str(target.resolve()),
        "origin": f"{origin}:{','.join(map(str, pages))}",
    }
    run_limited("take_pages", arguments, limits=limits)


def take(arguments: dict[str, Any]) -> dict[str, Any]:
    """The task inside the child: writes the file; returns its kind."""
    source, target = Path(arguments["source"]), Path(arguments["target"])
    kind = sniff(source)
    takers: dict[str, Callable[..., None]] = {"pdf": _take_from_pdf, "tiff": _take_from_tiff}
    if kind not in takers:
        raise DocumentUnsupported(kind)
    takers[kind](source, target, arguments["pages"], arguments["page_count"], arguments["origin"])
    return {"kind": kind}


def _take_from_pdf(source: Path, target: Path, pages: list[int], page_count: int, origin: str) -> None:
    import pikepdf

    try:
        with pikepdf.open(source) as whole, pikepdf.new() as taken:
            _check(len(whole.pages), pages, page_count)
            for number in pages:
                taken.pages.append(whole.pages[number - 1])
            taken.docinfo["/CabinetOrigin"] = origin
            taken.save(target, deterministic_id=True)
    except (pikepdf.PdfError, ValueError, RuntimeError) as failure:
        raise DocumentDamaged(type(failure).__name__) from failure


def _take_from_tiff(source: Path, target: Path, pages: list[int], page_count: int, origin: str) -> None:
    from PIL import Image, ImageFile
    from PIL.TiffImagePlugin import IMAGEDESCRIPTION, AppendingTiffWriter

    Image.MAX_IMAGE_PIXELS = None  # the limits of the child are the bound
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # of a damaged page what there is; the scan itself is kept
    try:
        with Image.open(source, formats=("TIFF",)) as whole, AppendingTiffWriter(str(target), new=True) as taken:
            _check(int(getattr(whole, "n_frames", 1)), pages, page_count)
            for number in pages:
                whole.seek(number - 1)
                page = whole.copy()
                # Every pixel stays, whatever it was compressed with.
                compression = "group4" if page.mode == "1" else "tiff_adobe_deflate"
                page.save(
                    taken,
                    "TIFF",
                    compression=compression,
                    dpi=whole.info.get("dpi", (0, 0)),
                    tiffinfo={IMAGEDESCRIPTION: origin},
                )
                taken.newFrame()
    except (OSError, ValueError, SyntaxError, EOFError, TypeError) as failure:
        raise DocumentDamaged(type(failure).__name__) from failure


def _check(found: int, pages: list[int], page_count: int) -> None:
    """Two libraries that count the pages of a damaged file differently would take the wrong ones."""
    if min(found, _MOST_PAGES) != page_count or any(not 1 <= number <= found for number in pages):
        raise DocumentDamaged("page-count")
