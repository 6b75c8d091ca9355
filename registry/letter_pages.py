"""The pages of a letter as they stand now: in the order people gave them, with the text that counts.

What was read (`Page`) is never changed by people; their corrections and places lie beside it (`registry.models.paper`).
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session, col, select

from registry.models import LetterPart, Page, PagePlace, PageText

SEPARATOR = "separator-sheet"
"""The `reason` of a page that is one of our printed sheets between two letters; its text is nobody's."""
FROM_PICTURES = frozenset({"ocr", "blank", "unreadable"})
"""Sources of pages that were read, or could not be read, from their picture."""
LONGEST_PIPELINE = 40
TURNED = "+turned"
"""Stands in the `pipeline` of a page that was read as a person turned it, before the degrees."""


class PageName(NamedTuple):
    """Which page of a letter: it stays the same when the letter is read again."""

    part: int
    page: int


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One page with what people made of it; `corrections` oldest first."""

    part: LetterPart
    row: Page
    corrections: tuple[PageText, ...]
    place: PagePlace | None

    @property
    def name(self) -> PageName:
        return PageName(self.part.number, self.row.number)

    @property
    def text(self) -> str:
        """The text that counts: the last correction, else what was read."""
        return self.corrections[-1].text if self.corrections else self.row.text

    @property
    def turned(self) -> int:
        """Degrees clockwise by which a person turned it."""
        return self.place.turned if self.place else 0

    @property
    def may_turn(self) -> bool:
        """Whether turning it could change what is read on it."""
        return self.row.image_sha256 is not None and self.row.source in FROM_PICTURES

    @property
    def to_turn(self) -> int:
        """Degrees clockwise by which the kept picture still has to be turned to stand as the person wants it."""
        _, _, in_picture = self.row.pipeline.partition(TURNED)
        return (self.turned - int(in_picture or 0)) % 360

    @property
    def moved_to_id(self) -> int | None:
        """The letter that has this page now, when it is another one."""
        return self.place.moved_to_id if self.place else None

    @property
    def is_separator(self) -> bool:
        """Whether it is a sheet of ours and no page of anybody's letter."""
        return self.row.reason == SEPARATOR

    @property
    def belongs(self) -> bool:
        """Whether its text is part of this letter."""
        return self.moved_to_id is None and not self.is_separator


def with_turn(pipeline: str, degrees: int) -> str:
    """The name of the reading chain for a page that was read after a person turned it."""
    mark = f"{TURNED}{degrees}" if degrees else ""
    return pipeline[: LONGEST_PIPELINE - len(mark)] + mark


def letter_pages(session: Session, letter_id: int) -> list[LetterPage]:
    """All pages of a letter, also those that went to another one, in the order that counts."""
    rows = session.exec(
        select(LetterPart, Page)
        .join(Page, col(Page.part_id) == col(LetterPart.id))
        .where(LetterPart.letter_id == letter_id)
        .order_by(col(LetterPart.number), col(Page.number))
    ).all()
    texts: dict[PageName, list[PageText]] = {}
    for text in session.exec(select(PageText).where(PageText.letter_id == letter_id).order_by(col(PageText.id))):
        texts.setdefault(PageName(text.part_number, text.page_number), []).append(text)
    places = {
        PageName(place.part_number, place.page_number): place
        for place in session.exec(select(PagePlace).where(PagePlace.letter_id == letter_id))
    }
    found = []
    for part, row in rows:
        name = PageName(part.number, row.number)
        found.append(LetterPage(part, row, tuple(texts.get(name, ())), places.get(name)))
    return _ordered(found)


def _ordered(pages: list[LetterPage]) -> list[LetterPage]:
    """By the positions people gave; a page without one stays where it was scanned."""
    where = {id(page): number for number, page in enumerate(pages, 1)}
    return sorted(pages, key=lambda page: (page.place and page.place.position) or where[id(page)])
