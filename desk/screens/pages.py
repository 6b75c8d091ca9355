"""One page of a letter beside its picture, and the acts on it: correct its text, find it right, turn it, move it.

Everything works as plain forms; what takes time the worker does, within a second or two.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session

from config import clock
from desk.context import Desk, TheDesk, TheVisitor, Visitor
from desk.errors import PageMissing
from desk.page_view import page_view, people_of
from desk.render import go, page
from registry import page_edits, splits
from registry.errors import NotFound, RecordError
from registry.letter_pages import LetterPage, PageName, letter_pages
from registry.letters import number_of
from registry.models import Letter, User
from registry.statuses import LetterStatus

router = APIRouter()

SPLITTABLE = frozenset({"pdf", "tiff"})
"""Kinds of files whose pages can be taken apart."""
PageAct = Callable[[Session, Letter, LetterPage, User], str]
"""Does something with a page of a letter in one transaction and returns the code of the notice."""


@router.get("/letters/{letter_id}/page/{part}/{number}")
def show(request: Request, desk: TheDesk, visitor: TheVisitor, letter_id: int, part: int, number: int) -> Response:
    """One page: its picture with the doubtful words, its text, how well it was read."""
    return page_answer(request, desk, letter_id, PageName(part, number))


def page_answer(
    request: Request,
    desk: Desk,
    letter_id: int,
    name: PageName,
    *,
    typed: str | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    """The screen of a page; after a refused act with its sentence and, if given, the text that had been typed."""
    with desk.database.read() as session:
        letter = session.get(Letter, letter_id)
        if letter is None:
            raise PageMissing
        here = [one for one in letter_pages(session, letter_id) if one.moved_to_id is None]
        place = next((place for place, one in enumerate(here) if one.name == name), None)
        if place is None:
            raise PageMissing
        shown = here[place]
        values = {
            "letter": letter,
            "entry": number_of(session, letter),
            "shown": page_view(letter, shown, desk.store, people_of(session)),
            "typed": typed,
            "error": error,
            "position": place + 1,
            "count": len(here),
            "previous": address(letter_id, here[place - 1].name) if place else "",
            "following": address(letter_id, here[place + 1].name) if place + 1 < len(here) else "",
            "is_scan": letter.channel != "email",
            "may_split": place > 0 and shown.belongs and shown.part.found_type in SPLITTABLE,
            "may_change": letter.status in page_edits.REVISABLE,
            "revising": letter.status == LetterStatus.PAGES_CHANGED,
        }
    return page(request, "page.html", values, status=status)


@router.post("/letters/{letter_id}/page/{part}/{number}/text")
def correct(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    part: int,
    number: int,
    seen: Annotated[int, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    """Keep the text of a page as a person says it, beside what was read."""

    def act(session: Session, letter: Letter, shown: LetterPage, user: User) -> str:
        changed = page_edits.correct_text(session, letter, shown, text, seen=seen, user=user, at=clock.now())
        return "page-corrected" if changed else "page-checked"

    return _do(request, desk, visitor, letter_id, PageName(part, number), act, typed=text)


@router.post("/letters/{letter_id}/page/{part}/{number}/checked")
def checked(request: Request, desk: TheDesk, visitor: TheVisitor, letter_id: int, part: int, number: int) -> Response:
    """A person compared the page with its picture and found it right."""

    def act(session: Session, letter: Letter, shown: LetterPage, user: User) -> str:
        page_edits.check_page(session, letter, shown, user=user, at=clock.now())
        return "page-checked"

    return _do(request, desk, visitor, letter_id, PageName(part, number), act)


@router.post("/letters/{letter_id}/page/{part}/{number}/turn")
def turn(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    part: int,
    number: int,
    degrees: Annotated[Literal["90", "180", "270"], Form()],
) -> Response:
    """Turn the page clockwise; it is read anew as it then stands."""

    def act(session: Session, letter: Letter, shown: LetterPage, user: User) -> str:
        page_edits.turn_page(session, letter, shown, int(degrees), user=user, at=clock.now())
        return "page-turned"

    return _do(request, desk, visitor, letter_id, PageName(part, number), act)


@router.post("/letters/{letter_id}/page/{part}/{number}/move")
def move(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    part: int,
    number: int,
    position: Annotated[int, Form()],
) -> Response:
    """Put the page at another place among the pages of its scan."""

    def act(session: Session, letter: Letter, shown: LetterPage, user: User) -> str:
        if letter.channel == "email":
            raise NotFound  # the files of a mail stay as their sender put them
        page_edits.move_page(session, letter, shown, position, user=user, at=clock.now())
        return "page-moved"

    return _do(request, desk, visitor, letter_id, PageName(part, number), act)


@router.post("/letters/{letter_id}/page/{part}/{number}/split")
def split(request: Request, desk: TheDesk, visitor: TheVisitor, letter_id: int, part: int, number: int) -> Response:
    """Another letter begins with this page: the worker makes it a letter with a number of its own."""

    def act(session: Session, letter: Letter, shown: LetterPage, user: User) -> str:
        splits.ask_to_split(session, letter, shown, user=user, at=clock.now())
        return "splitting"

    return _do(request, desk, visitor, letter_id, PageName(part, number), act)


def address(letter_id: int, name: PageName) -> str:
    """Where the screen of a page is."""
    return f"/letters/{letter_id}/page/{name.part}/{name.page}"


def _do(
    request: Request,
    desk: Desk,
    visitor: Visitor,
    letter_id: int,
    name: PageName,
    act: PageAct,
    *,
    typed: str | None = None,
) -> Response:
    """Do an act on a page in one transaction and show the page again; a refusal stands above it."""
    try:
        with desk.database.write() as session:
            letter = page_edits.letter_to_edit(session, letter_id)
            shown = page_edits.page_of(session, letter, name)
            notice = act(session, letter, shown, session.get_one(User, visitor.id))
    except NotFound as error:
        raise PageMissing from error
    except RecordError as error:
        return page_answer(request, desk, letter_id, name, typed=typed, error=str(error), status=409)
    return go(address(letter_id, name), notice=notice)
