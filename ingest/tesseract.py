"""Tesseract: the only file that starts it. One page image in, words with boxes and confidence out."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytesseract

from ingest.errors import LanguageDataMissing, TesseractFailed, TesseractMissing, TesseractTimeout
from ingest.paragraphs import arrange
from ingest.reading import Word

ROMANIAN = "ron"
WITH_NEIGHBOURS = "ron+hun+deu"
PAGE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Recognition:
    """What one call gave: `text` in lines and paragraphs, and the words with their boxes."""

    text: str
    words: tuple[Word, ...]

    @property
    def mean_confidence(self) -> float:
        """Mean confidence of the words, 0 when there are none."""
        return sum(word.confidence for word in self.words) / len(self.words) if self.words else 0.0

    @property
    def low_share(self) -> float:
        """Share of words with confidence under 60; 1 when there are none."""
        return sum(word.confidence < 60 for word in self.words) / len(self.words) if self.words else 1.0


def recognise(grey: npt.NDArray[np.uint8], *, language: str, psm: int, dpi: int) -> Recognition:
    """Read one upright grey page. `psm` is Tesseract's page segmentation mode (3, 4 or 6).

    Errors: `TesseractMissing`, `LanguageDataMissing`, `TesseractTimeout`, `TesseractFailed`.
    """
    # pytesseract passes on this process's environment; two OpenMP Tesseracts on two cores are 10 times slower.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    # A raw image in memory: given a Pillow image, pytesseract spends up to 0.6 s on writing a PNG.
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        path = Path(folder, "page.pgm")
        cv2.imwrite(str(path), grey)
        try:
            table = pytesseract.image_to_data(
                str(path),
                lang=language,
                config=f"--psm {psm} --dpi {dpi}",
                output_type=pytesseract.Output.DICT,
                timeout=PAGE_SECONDS,
            )
        except pytesseract.TesseractNotFoundError as failure:
            raise TesseractMissing from failure
        except pytesseract.TesseractError as failure:
            if "load any languages" in failure.message or "Error opening data file" in failure.message:
                raise LanguageDataMissing(language) from failure
            raise TesseractFailed(f"exit status {failure.status}") from failure
        except RuntimeError as failure:  # pytesseract's word for a time-out
            raise TesseractTimeout(f"over {PAGE_SECONDS} seconds") from failure
    return _recognition(table)


def installed_languages() -> frozenset[str]:
    """The languages Tesseract has data for. Errors: `TesseractMissing`."""
    try:
        return frozenset(pytesseract.get_languages())
    except pytesseract.TesseractNotFoundError as failure:
        raise TesseractMissing from failure


def _recognition(table: dict[str, list[int | float | str]]) -> Recognition:
    """Words in Tesseract's reading order; its block, paragraph and line numbers tell which share a line."""
    lines: dict[tuple[int, ...], list[Word]] = {}
    for number, value in enumerate(table["text"]):
        text = str(value).strip()
        if not text:
            continue
        left, top, width, height = (int(table[name][number]) for name in ("left", "top", "width", "height"))
        line = tuple(int(table[name][number]) for name in ("block_num", "par_num", "line_num"))
        word = Word(text, left, top, width, height, float(table["conf"][number]))
        lines.setdefault(line, []).append(word)
    words = tuple(word for line in lines.values() for word in line)
    return Recognition(arrange(list(lines.values())), words)
