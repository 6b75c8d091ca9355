"""What scanners and faxes add to a page, taken off again: streaks, specks, ragged edges, grain, shadows."""

from typing import Final

import cv2
import numpy as np

from ingest.ink import Picture, tone_of
from ingest.scaling import scaled

# From this grain of the paper on (deviation in grey values), smooth by so many 200ths of an inch.
SMOOTHING: Final = ((35.0, 1.5), (15.0, 1.0), (5.0, 0.7))
# Ink that is hardly darker than the paper is smoothed too.
FAINT_BELOW: Final = 28
FAINT_SMOOTHING: Final = 0.7
DARK_INK_SHARE: Final = 0.45


def divide_background(grey: Picture) -> Picture:
    """Shadows and the paper's tint divided away: paper becomes white, ink keeps its strength."""
    factor = min(1.0, 400 / max(grey.shape[:2]))
    small = scaled(grey, factor)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17)))
    paper = cv2.GaussianBlur(paper, (0, 0), 5)
    # A floor keeps black borders black instead of turning their noise into marks.
    paper = np.maximum(paper, 40).astype(np.uint8)
    full = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, full, scale=255), np.uint8)


def smoothed(grey: Picture, dpi: float) -> Picture:
    """A grainy or very faint page smoothed a little, any other as it is.

    Chosen on the development set (tests/ocr_set): its noisy pages went from 0.3 to 0.2 % wrong characters, its hard
    noisy and faint ones from mostly rubbish to 0.3 to 6 %. Pages on which the back side shows through get worse.
    """
    tone = tone_of(grey)
    strength = next((strength for grain, strength in SMOOTHING if tone.grain >= grain), 0.0)
    if not strength:
        ink = grey[grey <= tone.threshold]
        strength = FAINT_SMOOTHING if ink.size and tone.paper - float(np.median(ink)) < FAINT_BELOW else 0.0
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), strength * dpi / 200), np.uint8) if strength else grey


def dark_ink(grey: Picture) -> Picture:
    """The page with everything white that is less than about half as dark as its darkest ink.

    Takes away the back side that shows through, stamps in grey, tints; and, for this reason, pale writing too.
    On the development set pages with a strong back side went from 57 to 0.3 % wrong characters.
    """
    darkest, paper = float(np.percentile(grey, 1)), float(tone_of(grey).paper)
    lightest = darkest + DARK_INK_SHARE * (paper - darkest)
    if lightest - darkest < 1:
        return grey
    stretched = (grey.astype(np.float32) - darkest) * (255 / (lightest - darkest))
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)


def without_streaks(grey: Picture) -> Picture:
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


def without_specks(grey: Picture, dpi: float) -> Picture:
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


def softened(grey: Picture, dpi: float) -> Picture:
    """A page of one bit with the ragged edges of its letters smoothed over a 200th of an inch.

    On the development set (tests/ocr_set) bad copies went from 2.0 to 0.3 % wrong characters, faxes from 0.5 to
    0.3 %; clean 1-bit pages stayed as they were.
    """
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), dpi / 200), np.uint8)
