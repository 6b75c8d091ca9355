"""A PDF page that is nothing but one scan: the scanner's own pixels, instead of a drawing of them.

Drawn at 200 dpi a black and white scan becomes grey: specks and fax streaks can no longer be told from letters.
"""

from itertools import islice
from typing import Any, Final

import numpy as np
import pypdfium2.raw as pdfium_c

from ingest.image_chain import Frame
from ingest.ink import Picture

MAX_PIXELS: Final = 100_000_000
# Scanners leave a little margin, or cut a little off: this share of the sheet, on any side.
MARGIN: Final = 0.08
MAX_OBJECTS: Final = 3000


def scan_frame(page: Any) -> Frame | None:
    """The one picture that fills the page, upright as the page is shown; None for every other page.

    Errors: `pypdfium2.PdfiumError` for a picture that cannot be decoded.
    """
    picture = _only_picture(page)
    if picture is None:
        return None
    across, skewed, slanted, down, left, bottom = picture.get_matrix().get()
    facts = picture.get_metadata()
    if (
        not _fills(page, (left, bottom, left + across, bottom + down))
        or max(abs(skewed), abs(slanted)) > 1
        or facts.width * facts.height > MAX_PIXELS
        or pdfium_c.FPDFPageObj_HasTransparency(picture.raw)
    ):
        return None
    pixels, turn = _pixels(picture), page.get_rotation()
    dpi = (pixels.shape[1] * 72 / across, pixels.shape[0] * 72 / down)
    if turn:
        pixels = np.ascontiguousarray(np.rot90(pixels, -turn // 90))
    return Frame(
        pixels,
        dpi if turn in (0, 180) else dpi[::-1],
        is_bilevel=facts.bits_per_pixel == 1 and pixels.ndim == 2,
    )


def _only_picture(page: Any) -> Any | None:
    """The picture that is all one sees on the page; the scanner's invisible text may lie over it."""
    if pdfium_c.FPDFPage_GetAnnotCount(page.raw):
        return None
    pictures = []
    for item in islice(page.get_objects(max_depth=1), MAX_OBJECTS):
        if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pictures.append(item)
        elif item.type != pdfium_c.FPDF_PAGEOBJ_TEXT or not _is_invisible(item):
            return None
    return pictures[0] if len(pictures) == 1 else None


def _fills(page: Any, place: tuple[float, float, float, float]) -> bool:
    """Whether the place (left, bottom, right, top) is the whole sheet. Of a mirrored picture it never is."""
    sheet = page.get_cropbox()
    width, height = sheet[2] - sheet[0], sheet[3] - sheet[1]
    most = (MARGIN * width, MARGIN * height) * 2
    return all(abs(one - other) <= allowed for one, other, allowed in zip(place, sheet, most, strict=True))


def _is_invisible(text: Any) -> bool:
    return bool(pdfium_c.FPDFTextObj_GetTextRenderMode(text.raw) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)


def _pixels(picture: Any) -> Picture:
    bitmap = picture.get_bitmap()
    try:
        found = np.array(bitmap.to_numpy(), np.uint8)
    finally:
        bitmap.close()
    if found.ndim == 3:
        # pdfium keeps blue first, and perhaps a fourth byte.
        return found[..., 0] if found.shape[2] == 1 else np.ascontiguousarray(found[..., 2::-1])
    return found
