"""Text recognition: one page image in, words with boxes and confidence out, whichever engine does it.

An engine is a module with the functions of `Engine`. Only the modules in this folder start or load Tesseract.
"""

from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from ingest.engines import by_library, by_program
from ingest.engines.recognition import Recognition

PROGRAM: Final = "pytesseract"
LIBRARY: Final = "tesserocr"


class Engine(Protocol):
    """What an engine can do."""

    def recognise(self, grey: npt.NDArray[np.uint8], *, language: str, psm: int, dpi: int) -> Recognition:
        """Read one upright grey page; `language` as "ron" or "ron+hun+deu", `psm` Tesseract's layout mode.

        Errors: `EngineMissing`, `TesseractMissing`, `LanguageDataMissing`, `TesseractTimeout`, `TesseractFailed`.
        """

    def installed_languages(self) -> frozenset[str]:
        """The languages it has data for. Errors: `EngineMissing`, `TesseractMissing`."""

    def version(self) -> str:
        """The version of Tesseract. Errors: `EngineMissing`, `TesseractMissing`."""


ENGINES: Final[dict[str, Engine]] = {PROGRAM: by_program, LIBRARY: by_library}
