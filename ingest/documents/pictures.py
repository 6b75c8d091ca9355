"""Pictures inside word processor files: those as large as a page are read, since people paste scans into Word."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image

from ingest.documents.image import read_image
from ingest.documents.sniff import IMAGES, sniff_head
from ingest.errors import DocumentDamaged
from ingest.reading import Page, unread_page

# An A4 page at 85 dpi has 700 x 990 pixels; below that no text recognition succeeds. Logos are smaller.
SHORT_SIDE: Final = 700
LONG_SIDE: Final = 900
MAX_PICTURES: Final = 50
MAX_LOOKED_AT: Final = 500

Source: TypeAlias = Callable[[], bytes]


def page_like(sources: Iterable[Source]) -> tuple[list[Source], int]:
    """Those of the pictures that could be scanned pages, in order, and how many pictures there are besides them."""
    found: list[Source] = []
    others = 0
    for number, source in enumerate(sources):
        if number < MAX_LOOKED_AT and len(found) < MAX_PICTURES and _is_page_like(source()):
            found.append(source)
        else:
            others += 1
    return found, others


def read_pictures(sources: list[Source], first: int, image_folder: Path) -> Iterator[Page]:
    """The records of the pictures as pages from number `first` on, each marked as a picture. Errors: Tesseract's."""
    for number, source in enumerate(sources, first):
        with tempfile.NamedTemporaryFile() as file:
            file.write(source())
            file.flush()
            try:
                page = next(read_image(Path(file.name), 1, image_folder, first=number))
            except DocumentDamaged:
                page = unread_page(number, "page-damaged")
        yield page if page.reason else replace(page, reason="picture-inside")


def _is_page_like(raw: bytes) -> bool:
    """By the header alone, before anything is decoded."""
    if sniff_head(raw[:100]) not in IMAGES:
        return False
    try:
        with Image.open(io.BytesIO(raw)) as image:
            short, long = sorted(image.size)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (Pillow raises anything on bad files; the picture then stays unread)
        return False
    return short >= SHORT_SIDE and long >= LONG_SIDE
