"""Originals, attachments and page pictures of a letter. Rows are found by their ids, never by a hash from outside."""

from fastapi import APIRouter, Response
from sqlmodel import Session

from desk import downloads
from desk.context import TheDesk, TheVisitor
from desk.errors import PageMissing
from registry.letters import number_of
from registry.models import Letter, LetterPart, Page

router = APIRouter()


@router.get("/letters/{letter_id}/original")
def original(desk: TheDesk, visitor: TheVisitor, letter_id: int) -> Response:
    """The bytes of the letter as they arrived."""
    with desk.database.read() as session:
        letter = session.get(Letter, letter_id)
        if letter is None:
            raise PageMissing
        entry = number_of(session, letter)
    fallback = f"{entry.number}-{entry.year}" + (".eml" if letter.channel == "email" else "")
    return downloads.download(desk.store.read(letter.raw_sha256), letter.original_name, fallback)


@router.get("/letters/{letter_id}/archive")
def archive_copy(desk: TheDesk, visitor: TheVisitor, letter_id: int) -> Response:
    """The searchable copy of a letter that came on paper."""
    with desk.database.read() as session:
        letter = session.get(Letter, letter_id)
        if letter is None or letter.archive_sha256 is None:
            raise PageMissing
        entry = number_of(session, letter)
    return downloads.pdf(desk.store.read(letter.archive_sha256), f"{entry.number}-{entry.year}-arhiva.pdf")


@router.get("/letters/{letter_id}/parts/{part_id}")
def attachment(desk: TheDesk, visitor: TheVisitor, letter_id: int, part_id: int) -> Response:
    """One attachment, as a download."""
    with desk.database.read() as session:
        part = _part(session, letter_id, part_id)
    return downloads.download(desk.store.read(part.sha256), part.file_name, f"{letter_id}-{part.number}")


@router.get("/letters/{letter_id}/parts/{part_id}/image")
def inline_picture(desk: TheDesk, visitor: TheVisitor, letter_id: int, part_id: int) -> Response:
    """A picture that a mail shows within its text; anything but a raster picture is not shown."""
    with desk.database.read() as session:
        part = _part(session, letter_id, part_id)
    return _picture(desk.store.read(part.sha256))


@router.get("/letters/{letter_id}/pages/{page_id}/image")
def page_picture(desk: TheDesk, visitor: TheVisitor, letter_id: int, page_id: int) -> Response:
    """The picture of one page that was read."""
    with desk.database.read() as session:
        found = session.get(Page, page_id)
        if found is None or found.letter_id != letter_id or found.image_sha256 is None:
            raise PageMissing
    return _picture(desk.store.read(found.image_sha256))


def _part(session: Session, letter_id: int, part_id: int) -> LetterPart:
    part = session.get(LetterPart, part_id)
    if part is None or part.letter_id != letter_id:
        raise PageMissing
    return part


def _picture(content: bytes) -> Response:
    answer = downloads.picture(content)
    if answer is None:
        raise PageMissing
    return answer
