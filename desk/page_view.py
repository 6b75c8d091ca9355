"""The pages of a letter as the desk shows them: picture, text, doubts, quality, and what people made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from config.i18n import gettext as _
from config.i18n import ngettext
from desk import marks, words
from desk.doubts import Doubt, doubts, kept_words
from ingest.errors import describe_reason
from registry.letter_pages import LetterPage
from registry.models import Letter, RegisterEntry, User
from registry.store import FileStore

# Of so many pages the words are looked at for the page of the letter; each page's own screen shows its words anyway.
PAGES_WITH_DOUBTS = 20
LITTLE_TURN = 0.1


@dataclass(frozen=True, slots=True)
class Version:
    """The text of a page as one person corrected it."""

    number: int
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PageView:
    """One page that was read: its picture (if any) beside its text."""

    id: int
    part: int
    number: int
    address: str
    has_picture: bool
    width: int
    height: int
    pieces: list[marks.Piece]
    doubts: list[Doubt]
    text: str
    read_text: str
    versions: list[Version]
    source: str
    confidence: float | None
    summary: str
    quality: list[tuple[str, str]]
    needs_human: bool
    reason: str
    may_turn: bool
    waits_for_turn: bool


@dataclass(frozen=True, slots=True)
class HiddenPages:
    """Pages that are not shown at once, with the line that says so."""

    line: str
    pages: list[PageView]


@dataclass(frozen=True, slots=True)
class MovedPages:
    """Pages that went to another letter: which they were, and where they are."""

    line: str
    letter_id: int
    label: str


def page_view(
    letter: Letter,
    page: LetterPage,
    store: FileStore,
    people: dict[int | None, str],
    *,
    evidence: Sequence[dict[str, Any]] = (),
    note: str = "",
    with_doubts: bool = True,
) -> PageView:
    """The view of one page. `evidence` and `note` mark the words that speak for the topic of the letter."""
    row, text = page.row, page.text
    # A person's text is beyond doubt; the boxes belong to what was read.
    found = doubts(text, kept_words(store, row.words_sha256)) if with_doubts and not page.corrections else []
    doubtful = [
        marks.Mark(one.start, one.end, _confidence_note(one), f"{_anchor(page)}-{one.number}")
        for one in found
        if one.start is not None and one.end is not None
    ]
    return PageView(
        id=row.id or 0,
        part=page.part.number,
        number=row.number,
        address=f"/letters/{letter.id}/page/{page.part.number}/{row.number}",
        has_picture=row.image_sha256 is not None,
        width=row.width or 0,
        height=row.height or 0,
        pieces=marks.pieces(text, None, [*doubtful, *marks.evidence_marks(text, evidence, note)]),
        doubts=found,
        text=text,
        read_text=row.text,
        versions=[
            Version(number, one.text, people.get(one.user_id, ""), one.made_at)
            for number, one in enumerate(page.corrections, 1)
        ],
        source=words.page_source(row.source),
        confidence=row.mean_confidence / 100 if row.mean_confidence is not None else None,
        summary=_summary(page),
        quality=_quality(page),
        needs_human=row.needs_human,
        reason=describe_reason(row.reason),
        may_turn=page.may_turn,
        waits_for_turn=page.to_turn != 0 and page.may_turn,
    )


def hidden_pages(pages: Sequence[LetterPage], views: Sequence[PageView]) -> list[HiddenPages]:
    """Blank pages and our separator sheets, each behind a line."""
    blank = [view for page, view in zip(pages, views, strict=True) if is_blank(page)]
    sheets = [view for page, view in zip(pages, views, strict=True) if page.is_separator]
    found = []
    if blank:
        line = ngettext("{count} blank page hidden", "{count} blank pages hidden", len(blank))
        found.append(HiddenPages(line.format(count=len(blank)), blank))
    if sheets:
        line = ngettext("{count} separator sheet hidden", "{count} separator sheets hidden", len(sheets))
        found.append(HiddenPages(line.format(count=len(sheets)), sheets))
    return found


def moved_pages(session: Session, pages: Sequence[LetterPage]) -> list[MovedPages]:
    """A line for each letter that got pages of this scan."""
    gone: dict[int, list[int]] = {}
    for page in pages:
        if page.moved_to_id is not None:
            gone.setdefault(page.moved_to_id, []).append(page.row.number)
    labels = dict(
        session.exec(
            select(Letter.id, RegisterEntry)
            .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
            .where(col(Letter.id).in_(gone))
        ).all()
    )
    return [
        MovedPages(_which(numbers), letter_id, labels[letter_id].label)
        for letter_id, numbers in sorted(gone.items())
        if letter_id in labels
    ]


def is_blank(page: LetterPage) -> bool:
    """Whether a page is provably blank and nobody has to look at it or wrote anything about it."""
    return page.row.source == "blank" and not page.row.needs_human and not page.corrections


def people_of(session: Session) -> dict[int | None, str]:
    """Full names of all users by id."""
    return {user.id: user.full_name for user in session.exec(select(User))}


def _anchor(page: LetterPage) -> str:
    return f"{page.part.number}-{page.row.number}"


def _confidence_note(doubt: Doubt) -> str:
    return _("read with {share} % confidence").format(share=doubt.confidence)


def _which(numbers: list[int]) -> str:
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][-1] == number - 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    pages = ", ".join("–".join(str(one) for one in span) for span in spans)
    return ngettext(
        "Page {pages} of this scan is now in letter", "Pages {pages} of this scan are now in letter", len(numbers)
    ).format(pages=pages)


def _summary(page: LetterPage) -> str:
    """The quality of the reading in a few words."""
    row = page.row
    if page.corrections:
        return _("corrected by a person")
    said = [words.page_source(row.source)]
    if row.mean_confidence is not None:
        said.append(_("confidence {share} %").format(share=round(row.mean_confidence)))
    if row.low_share:
        said.append(_("{share} % of the words doubtful").format(share=_at_least_one(row.low_share)))
    return " · ".join(said)


def _quality(page: LetterPage) -> list[tuple[str, str]]:
    """The quality record of a page, as names and values for people."""
    row = page.row
    found = [(_("How it was read"), words.page_source(row.source))]
    if row.mean_confidence is not None:
        value = _("{share} % on average").format(share=round(row.mean_confidence))
        if row.p10_confidence is not None:
            value += _("; a tenth of the words below {share} %").format(share=round(row.p10_confidence))
        found.append((_("Confidence"), value))
    if row.low_share is not None:
        found.append((_("Doubtful words"), _("{share} % of the words").format(share=_at_least_one(row.low_share))))
    if row.coverage is not None:
        found.append((_("Writing found"), _("{share} % of the ink was read").format(share=int(row.coverage * 100))))
    if row.tries:
        found.append((_("Attempts"), str(row.tries)))
    if row.language:
        found.append((_("Language"), words.recognition_language(row.language)))
    if turn := _turn(row.angle):
        found.append((_("Straightened"), turn))
    if row.dpi:
        found.append((_("Resolution"), f"{row.dpi} dpi"))
    return found


def _at_least_one(share: float) -> int:
    return max(1, round(share * 100)) if share else 0


def _turn(angle: float) -> str:
    """By how much the page was turned to stand upright; "" for next to nothing. Counter-clockwise is to the left."""
    around = (angle + 180) % 360 - 180
    if abs(around) < LITTLE_TURN:
        return ""
    amount = f"{abs(around):.1f}".replace(".", ",").removesuffix(",0")
    return (_("by {angle}° to the left") if around > 0 else _("by {angle}° to the right")).format(angle=amount)
