"""What reading a document gives: one record per page, with the figures that tell how far to trust it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Source = Literal["text-layer", "ocr", "blank", "unreadable", "plain", "sheet", "listing"]
Size = tuple[int, int]

DOUBTFUL_BELOW = 60
"""A word read with less confidence (of 100) is doubtful."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its box in pixels and the engine's confidence (0-100).

    Of a `Recognition` the pixels are those of the recognised picture, of a `Page` those of the picture that is kept.
    """

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document; every page of the input has exactly one record, readable or not.

    `text` is normalised, `raw_text` is what the library gave. `language` is what Tesseract was told
    ("ron", "ron+hun+deu") or, for text that was not recognised but read, the main language by its function
    words ("" when unsure). `mean_confidence`, `p10_confidence` (a tenth of the words lie below) and `low_share`
    (share of words under 60) are of recognised words, `coverage` is the share of text-sized ink inside recognised
    words, `psm` the layout mode of the best try; all None unless `ocr`. `angle` is the turn in degrees,
    counter-clockwise, that made the page upright. `dpi` is the resolution of the recognised image. `reason` is a
    code for `ingest.errors.describe_reason`. `image_name` is the upright picture in the image folder, `width` and
    `height` its pixels, and `words` lie on it. `codes` are the bar codes found, {"format", "text"} each. `pipeline`
    names the version of the reading chain (`ingest.documents.version`).
    """

    number: int
    text: str
    raw_text: str
    source: Source
    language: str = ""
    mean_confidence: float | None = None
    low_share: float | None = None
    coverage: float | None = None
    tries: int = 0
    angle: float = 0.0
    dpi: int | None = None
    needs_human: bool = False
    reason: str = ""
    image_name: str | None = None
    p10_confidence: float | None = None
    psm: int | None = None
    width: int | None = None
    height: int | None = None
    words: tuple[Word, ...] = ()
    codes: tuple[dict[str, str], ...] = ()
    pipeline: str = ""


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """All pages of one file. `kind` is what the content is (`ingest.documents.sniff`), `failure` a code for
    `ingest.errors.describe_failure` or "", `detail` technical words for the operator."""

    kind: str
    pages: tuple[Page, ...]
    page_count: int
    failure: str = ""
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """The reading as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "DocumentReading":
        """The reading that `to_json` wrote."""
        return cls(**{**value, "pages": tuple(page_from_json(page) for page in value["pages"])})


def page_from_json(value: dict[str, Any]) -> Page:
    """The page that `dataclasses.asdict` made plain."""
    words = tuple(Word(**word) for word in value.get("words", ()))
    return Page(**{**value, "words": words, "codes": tuple(value.get("codes", ()))})


def unread_page(number: int, reason: str, image_name: str | None = None) -> Page:
    """The record of a page that could not be read: nothing is dropped silently."""
    return Page(number, "", "", "unreadable", needs_human=True, reason=reason, image_name=image_name)


def picture_name(number: int) -> str:
    """The name of the picture of page `number` in the image folder."""
    return f"page-{number:04d}.jpg"


def scaled_words(words: Iterable[Word], recognised: Size, kept: Size) -> tuple[Word, ...]:
    """The words of a recognised picture with their boxes on the kept one; sizes are (width, height) in pixels."""
    across, down = kept[0] / recognised[0], kept[1] / recognised[1]

    def scaled(word: Word) -> Word:
        left, top = round(word.left * across), round(word.top * down)
        right, bottom = round((word.left + word.width) * across), round((word.top + word.height) * down)
        return Word(word.text, left, top, max(1, right - left), max(1, bottom - top), round(word.confidence, 1))

    return tuple(scaled(word) for word in words)


def words_to_json(words: Iterable[Word]) -> list[list[str | int | float]]:
    """The words as the store keeps them: [text, left, top, width, height, confidence] each."""
    return [[word.text, word.left, word.top, word.width, word.height, word.confidence] for word in words]
