"""Recognise one page image: prepare it, try Tesseract until the page is covered, judge, keep a picture.

The tries are those of trials/ocr.md: upside down under mean confidence 70, Hungarian and German by their
function words, another layout mode when ink was left unread, and when doubt remains, once finer and with the dark
ink alone. At most four calls a page, and none after the page has used up its processor time.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from ingest.cleaning import dark_ink
from ingest.codes import without_codes
from ingest.documents.wording import foreign_share, words
from ingest.errors import TesseractFailed
from ingest.image_chain import Frame, Prepared, prepare
from ingest.ink import Picture, letter_boxes
from ingest.normalise import normalise
from ingest.reading import Page, Size, picture_name, scaled_words, unread_page
from ingest.tesseract import ROMANIAN, WITH_NEIGHBOURS, Recognition, installed_languages, recognise

MAX_TRIES = 4
# A usual call takes half a second; a page that needs so long for its first ones is no page of text.
PAGE_CPU_SECONDS = 10.0
FINER_DPI = 300
# Worth a finer picture only if there is a third more to see.
FINER_FROM_DPI = 260
UPSIDE_DOWN_BELOW = 70
# Neither way up is it text; no layout mode has changed that (development set).
HOPELESS_BELOW = 35
FOREIGN_OVER = 0.12
COVERED_FROM = 0.97
ROW_OF = 8
LOW_SHARE_OVER = 0.06
SURE_FROM = 80
# So many doubtful words are rubbish: handwriting, a drawing, the back side showing through.
RUBBISH_OVER = 0.6
DISPLAY_WIDTH = 1700


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of Tesseract with what it left unread.

    `left_out`: the pale marks of the page were taken away before, and no words cover them all.
    """

    recognition: Recognition
    language: str
    half_turn: bool
    coverage: float
    row_missed: bool
    psm: int
    size: Size
    left_out: bool = False

    @property
    def score(self) -> float:
        return self.recognition.mean_confidence * self.coverage

    @property
    def sure_words(self) -> int:
        """How many words were read without doubt."""
        return sum(word.confidence >= SURE_FROM for word in self.recognition.words)

    @property
    def is_covered(self) -> bool:
        return self.coverage >= COVERED_FROM and not self.row_missed


class _Tries:
    """The attempts on one page so far, and the best of them."""

    def __init__(self, page: Prepared) -> None:
        self.count = 0
        self.best: Attempt | None = None
        self._is_finer = False
        self._started = _cpu_seconds()
        self._look_at(page)

    def look_finer(self, frame: Frame, page: Prepared) -> None:
        """The next attempts are made on a finer picture of the page, which is prepared once."""
        if not self._is_finer:
            self._look_at(prepare(frame, min(page.native_dpi, FINER_DPI)))
            self._is_finer = True

    def _look_at(self, page: Prepared) -> None:
        self._grey, self._dpi = without_codes(page.grey), page.dpi
        self._letters = letter_boxes(self._grey, page.dpi)

    @property
    def may_go_on(self) -> bool:
        """Whether the page has calls and processor time left."""
        return self.count < MAX_TRIES and _cpu_seconds() - self._started < PAGE_CPU_SECONDS

    def attempt(self, *, language: str, psm: int, half_turn: bool, dark_only: bool = False) -> Attempt:
        """One more try; with `dark_only` on the dark ink alone, which must give no fewer sure words to be the best."""
        grey = dark_ink(self._grey) if dark_only else self._grey
        letters = letter_boxes(grey, self._dpi) if dark_only else self._letters
        if half_turn:
            grey, letters = np.ascontiguousarray(np.rot90(grey, 2)), _turned(letters, grey.shape)
        recognition = recognise(grey, language=language, psm=psm, dpi=self._dpi)
        self.count += 1
        coverage, row_missed = cover(letters, recognition, self._dpi)
        size = (grey.shape[1], grey.shape[0])
        made = Attempt(recognition, language, half_turn, coverage, row_missed, psm, size)
        if dark_only:
            all_letters = _turned(self._letters, grey.shape) if half_turn else self._letters
            coverage, row_missed = cover(all_letters, recognition, self._dpi)
            made = replace(made, left_out=coverage < COVERED_FROM or row_missed)
        if self.best is None or (
            made.score > self.best.score and (not dark_only or made.sure_words >= self.best.sure_words)
        ):
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
        best, count, pack_missing = _best_attempt(page, frame)
    except TesseractFailed as failure:
        return unread_page(number, failure.code, save_picture(page.display, number, image_folder))
    display = np.rot90(page.display, 2) if best.half_turn else page.display
    doubt = _doubt(best)
    reason = reason or doubt or ("language-pack-missing" if pack_missing else "")
    raw = best.recognition.text
    name = save_picture(np.ascontiguousarray(display), number, image_folder)
    return Page(
        number=number,
        text="" if doubt == "no-text" else normalise(raw),
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
        image_name=name,
        p10_confidence=round(best.recognition.p10_confidence, 1),
        psm=best.psm,
        words=scaled_words(best.recognition.words, best.size, kept_size(display)),
    )


