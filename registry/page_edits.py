"""What people do to the pages of a letter: correct their text, look at them, turn them, put them in another order.

Every act is in the audit trail. An act that changes what the letter says asks the worker to put the letter's text
together anew (`ask_for_revision`); until it has, the letter has status "pages-changed". No act removes a page.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from registry import audit
from registry.errors import NotFound, PageChangedMeanwhile, StatusRefused
from registry.letter_pages import LetterPage, PageName, letter_pages
from registry.letters import PROCESSING_FAILED
from registry.models import Letter, PagePlace, PageText, User
from registry.spelling import comma_below
from registry.statuses import LetterStatus, change_letter

PROPOSED, KEPT = "propose-classification", "keep-classification"
"""Acts of the audit trail: a corrected text was taken for something else; a person kept what the letter is held for."""
QUARTERS = frozenset({90, 180, 270})
REVISABLE = frozenset({LetterStatus.READY, LetterStatus.PAGES_CHANGED})


def letter_to_edit(session: Session, letter_id: int) -> Letter:
    """The letter, held until the transaction ends. `NotFound`; `StatusRefused` while the machine still reads it."""
    letter = session.get(Letter, letter_id, with_for_update=True)
    if letter is None:
        raise NotFound
    if letter.status not in REVISABLE:
        raise StatusRefused("letter", letter.status, LetterStatus.PAGES_CHANGED)
    return letter


def page_of(session: Session, letter: Letter, name: PageName) -> LetterPage:
    """The page of this name; `NotFound` if there is none, or if it went to another letter."""
    for page in letter_pages(session, letter.id or 0):
        if page.name == name and page.moved_to_id is None:
            return page
    raise NotFound


def place_of(session: Session, letter: Letter, name: PageName) -> PagePlace:
    """The row that says where a page of the letter belongs, made if there is none."""
    place = session.get(PagePlace, (letter.id, name.part, name.page))
    if place is None:
        assert letter.id is not None
        place = PagePlace(letter_id=letter.id, part_number=name.part, page_number=name.page)
        session.add(place)
    return place


def correct_text(
    session: Session, letter: Letter, page: LetterPage, text: str, *, seen: int, user: User, at: datetime
) -> bool:
    """Keep the text of a page as a person says it; what was read stays beside it.

    `seen` is how many corrections the person had before them: `PageChangedMeanwhile` if there are more by now.
    True if the text changed; otherwise the page only counts as looked at.
    """
    if seen != len(page.corrections):
        raise PageChangedMeanwhile
    corrected = comma_below("\n".join(text.splitlines()).strip())
    if corrected == page.text.strip():
        check_page(session, letter, page, user=user, at=at)
        return False
    assert letter.id is not None
    assert user.id is not None
    part, number = page.name
    session.add(
        PageText(letter_id=letter.id, part_number=part, page_number=number, text=corrected, made_at=at, user_id=user.id)
    )
    page.row.needs_human = False
    _note(session, letter, page, "correct-page", user, at, {"version": len(page.corrections) + 1})
    ask_for_revision(session, letter, at=at, actor=user.username)
    return True


def check_page(session: Session, letter: Letter, page: LetterPage, *, user: User, at: datetime) -> None:
    """A person looked at the page and found it right: it no longer waits for anybody."""
    if page.row.needs_human:
        page.row.needs_human = False
        _note(session, letter, page, "check-page", user, at, {})


def turn_page(session: Session, letter: Letter, page: LetterPage, degrees: int, *, user: User, at: datetime) -> None:
    """Turn the picture of a page clockwise by 90, 180 or 270 degrees (else ValueError) and have it read anew.

    `NotFound` for a page whose text does not come from its picture.
    """
    if degrees not in QUARTERS:
        raise ValueError(degrees)
    if not page.may_turn:
        raise NotFound
    place = place_of(session, letter, page.name)
    place.turned = (place.turned + degrees) % 360
    _note(session, letter, page, "turn-page", user, at, {"degrees": degrees})
    ask_for_revision(session, letter, at=at, actor=user.username)


def move_page(session: Session, letter: Letter, page: LetterPage, position: int, *, user: User, at: datetime) -> None:
    """Put a page at this position (from 1) among the pages that are still in the letter; the others make room."""
    order = letter_pages(session, letter.id or 0)
    before = [one.name for one in order if one.moved_to_id is None]
    after = [name for name in before if name != page.name]
    after.insert(max(0, min(position, len(before)) - 1), page.name)
    if after == before:
        return
    _renumber(session, letter, after + [one.name for one in order if one.moved_to_id is not None])
    _note(session, letter, page, "move-page", user, at, {"position": after.index(page.name) + 1})
    ask_for_revision(session, letter, at=at, actor=user.username)


def ask_for_revision(session: Session, letter: Letter, *, at: datetime, actor: str) -> None:
    """Have the worker put the text together anew, understand it anew and make the archive copy anew.

    Asked again while it works, it starts once more: the round tells which request a result belongs to.
    """
    if letter.status != LetterStatus.PAGES_CHANGED:
        change_letter(session, letter, LetterStatus.PAGES_CHANGED, at=at, actor=actor)
    letter.processing_round += 1
    if letter.problem == PROCESSING_FAILED:
        letter.problem = ""


def letters_to_revise(session: Session, limit: int) -> Sequence[tuple[int | None, int]]:
    """Ids and rounds of letters whose pages people changed, oldest first."""
    return session.exec(
        select(Letter.id, Letter.processing_round)
        .where(Letter.status == LetterStatus.PAGES_CHANGED, Letter.problem != PROCESSING_FAILED)
        .order_by(col(Letter.id))
        .limit(limit)
    ).all()


def _renumber(session: Session, letter: Letter, names: Sequence[PageName]) -> None:
    for position, name in enumerate(names, 1):
        place_of(session, letter, name).position = position


def _note(
    session: Session,
    letter: Letter,
    page: LetterPage,
    act: str,
    user: User,
    at: datetime,
    detail: dict[str, int],
) -> None:
    audit.record(
        session,
        at=at,
        actor=user.username,
        act=act,
        subject=f"letters:{letter.id}",
        detail={"part": page.name.part, "page": page.name.page, **detail},
    )
