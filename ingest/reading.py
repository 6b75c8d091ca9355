"""What reading a document gives: one record per page, with the figures that tell how far to trust it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Source = Literal["text-layer", "ocr", "blank", "unreadable", "plain", "sheet", "listing"]


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its box in pixels of the prepared page and Tesseract's confidence (0-100)."""

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
    words ("" when unsure). `mean_confidence` and `low_share` (share of words under 60) are of recognised
    words, `coverage` is the share of text-sized ink inside recognised words; all None unless `ocr`.
    `angle` is the turn in degrees, counter-clockwise, that made the page upright. `dpi` is the resolution
    of the recognised image. `reason` is a code for `ingest.errors.describe_reason`. `image_name` is the
    upright picture in the image folder.
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
        return cls(**{**value, "pages": tuple(Page(**page) for page in value["pages"])})


def unread_page(number: int, reason: str, image_name: str | None = None) -> Page:
    """The record of a page that could not be read: nothing is dropped silently."""
    return Page(number, "", "", "unreadable", needs_human=True, reason=reason, image_name=image_name)
