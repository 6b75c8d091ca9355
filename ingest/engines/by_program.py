"""The usual engine: the program `tesseract` of the system, started by pytesseract once for each try."""

import os
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pytesseract

from ingest.engines.recognition import Recognition, from_table
from ingest.errors import LanguageDataMissing, TesseractFailed, TesseractMissing, TesseractTimeout

PAGE_SECONDS: Final = 90


def recognise(grey: npt.NDArray[np.uint8], *, language: str, psm: int, dpi: int) -> Recognition:
    """See `ingest.engines.Engine`."""
    # pytesseract passes on this process's environment; two OpenMP Tesseracts on two cores are 10 times slower.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    # A raw image in memory: given a Pillow image, pytesseract spends up to 0.6 s on writing a PNG.
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        path = Path(folder, "page.pgm")
        path.write_bytes(b"P5 %d %d 255\n" % (grey.shape[1], grey.shape[0]) + np.ascontiguousarray(grey).tobytes())
        try:
            table = pytesseract.image_to_data(
                str(path), lang=language, config=f"--psm {psm} --dpi {dpi}", timeout=PAGE_SECONDS
            )
        except pytesseract.TesseractNotFoundError as failure:
            raise TesseractMissing from failure
        except pytesseract.TesseractError as failure:
            if "load any languages" in failure.message or "Error opening data file" in failure.message:
                raise LanguageDataMissing(language) from failure
            raise TesseractFailed(f"exit status {failure.status}") from failure
        except RuntimeError as failure:  # pytesseract's word for a time-out
            raise TesseractTimeout(f"over {PAGE_SECONDS} seconds") from failure
    return from_table(table)


def installed_languages() -> frozenset[str]:
    """See `ingest.engines.Engine`."""
    try:
        return frozenset(pytesseract.get_languages())
    except pytesseract.TesseractNotFoundError as failure:
        raise TesseractMissing from failure


def version() -> str:
    """See `ingest.engines.Engine`."""
    try:
        return str(pytesseract.get_tesseract_version())
    except pytesseract.TesseractNotFoundError as failure:
        raise TesseractMissing from failure
