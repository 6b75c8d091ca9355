"""Pictures inside word processor files: those as large as a page are read, since people paste scans into Word."""

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image

from ingest.documents.sniff import IMAGES, sniff_head
from ingest.documents.task import PageTask, keep_inside

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


def picture_tasks(sources: list[Source], first: int, image_folder: Path) -> Iterator[PageTask]:
    """The pictures as pages to be recognised, from number `first` on; their files are kept in the image folder."""
    for number, source in enumerate(sources, first):
        yield PageTask(number, "image", str(keep_inside(source(), image_folder)), is_pasted=True)


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
