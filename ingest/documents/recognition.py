"""Recognise one page image: prepare it, try Tesseract until the page is covered, judge, keep a picture.

The tries are those of trials/ocr.md: upside down under mean confidence 70, Hungarian and German by their
function words, other layout modes when ink was left unread. At most four calls a page.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from ingest.documents.wording import foreign_share, words
from ingest.errors import TesseractFailed
from ingest.image_chain import Frame, Picture, letter_boxes, prepare
from ingest.normalise import normalise
from ingest.reading import Page, unread_page
from ingest.tesseract import ROMANIAN, WITH_NEIGHBOURS, Recognition, installed_languages, recognise

MAX_TRIES = 4
UPSIDE_DOWN_BELOW = 70
FOREIGN_OVER = 0.12
COVERED_FROM = 0.97
ROW_OF = 8
LOW_SHARE_OVER = 0.08
DISPLAY_WIDTH = 1654


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of Tesseract with what it left unread."""

    recognition: Recognition
    language: str
    half_turn: bool
    coverage: float
    row_missed: bool

    @property
    def score(self) -> float:
        return self.recognition.mean_confidence * self.coverage

    @property
    def is_covered(self) -> bool:
        return self.coverage >= COVERED_FROM and not self.row_missed


class _Tries:
    """The attempts on one page so far, and the best of them."""

    def __init__(self, grey: Picture, dpi: int) -> None:
        self._grey = grey
        self._letters = letter_boxes(grey, dpi)
        self._dpi = dpi
        self.count = 0
        self.best: Attempt | None = None

    def attempt(self, *, language: str, psm: int, half_turn: bool) -> Attempt:
        grey, letters = self._grey, self._letters
        if half_turn:
            grey, letters = np.ascontiguousarray(np.rot90(grey, 2)), _turned(letters, grey.shape)
        recognition = recognise(grey, language=language, psm=psm, dpi=self._dpi)
        self.count += 1
        coverage, row_missed = cover(letters, recognition, self._dpi)
        made = Attempt(recognition, language, half_turn, coverage, row_missed)
        if self.best is None or made.score > self.best.score:
            self.best = made
        return made


def read_frame(frame: Frame, number: int, image_folder: Path, reason: str = "") -> Page:
    """The record of one page image; `reason` marks a page of a file already known to be damaged.

    Errors: `TesseractMissing`, `LanguageDataMissing` (the operator's to repair); anything wrong with this
    page alone becomes an `unreadable` record.
    """
    page = prepare(frame)
    if page.is_blank:
        name = save_picture(page.display, number, image_folder)
        return Page(
            number, "", "", "blank", angle=page.angle, dpi=page.dpi, needs_human=bool(reason),
            reason=reason or "blank", image_name=name,
        )  # fmt: skip
    try:
        best, count, pack_missing = _best_attempt(page.grey, page.dpi)
    except TesseractFailed as failure:
        return unread_page(number, failure.code, save_picture(page.display, number, image_folder))
    display = np.rot90(page.display, 2) if best.half_turn else page.display
    reason = reason or _doubt(best) or ("language-pack-missing" if pack_missing else "")
    raw = best.recognition.text
    return Page(
        number=number,
        text=normalise(raw),
        raw_text=raw,
        source="ocr" if best.recognition.words else "unreadable",
        language=best.language,
        mean_confidence=round(best.recognition.mean_confidence, 1),
        low_share=round(best.recognition.low_share, 4),
        coverage=round(best.coverage, 4),
        tries=count,
        angle=round((page.angle + 180 * best.half_turn) % 360, 2),
        dpi=page.dpi,
        needs_human=bool(reason),
        reason=reason,
        image_name=save_picture(np.ascontiguousarray(display), number, image_folder),
    )


def _best_attempt(grey: Picture, dpi: int) -> tuple[Attempt, int, bool]:
    tries = _Tries(grey, dpi)
    best = tries.attempt(language=ROMANIAN, psm=3, half_turn=False)
    if best.recognition.mean_confidence < UPSIDE_DOWN_BELOW:
        tries.attempt(language=ROMANIAN, psm=3, half_turn=True)
    best = tries.best or best
    language, pack_missing = ROMANIAN, False
    if foreign_share(words(best.recognition.text)) > FOREIGN_OVER:
        pack_missing = not installed_languages().issuperset(WITH_NEIGHBOURS.split("+"))
        if not pack_missing:
            language = WITH_NEIGHBOURS
            # The models' confidences are not comparable: the right language wins even with a lower one.
            tries.best = None
            best = tries.attempt(language=language, psm=3, half_turn=best.half_turn)
    for psm in (6, 4):
        if tries.count >= MAX_TRIES or best.is_covered:
            break
        tries.attempt(language=language, psm=psm, half_turn=best.half_turn)
        best = tries.best or best
    return best, tries.count, pack_missing


def _doubt(best: Attempt) -> str:
    """Why a person must look, or "": the routing rule of trials/ocr.md section 4."""
    if not best.recognition.words:
        return "no-text"
    if best.recognition.low_share > LOW_SHARE_OVER:
        return "low-confidence"
    return "" if best.is_covered else "lines-missed"


def cover(letters: npt.NDArray[np.int32], recognition: Recognition, dpi: int) -> tuple[float, bool]:
    """Which share of letter-sized marks lies inside recognised words, and whether a whole row lies outside.

    Dropped lines leave no trace in the confidence of the others; this finds them.
    """
    if not len(letters):
        return 1.0, False
    centre_x = letters[:, 0] + letters[:, 2] // 2
    centre_y = letters[:, 1] + letters[:, 3] // 2
    inside = np.zeros((int(centre_y.max()) + 1, int(centre_x.max()) + 1), np.uint8)
    for word in recognition.words:
        # Diacritics and commas hang out of the box by a little.
        corner = (max(0, word.left - 3), max(0, word.top - 3))
        cv2.rectangle(inside, corner, (word.left + word.width + 3, word.top + word.height + 3), 1, cv2.FILLED)
    covered = inside[centre_y, centre_x] > 0
    rows = np.bincount((centre_y[~covered] // max(1, round(dpi * 0.1))).astype(np.int64))
    # Two neighbouring strips together, since a line may lie across their border.
    row_missed = bool(len(rows) and (rows + np.append(rows[1:], 0)).max() >= ROW_OF)
    return float(covered.mean()), row_missed


def _turned(boxes: npt.NDArray[np.int32], shape: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """The same boxes after a half turn of a picture of this shape."""
    turned = boxes.copy()
    turned[:, 0] = shape[1] - boxes[:, 0] - boxes[:, 2]
    turned[:, 1] = shape[0] - boxes[:, 1] - boxes[:, 3]
    return turned


def save_picture(pixels: Picture, number: int, image_folder: Path) -> str:
    """Write the picture for the desk, at most 1654 px wide, grey unless it has colour; returns its name."""
    height, width = pixels.shape[:2]
    if width > DISPLAY_WIDTH:
        size = (DISPLAY_WIDTH, max(1, round(height * DISPLAY_WIDTH / width)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    if pixels.ndim == 3 and not _has_colour(pixels):
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    name = f"page-{number:04d}.webp"
    Image.fromarray(pixels).save(image_folder / name, "WEBP", quality=70, method=1)
    return name


def _has_colour(pixels: Picture) -> bool:
    sample = pixels[::4, ::4].astype(np.int16)
    spread = sample.max(axis=2) - sample.min(axis=2)
    return bool((spread > 40).mean() > 0.002)