def _best_attempt(page: Prepared, frame: Frame) -> tuple[Attempt, int, bool]:
    """The best try, how many there were, and whether the data of a needed language are missing."""
    tries, has_finer = _Tries(page), page.native_dpi >= FINER_FROM_DPI
    best = tries.attempt(language=ROMANIAN, psm=3, half_turn=False)
    if best.recognition.mean_confidence < UPSIDE_DOWN_BELOW and not frame.is_upright and tries.may_go_on:
        tries.attempt(language=ROMANIAN, psm=3, half_turn=True)
    best = tries.best or best
    if best.recognition.mean_confidence < HOPELESS_BELOW and tries.count > 1:
        return best, tries.count, False
    language, pack_missing = ROMANIAN, False
    if foreign_share(words(best.recognition.text)) > FOREIGN_OVER:
        pack_missing = not installed_languages().issuperset(WITH_NEIGHBOURS.split("+"))
        if not pack_missing and tries.may_go_on:
            language = WITH_NEIGHBOURS
            # The models' confidences are not comparable: the right language wins even with a lower one.
            tries.best = None
            best = tries.attempt(language=language, psm=3, half_turn=best.half_turn)
    if not best.is_covered and tries.may_go_on:
        tries.attempt(language=language, psm=6, half_turn=best.half_turn)
        best = tries.best or best
    if _is_doubtful(best) and not frame.is_bilevel and tries.may_go_on:
        if has_finer:
            tries.look_finer(frame, page)
        made = tries.attempt(language=language, psm=3, half_turn=best.half_turn, dark_only=True)
        if not made.is_covered and tries.may_go_on:
            tries.attempt(language=language, psm=6, half_turn=best.half_turn, dark_only=True)
        best = tries.best or best
    if _is_doubtful(best) and has_finer and tries.may_go_on:
        tries.look_finer(frame, page)
        tries.attempt(language=language, psm=best.psm, half_turn=best.half_turn)
        best = tries.best or best
    return best, tries.count, pack_missing


def _is_doubtful(best: Attempt) -> bool:
    return not best.left_out and _doubt(best) != ""


def _doubt(best: Attempt) -> str:
    """Why a person must look, or "": the routing rule of trials/ocr.md section 4."""
    if best.recognition.low_share > RUBBISH_OVER:
        return "no-text"
    if best.recognition.low_share > LOW_SHARE_OVER:
        return "low-confidence"
    return "" if best.is_covered and not best.left_out else "lines-missed"


def _cpu_seconds() -> float:
    """Processor time of this process and the engines it has run."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


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
    """Write the picture for the desk, at most 1700 px wide, grey unless it has colour; returns its name."""
    size = kept_size(pixels)
    if size[0] < pixels.shape[1]:
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    if pixels.ndim == 3 and not _has_colour(pixels):
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    name = picture_name(number)
    # WebP would be a third smaller and take fifteen times as long, a tenth of the whole work on a page.
    Image.fromarray(pixels).save(image_folder / name, "JPEG", quality=75)
    return name


def kept_size(pixels: Picture) -> Size:
    """Width and height of the picture that `save_picture` writes."""
    height, width = pixels.shape[:2]
    return (DISPLAY_WIDTH, max(1, round(height * DISPLAY_WIDTH / width))) if width > DISPLAY_WIDTH else (width, height)


def _has_colour(pixels: Picture) -> bool:
    red, green, blue = (pixels[::4, ::4, channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return bool((spread > 40).mean() > 0.002)
