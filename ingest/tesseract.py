"""Text recognition with the engine this process uses. One page image in, words with boxes and confidence out."""

import numpy as np
import numpy.typing as npt

from ingest.engines import ENGINES, PROGRAM
from ingest.engines.recognition import Recognition

__all__ = ["ROMANIAN", "WITH_NEIGHBOURS", "Recognition", "installed_languages", "recognise", "use_engine"]

ROMANIAN = "ron"
WITH_NEIGHBOURS = "ron+hun+deu"

_in_use = PROGRAM


def use_engine(name: str) -> None:
    """Recognise with this engine ("pytesseract" or "tesserocr") from now on in this process.

    A child reads with one engine only, so the chain need not pass it through.
    """
    global _in_use
    _in_use = name


def recognise(grey: npt.NDArray[np.uint8], *, language: str, psm: int, dpi: int) -> Recognition:
    """Read one upright grey page. `psm` is Tesseract's page segmentation mode (3, 4 or 6).

    Errors: `EngineMissing`, `TesseractMissing`, `LanguageDataMissing`, `TesseractTimeout`, `TesseractFailed`.
    """
    return ENGINES[_in_use].recognise(grey, language=language, psm=psm, dpi=dpi)


def installed_languages(engine: str = "") -> frozenset[str]:
    """The languages that an engine (none: the one in use) has data for. Errors: `EngineMissing`, `TesseractMissing`."""
    return ENGINES[engine or _in_use].installed_languages()
