"""The optional engine: Tesseract as a library in this process (package tesserocr), which keeps its models loaded.

The package brings its own Tesseract; the language data are those of the system (Debian's tesseract-ocr-ron …).
"""

import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ingest.engines.recognition import Recognition, from_table
from ingest.errors import EngineMissing, LanguageDataMissing, TesseractFailed, TesseractMissing

# Where Debian and others put the data, newest version first.
_DATA_FOLDERS: Final = ("/usr/share/tesseract-ocr/*/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata")


def recognise(grey: npt.NDArray[np.uint8], *, language: str, psm: int, dpi: int) -> Recognition:
    """See `ingest.engines.Engine`. Its time is limited by the process it runs in."""
    height, width = grey.shape
    api = loaded(language)
    api.SetPageSegMode(psm)
    api.SetImageBytes(np.ascontiguousarray(grey).tobytes(), width, height, 1, width)
    api.SetSourceResolution(dpi)
    try:
        return from_table(api.GetTSVText(0))
    except RuntimeError as failure:
        raise TesseractFailed(type(failure).__name__) from failure
    finally:
        api.Clear()


@cache
def loaded(language: str) -> Any:
    """Tesseract with the models of this language loaded, once for each process.

    Errors: `EngineMissing`, `TesseractMissing`, `LanguageDataMissing`.
    """
    library = _library()
    # Whatever the operator's environment says: threads of parallel recognitions spin against each other.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    if not installed_languages().issuperset(language.split("+")):
        raise LanguageDataMissing(language)
    return library.PyTessBaseAPI(path=str(_data_folder()), lang=language)


def installed_languages() -> frozenset[str]:
    """See `ingest.engines.Engine`."""
    _library()
    return frozenset(path.stem for path in _data_folder().glob("*.traineddata"))


def version() -> str:
    """See `ingest.engines.Engine`."""
    return str(_library().PyTessBaseAPI.Version())


def _library() -> Any:
    try:
        import tesserocr
    except ImportError as failure:
        raise EngineMissing("tesserocr") from failure
    return tesserocr


def _data_folder() -> Path:
    """Where the language data lie. Errors: `TesseractMissing`."""
    if named := os.environ.get("TESSDATA_PREFIX"):
        return Path(named)
    root = Path("/")
    for pattern in _DATA_FOLDERS:
        if found := sorted(path for path in root.glob(pattern.lstrip("/")) if path.is_dir()):
            return found[-1]
    raise TesseractMissing
