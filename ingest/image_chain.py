"""From a scan or photo to an upright, evenly lit, grey page of 200 dpi that Tesseract reads well.

Order and constants are those measured in trials/ocr.md (sections 3 and 6). All images are numpy arrays of
bytes: grey (height, width) or colour (height, width, 3) in R, G, B order.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ingest.photo import find_sheet, flatten_sheet

Picture: TypeAlias = npt.NDArray[np.uint8]

# Threads of OpenCV gain little on one page and take the second core from the other worker.
cv2.setNumThreads(1)

TARGET_DPI = 200
A4_LONG_INCHES = 11.69
# Beyond this the extra pixels cost time and give nothing (A4 at 400 dpi).
WORKING_LONG_SIDE = 4700
BLANK_BELOW = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One page image as it came: pixels, the resolution its tags claim (0 = none), and whether it is 1-bit."""

    pixels: Picture
    dpi: tuple[float, float]
    is_bilevel: bool
    may_be_photo: bool = True


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page ready for recognition: `grey` for Tesseract, `display` for people, both upright.

    `angle` is the turn applied, degrees counter-clockwise; `is_blank` when there are fewer than eight
    letter-sized marks.
    """

    grey: Picture
    display: Picture
    angle: float
    dpi: int
    is_blank: bool


def prepare(frame: Frame) -> Prepared:
    """The whole chain for one page image."""
    pixels, dpi = _square_pixels(_working_size(frame.pixels), frame)
    if frame.may_be_photo and not frame.is_bilevel:
        corners = find_sheet(pixels)
        if corners is not None:
            pixels, dpi = flatten_sheet(pixels, corners), 0.0
    dpi = dpi or max(pixels.shape[:2]) / A4_LONG_INCHES
    grey = _dark_on_light(grey_of(pixels, dpi))
    if frame.is_bilevel:
        grey = _without_specks(_without_streaks(grey), dpi)
    turn, skew = find_turn(grey)
    scale = TARGET_DPI / dpi if dpi > TARGET_DPI or dpi < 140 else 1.0
    grey, display = (_upright(picture, turn, skew, scale) for picture in (grey, pixels))
    if not frame.is_bilevel:
        grey = divide_background(grey)
    final_dpi = round(dpi * scale)
    blank = count_letters(grey, final_dpi) < BLANK_BELOW
    return Prepared(grey, display, 90.0 * turn + skew, final_dpi, blank)


def _working_size(pixels: Picture) -> Picture:
    long_side = max(pixels.shape[:2])
    return _scaled(pixels, WORKING_LONG_SIDE / long_side) if long_side > WORKING_LONG_SIDE else pixels


def _scaled(pixels: Picture, factor: float, factor_y: float | None = None) -> Picture:
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * (factor_y or factor))))
    shrinks = size[0] <= width and size[1] <= height
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8)


def _square_pixels(pixels: Picture, frame: Frame) -> tuple[Picture, float]:
    """Fax pixels made square, and the dpi of the result if the tags tell a believable page, else 0."""
    reduced = max(pixels.shape[:2]) / max(frame.pixels.shape[:2])
    across, down = (value * reduced for value in frame.dpi)
    if not (40 <= across <= 1300 and 40 <= down <= 1300):
        return pixels, 0.0
    ratio = across / down
    if 1.05 < ratio < 3:
        pixels, down = _scaled(pixels, 1.0, ratio), across
    elif 1 / 3 < ratio < 1 / 1.05:
        pixels, across = _scaled(pixels, 1 / ratio, 1.0), down
    inches = max(pixels.shape[:2]) / across
    # Cameras and screenshots claim 72 or 96 dpi whatever they show; a letter is between a card and A3.
    return pixels, across if 3 <= inches <= 17.5 and across >= 90 else 0.0


def grey_of(pixels: Picture, dpi: float) -> Picture:
    """Brightest channel per pixel, which lets coloured stamps vanish; luminance where writing vanishes too."""
    if pixels.ndim == 2:
        return pixels
    brightest = np.asarray(np.maximum(np.maximum(pixels[..., 0], pixels[..., 1]), pixels[..., 2]), np.uint8)
    luminance = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    factor = min(1.0, 100 / dpi)
    marks, all_marks = (count_letters(_scaled(view, factor), 100) for view in (brightest, luminance))
    return luminance if marks < BLANK_BELOW <= all_marks or marks < 0.3 * all_marks else brightest


def _dark_on_light(grey: Picture) -> Picture:
    return np.asarray(255 - grey, np.uint8) if float(np.median(grey[::4, ::4])) < 90 else grey


def ink_of(grey: Picture) -> Picture:
    """Ink as 255 on 0 by Otsu's threshold; nothing when light and dark hardly differ (an empty sheet)."""
    _threshold, ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    dark, light = grey[ink > 0], grey[ink == 0]
    if dark.size == 0 or light.size == 0 or float(light.mean()) - float(dark.mean()) < 40:
        return np.zeros_like(grey)
    return np.asarray(ink, np.uint8)


