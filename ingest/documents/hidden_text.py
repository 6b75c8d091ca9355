"""Text of a PDF page that its reader cannot see: invisible, white on white, under three points or off the page.

Such words are kept beside the page, but they must not steer what is understood and answered.
"""

from collections.abc import Callable, Iterable
from ctypes import addressof, c_float, c_uint
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium_c

# Print under five points is hard to read; nobody reads three.
SMALLEST_POINTS: Final = 3.0
LIGHT_FROM: Final = 215
# Grey values between the lightest and the darkest dot of a word that is hardly there.
CONTRAST: Final = 30
LOOKED_AT_DPI: Final = 72
# So few letters (a dot of a logo, an empty field) are nobody's message.
FEWEST_LETTERS: Final = 5

Drawing: TypeAlias = Callable[[], npt.NDArray[np.uint8]]


def hidden_objects(page: Any, texts: Iterable[Any], *, is_scan: bool, draw: Drawing) -> frozenset[int]:
    """The addresses of those text objects that nobody can see.

    On a scanned page (`is_scan`) the invisible text of a scanner's own text recognition is meant to be there.
    `draw` gives the page at `LOOKED_AT_DPI` (height, width, 3); it is called only when there is light text.
    """
    left, bottom, right, top = page.get_cropbox()
    drawn: npt.NDArray[np.uint8] | None = None
    found = set()
    for item in texts:
        mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
        bounds = _bounds(item)
        if mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE:
            is_hidden = not is_scan
        elif (
            bounds[2] <= left
            or bounds[0] >= right
            or bounds[3] <= bottom
            or bounds[1] >= top
            or _points(item) < SMALLEST_POINTS
        ):
            is_hidden = True
        elif _is_light(item):
            drawn = draw() if drawn is None else drawn
            is_hidden = _contrast(drawn, bounds, left, top) < CONTRAST
        else:
            is_hidden = False
        if is_hidden:
            found.add(_address(item.raw))
    return frozenset(found)


def without(textpage: Any, text: str, hidden: frozenset[int]) -> str:
    """The text of the page without the characters of these objects; `text` as it is when they hold next to nothing."""
    kept, letters = [], 0
    for index in range(textpage.count_chars()):
        owner = pdfium_c.FPDFText_GetTextObject(textpage.raw, index)
        character = chr(pdfium_c.FPDFText_GetUnicode(textpage.raw, index))
        if owner and _address(owner) in hidden:
            letters += character.isalpha()
        else:
            kept.append(character)
    return "".join(kept) if letters >= FEWEST_LETTERS else text


def _address(handle: Any) -> int:
    return addressof(handle.contents)


def _bounds(item: Any) -> tuple[float, float, float, float]:
    """Left, bottom, right, top on the page, out of however many forms the object lies in."""
    left, bottom, right, top = item.get_bounds()
    while (item := item.container) is not None:
        left, bottom, right, top = item.get_matrix().on_rect(left, bottom, right, top)
    return left, bottom, right, top


def _points(item: Any) -> float:
    size = c_float()
    pdfium_c.FPDFTextObj_GetFontSize(item.raw, size)
    points = abs(size.value)
    while item is not None:
        a, b, c, d, *_ = item.get_matrix().get()
        points *= abs(a * d - b * c) ** 0.5
        item = item.container
    return points


def _is_light(item: Any) -> bool:
    red, green, blue, opacity = c_uint(), c_uint(), c_uint(), c_uint()
    if not pdfium_c.FPDFPageObj_GetFillColor(item.raw, red, green, blue, opacity):
        return False
    return opacity.value < 40 or min(red.value, green.value, blue.value) >= LIGHT_FROM


def _contrast(drawn: npt.NDArray[np.uint8], bounds: tuple[float, float, float, float], left: float, top: float) -> int:
    """How much the dots in the bounds differ: white letters show only on a dark ground."""
    scale = LOOKED_AT_DPI / 72
    x0, x1 = (int((x - left) * scale) for x in (bounds[0], bounds[2]))
    y0, y1 = (int((top - y) * scale) for y in (bounds[3], bounds[1]))
    area = drawn[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1].astype(np.int16)
    return int((area.max(axis=(0, 1)) - area.min(axis=(0, 1))).max()) if area.size else 0
