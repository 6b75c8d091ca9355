"""The work on single pages, inside a limited child: recognise one, or draw some whose text is known already."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ingest.codes import read_codes
from ingest.documents import image, pdf
from ingest.documents.page_cache import PageCache
from ingest.documents.recognition import read_frame
from ingest.documents.task import PageTask
from ingest.errors import DocumentDamaged
from ingest.image_chain import Frame
from ingest.reading import Page, unread_page
from ingest.tesseract import use_engine


def read_page(arguments: dict[str, Any]) -> dict[str, Any]:
    """The page of one task. `arguments`: "task", "image_folder", "engine", "version", "cache" (a folder or "").

    Errors: Tesseract's, which the operator repairs; what is wrong with the page alone becomes its record.
    """
    use_engine(arguments["engine"])
    task, image_folder = PageTask(**arguments["task"]), Path(arguments["image_folder"])
    try:
        frame, reason = _frame(task)
    except DocumentDamaged:
        return asdict(unread_page(task.number, "page-damaged"))
    if frame is None:
        return asdict(unread_page(task.number, reason))
    cache = PageCache(Path(arguments["cache"]), arguments["version"]) if arguments["cache"] else None
    page = cache.find(frame, reason, task.number, image_folder) if cache else None
    if page is None:
        page = measured(read_frame(frame, task.number, image_folder, reason), image_folder)
        if cache:
            cache.keep(frame, reason, page, image_folder)
    if task.is_pasted and not page.reason:
        page = replace(page, reason="picture-inside")
    return asdict(page)


def draw_pages(arguments: dict[str, Any]) -> dict[str, Any]:
    """Pictures of PDF pages: {"drawn": [[page number, name, width, height, codes], …]} of those that could be drawn.

    `arguments`: "source", "numbers" (from 1), "scans" (the numbers of those that are pictures with a text layer of
    the scanner's, where bar codes are looked for), "image_folder".
    """
    source, image_folder = Path(arguments["source"]), Path(arguments["image_folder"])
    drawn = []
    for number in arguments["numbers"]:
        try:
            name = pdf.draw_page(source, number - 1, image_folder)
        except DocumentDamaged:
            continue
        picture = image_folder / name
        drawn.append([number, name, *_size(picture), _codes(picture) if number in arguments["scans"] else []])
    return {"drawn": drawn}


def _frame(task: PageTask) -> tuple[Frame | None, str]:
    """The picture of the page and why a person must look at it; None when it cannot be read, with the reason."""
    if task.kind == "pdf":
        return _slim(pdf.page_frame(Path(task.source), task.index, is_scan=task.is_scan)), task.reason
    found = image.image_frame(Path(task.source), task.index)
    if found is None:
        return None, "too-many-pixels"
    frame, is_whole = found
    return _slim(frame), task.reason if is_whole else "file-damaged"


def _slim(frame: Frame) -> Frame:
    """A grey picture that came in colours as one channel: a third of the work for everything that follows."""
    pixels = frame.pixels
    if pixels.ndim == 2 or any(not np.array_equal(pixels[..., 0], pixels[..., other]) for other in (1, 2)):
        return frame
    return replace(frame, pixels=np.ascontiguousarray(pixels[..., 0]))


def measured(page: Page, image_folder: Path) -> Page:
    """The page with what its kept picture says: its size, and the bar codes, be it blank or full."""
    if not page.image_name:
        return page
    picture = image_folder / page.image_name
    width, height = _size(picture)
    return replace(page, width=width, height=height, codes=tuple(_codes(picture)))


def _size(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


def _codes(picture: Path) -> list[dict[str, str]]:
    with Image.open(picture) as opened:
        return read_codes(np.asarray(opened.convert("L")))
