"""What on a page is ink and what is paper: the tone of both, the marks of the size of letters, blank or not."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Picture: TypeAlias = npt.NDArray[np.uint8]

BLANK_BELOW: Final = 8
# Grey values by which a mark must be darker than the paper; less is enough to say that a page is not blank.
FAINTEST: Final = 14
FAINTEST_TRACE: Final = 6
DUST_INCHES: Final = 0.045


@dataclass(frozen=True, slots=True)
class Tone:
    """Grey values of a page: its paper, the deviation of the paper's grain, and from where down it is ink."""

    paper: int
    grain: float
    threshold: float


def tone_of(grey: Picture, faintest: int = FAINTEST) -> Tone:
    """The tone of a page, whose ink is darker than Otsu's threshold, and than the grain of the paper goes.

    On an empty sheet Otsu parts the grain of the paper itself; on one with a few pale lines too. So a mark must be
    darker than the paper by five deviations of its grain.
    """
    otsu, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    counts = np.bincount(grey.ravel(), minlength=256)
    paper = _median(counts)
    if paper < otsu - FAINTEST:  # most of the picture is dark
        paper = _median(np.where(np.arange(256) > otsu, counts, 0))
    # The darker half alone: marks are a small part of it, and white is cut off at 255.
    grain = 1.4826 * _median(counts[paper::-1])
    return Tone(paper, grain, min(otsu, paper - max(faintest, 5 * grain)))


def _median(counts: npt.NDArray[np.int_]) -> int:
    """The middle value of so many values 0, 1, 2 …"""
    total = np.cumsum(counts)
    return int(np.searchsorted(total, max(1, total[-1]) / 2))


def ink_of(grey: Picture, faintest: int = FAINTEST) -> Picture:
    """Ink as 255 on 0."""
    return np.asarray((grey <= tone_of(grey, faintest).threshold) * np.uint8(255), np.uint8)


def letter_boxes(grey: Picture, dpi: int, faintest: int = FAINTEST) -> npt.NDArray[np.int32]:
    """Boxes (left, top, width, height) of the marks that have the size of letters of 5 to 30 points."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink_of(grey, faintest), connectivity=8)
    boxes = np.asarray(stats[1:], np.int32)
    width, height, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    fits = (height >= dpi * 0.03) & (height <= dpi * 0.3) & (width >= dpi * 0.01) & (width <= dpi * 0.5)
    # A letter fills a part of its box: not a hairline and not a solid block.
    fits &= (area >= dpi * dpi * 0.0003) & (area >= 0.08 * width * height)
    return boxes[fits, :4]


def count_letters(grey: Picture, dpi: int) -> int:
    """How many letter-sized marks the page has."""
    return len(letter_boxes(grey, dpi))


def is_blank(grey: Picture, smoothed: Picture, dpi: int) -> bool:
    """Whether it is sure that nothing is written on the page: fewer than eight letter-sized marks, however pale.

    `smoothed` is the same page with its grain smoothed, the same picture if it has none: writing comes out there that
    the grain hides, but dust grows there too, so only marks higher than dust count.
    """
    if len(letter_boxes(grey, dpi, FAINTEST_TRACE)) >= BLANK_BELOW:
        return False
    if smoothed is grey:
        return True
    heights = letter_boxes(smoothed, dpi)[:, 3]
    return int((heights >= DUST_INCHES * dpi).sum()) < BLANK_BELOW