def letter_boxes(grey: Picture, dpi: int = TARGET_DPI) -> npt.NDArray[np.int32]:
    """Boxes (left, top, width, height) of the marks that have the size of letters of 5 to 30 points."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink_of(grey), connectivity=8)
    boxes = np.asarray(stats[1:], np.int32)
    width, height, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    fits = (height >= dpi * 0.03) & (height <= dpi * 0.3) & (width >= dpi * 0.01) & (width <= dpi * 0.5)
    # A letter fills a part of its box: not a hairline and not a solid block.
    fits &= (area >= dpi * dpi * 0.0003) & (area >= 0.08 * width * height)
    return boxes[fits, :4]


def count_letters(grey: Picture, dpi: int = TARGET_DPI) -> int:
    """How many letter-sized marks the page has."""
    return len(letter_boxes(grey, dpi))


def _without_streaks(grey: Picture) -> Picture:
    """Vertical lines of a dirty scanner or fax head, at least 35 % of the page high and at most 6 px wide, white.

    The kernel is narrow and vertical only: wide closing has destroyed pages.
    """
    ink = np.asarray((grey < 128) * np.uint8(255), np.uint8)
    kernel = np.ones((max(3, round(grey.shape[0] * 0.35)), 1), np.uint8)
    tall = cv2.morphologyEx(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8)), cv2.MORPH_OPEN, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(tall)
    thin = [number for number in range(1, count) if stats[number, cv2.CC_STAT_WIDTH] <= 6]
    if not thin:
        return grey
    cleaned = grey.copy()
    cleaned[np.isin(labels, thin)] = 255
    return cleaned


def _without_specks(grey: Picture, dpi: float) -> Picture:
    """Marks of at most three pixels made white, but only on a page with many: elsewhere they are dots of letters.

    A 3x3 median (trials/ocr.md, 3.7) also thins the strokes: 1.5 % wrong characters on a speckled fax page
    where taking out the specks alone gave 0.2 %.
    """
    ink = np.asarray((grey < 128) * np.uint8(255), np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    areas, heights = stats[:, cv2.CC_STAT_AREA], stats[:, cv2.CC_STAT_HEIGHT]
    specks = areas <= 3
    letters = int(((heights >= dpi * 0.03) & (heights <= dpi * 0.3)).sum())
    if int(specks.sum()) <= letters / 2:
        return grey
    return np.where(specks[labels], np.uint8(255), grey)


def find_turn(grey: Picture) -> tuple[int, float]:
    """Quarter turns (0 or 1, counter-clockwise) and degrees that make the lines of text horizontal.

    Lines of text make the profile of row sums jump; the sharpest profile of the page and of its transpose
    tells lying from standing (93 of 93 pages, trials/ocr.md 3.3). Upside down is not told here.
    """
    factor = min(1.0, 1200 / max(grey.shape[:2]))
    small = divide_background(_scaled(grey, factor))
    ink = ink_of(small)
    # Frames, borders and photos are not text and would drown it.
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    fits = (stats[:, 2] < 120) & (stats[:, 3] < 120) & (stats[:, 4] > 2)
    fits[0] = False
    rows, columns = np.nonzero(fits[labels])
    if len(rows) < 200:
        return 0, 0.0
    if len(rows) > 40_000:
        chosen = np.random.default_rng(0).choice(len(rows), 40_000, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    y, x = rows.astype(np.float32), columns.astype(np.float32)
    standing, standing_sharpness = _sharpest(y, x)
    # Turned counter-clockwise, the row of a mark is (width - column) and its column is its row.
    lying, lying_sharpness = _sharpest(-x, y)
    return (1, lying) if lying_sharpness > 1.3 * standing_sharpness else (0, standing)


def _sharpest(y: npt.NDArray[np.float32], x: npt.NDArray[np.float32]) -> tuple[float, float]:
    angle, best = 0.0, -1.0
    for start, stop, step in ((-8.0, 8.0, 0.5), (-0.5, 0.5, 0.05)):
        centre = angle
        for candidate in np.arange(centre + start, centre + stop + step / 2, step):
            sharpness = _sharpness(y, x, float(candidate))
            if sharpness > best:
                angle, best = float(candidate), sharpness
    return angle, best


def _sharpness(y: npt.NDArray[np.float32], x: npt.NDArray[np.float32], degrees: float) -> float:
    """How much the row profile jumps after a counter-clockwise turn by `degrees`."""
    radians = np.deg2rad(degrees)
    turned = y * np.cos(radians) - x * np.sin(radians)
    profile = np.bincount((turned - turned.min()).astype(np.int32)).astype(np.float64)
    return float((np.diff(profile) ** 2).sum() / profile.sum() ** 2)


def _upright(pixels: Picture, turn: int, skew: float, scale: float) -> Picture:
    if turn:
        pixels = np.ascontiguousarray(np.rot90(pixels))
    if scale != 1.0:
        pixels = _scaled(pixels, scale)
    if abs(skew) < 0.1:
        return pixels
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    # The sheet grows a little so that no corner is cut off.
    grown_width = round(height * abs(matrix[0, 1]) + width * abs(matrix[0, 0]))
    grown_height = round(height * abs(matrix[0, 0]) + width * abs(matrix[0, 1]))
    matrix[:, 2] += ((grown_width - width) / 2, (grown_height - height) / 2)
    white = (255,) * (1 if pixels.ndim == 2 else 3)
    turned = cv2.warpAffine(pixels, matrix, (grown_width, grown_height), flags=cv2.INTER_CUBIC, borderValue=white)
    return np.asarray(turned, np.uint8)


def divide_background(grey: Picture) -> Picture:
    """Shadows and the paper's tint divided away: paper becomes white, ink keeps its strength."""
    factor = min(1.0, 400 / max(grey.shape[:2]))
    small = _scaled(grey, factor)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17)))
    paper = cv2.GaussianBlur(paper, (0, 0), 5)
    # A floor keeps black borders black instead of turning their noise into marks.
    paper = np.maximum(paper, 40).astype(np.uint8)
    full = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, full, scale=255), np.uint8)
