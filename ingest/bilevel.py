"""Whether a page was scanned in black and white only, told from the file it came in without decoding it."""

from pathlib import Path

import pikepdf
from PIL import Image

PDF_HEAD = b"%PDF-"
HEAD_BYTES = 1024


class Bilevel:
    """Remembers the files it was asked about: a scan of many pages is opened once."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[int]] = {}

    def is_bilevel(self, source: str, number: int) -> bool:
        """Whether page `number` (from 1) of the file is a 1-bit picture; False for what cannot be told."""
        if not source:
            return False
        if source not in self._known:
            self._known[source] = _bilevel_pages(Path(source))
        return number in self._known[source]


def _bilevel_pages(source: Path) -> frozenset[int]:
    try:
        with source.open("rb") as file:
            is_pdf = PDF_HEAD in file.read(HEAD_BYTES)
        return _of_pdf(source) if is_pdf else _of_image(source)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (a bad file raises anything; its pages are then kept as grey ones)
        return frozenset()


def _of_pdf(source: Path) -> frozenset[int]:
    """Pages that hold pictures of one bit a pixel and no others."""
    with pikepdf.open(source) as pdf:
        return frozenset(
            number
            for number, page in enumerate(pdf.pages, 1)
            if (pictures := page.get_images()) and all(_is_one_bit(picture) for picture in pictures.values())
        )


def _is_one_bit(picture: pikepdf.Object) -> bool:
    return bool(picture.get("/ImageMask", False)) or int(picture.get("/BitsPerComponent", 8)) == 1


def _of_image(source: Path) -> frozenset[int]:
    found = set()
    with Image.open(source) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            if image.mode == "1":
                found.add(number + 1)
    return frozenset(found)
