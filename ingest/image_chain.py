"""From a scan or photo to an upright, evenly lit, grey page of 200 dpi that Tesseract reads well.

Order and constants are those measured in trials/ocr.md (sections 3 and 6). All images are numpy arrays of
bytes: grey (height, width) or colour (height, width, 3) in R, G, B order.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ingest.cleaning import divide_background, smoothed, softened, without_specks, without_streaks
from ingest.ink import BLANK_BELOW, Picture, count_letters, ink_of, is_blank
from ingest.photo import find_sheet, flatten_sheet
from ingest.scaling import scaled

# Threads of OpenCV gain little on one page and take the second core from the other worker.
cv2.setNumThreads(1)

TARGET_DPI = 200
UPSCALED_BELOW = 140
A4_LONG_INCHES = 11.69
# Beyond this the extra pixels cost time and give nothing (A4 at 400 dpi).
WORKING_LONG_SIDE = 4700


@dataclass(frozen=True, slots=True)
class Frame:
    """One page image as it came: pixels, the resolution its tags claim (0 = none), and whether it is 1-bit.

    `is_upright`: a person said which side is up, so only the skew is looked for.
    """

    pixels: Picture
    dpi: tuple[float, float]
    is_bilevel: bool
    may_be_photo: bool = True
    is_upright: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page ready for recognition: `grey` for Tesseract, `display` for people, both upright.

    `angle` is the turn applied, degrees counter-clockwise; `is_blank` when there are fewer than eight
    letter-sized marks; `native_dpi` is the resolution the page came in.
    """

    grey: Picture
    display: Picture
    angle: float
    dpi: int
    is_blank: bool
    native_dpi: int


def prepare(frame: Frame, target_dpi: int = TARGET_DPI) -> Prepared:
    """The whole chain for one page image, made no finer than `target_dpi`."""
    pixels, dpi = _square_pixels(_working_size(frame.pixels), frame)
    if frame.may_be_photo and not frame.is_bilevel:
        corners = find_sheet(pixels)
        if corners is not None:
            pixels, dpi = flatten_sheet(pixels, corners), 0.0
    dpi = dpi or max(pixels.shape[:2]) / A4_LONG_INCHES
    grey = _dark_on_light(grey_of(pixels, dpi))
    if frame.is_bilevel:
        grey = softened(without_specks(without_streaks(grey), dpi), dpi)
    turn, skew = find_turn(grey)
    if frame.is_upright and turn:
        turn, skew = 0, 0.0
    scale = target_dpi / dpi if dpi > target_dpi else TARGET_DPI / dpi if dpi < UPSCALED_BELOW else 1.0
    is_same = grey is pixels
    grey = _upright(grey, turn, skew, scale)
    display = grey if is_same else _upright(pixels, turn, skew, scale)
    if not frame.is_bilevel:
        grey = divide_background(grey)
    final_dpi = round(dpi * scale)
    even, grey = grey, grey if frame.is_bilevel else smoothed(grey, final_dpi)
    return Prepared(grey, display, 90.0 * turn + skew, final_dpi, is_blank(even, grey, final_dpi), round(dpi))


def _working_size(pixels: Picture) -> Picture:
    long_side = max(pixels.shape[:2])
    return scaled(pixels, WORKING_LONG_SIDE / long_side) if long_side > WORKING_LONG_SIDE else pixels


def _square_pixels(pixels: Picture, frame: Frame) -> tuple[Picture, float]:
    """Fax pixels made square, and the dpi of the result if the tags tell a believable page, else 0."""
    reduced = max(pixels.shape[:2]) / max(frame.pixels.shape[:2])
    across, down = (value * reduced for value in frame.dpi)
    if not (40 <= across <= 1300 and 40 <= down <= 1300):
        return pixels, 0.0
    ratio = across / down
    if 1.05 < ratio < 3:
        pixels, down = scaled(pixels, 1.0, ratio), across
    elif 1 / 3 < ratio < 1 / 1.05:
        pixels, across = scaled(pixels, 1 / ratio, 1.0), down
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
    marks, all_marks = (count_letters(scaled(view, factor), 100) for view in (brightest, luminance))
    return luminance if marks < BLANK_BELOW <= all_marks or marks < 0.3 * all_marks else brightest


def _dark_on_light(grey: Picture) -> Picture:
    return np.asarray(255 - grey, np.uint8) if float(np.median(grey[::4, ::4])) < 90 else grey


def find_turn(grey: Picture) -> tuple[int, float]:
    """Quarter turns (0 or 1, counter-clockwise) and degrees that make the lines of text horizontal.

    Lines of text make the profile of row sums jump; the sharpest profile of the page and of its transpose
    tells lying from standing (93 of 93 pages, trials/ocr.md 3.3). Upside down is not told here.
    """
    factor = min(1.0, 1200 / max(grey.shape[:2]))
    small = divide_background(scaled(grey, factor))
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
        pixels = scaled(pixels, scale)
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
