"""Reading the pages of a letter's files, and putting the text that was read together."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, select

from config import clock
from daemon.house import House
from daemon.steps.letter_text import put_text_together
from daemon.steps.rows import letter_row, part_row
from ingest.documents import Means, read_document
from ingest.reading import DocumentReading, Word, words_to_json
from ingest.reading import Page as ReadPage
from registry.models import LetterPart, Page
from registry.statuses import LetterStatus, change_letter
from registry.store import record_file

PAGE_CACHE = "recognised"
_AS_READ = (
    "text", "raw_text", "source", "language", "mean_confidence", "p10_confidence", "low_share", "coverage",
    "tries", "psm", "angle", "dpi", "width", "height",
)  # fmt: skip


def read_part(house: House, part_id: int) -> dict[str, Any]:
    """Read one file in limited children; pictures of pages and words of pages (JSON) go into the store.

    Returns {"reading", "pictures": {picture name: hash}, "words": {page number: hash}}; the reading has no words.
    """
    with house.database.read() as session:
        sha256 = part_row(session, part_id).sha256
    folder = house.work_folder("pages") / str(part_id)
    folder.mkdir(exist_ok=True)
    try:
        means = Means(
            engine=house.settings.recognition.engine,
            workers=house.settings.recognition.workers,
            cache=house.work_folder(PAGE_CACHE),
        )
        reading = read_document(house.store.path(sha256), image_folder=folder, means=means)
        pictures = {
            page.image_name: house.store.put_file(folder / page.image_name) for page in reading.pages if page.image_name
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # The engine keeps what a step returns; thousands of boxes belong into the store.
    with_words = {str(page.number): words_file(page.words) for page in reading.pages if page.words}
    words = dict(zip(with_words, house.store.put_many(list(with_words.values())), strict=True))
    bare = replace(reading, pages=tuple(replace(page, words=()) for page in reading.pages))
    return {"reading": bare.to_json(), "pictures": pictures, "words": words}


def record_pages(house: House, session: Session, part_id: int, read: dict[str, Any]) -> None:
    """Write one row per page that was read (or could not be)."""
    part = part_row(session, part_id)
    reading = DocumentReading.from_json(read["reading"])
    part.problem = reading.failure
    for page in reading.pages:
        picture = read["pictures"].get(page.image_name)
        words = read["words"].get(str(page.number))
        for sha256 in filter(None, (picture, words)):
            record_file(session, house.store, sha256)
        session.add(
            Page(
                letter_id=part.letter_id,
                part_id=part_id,
                number=page.number,
                needs_human=page.needs_human,
                reason=page.reason,
                image_sha256=picture,
                words_sha256=words,
                codes=list(page.codes) or None,
                pipeline=page.pipeline,
                **as_read(page),
            )
        )


def words_file(words: Sequence[Word]) -> bytes:
    """The words of a page as the store keeps them."""
    return json.dumps(words_to_json(words), ensure_ascii=False).encode()


def as_read(page: ReadPage) -> dict[str, Any]:
    """What the row of a page says of its reading, whether it is the first or one of the turned page."""
    return {name: getattr(page, name) for name in _AS_READ}


def record_text(house: House, session: Session, letter_id: int) -> None:
    """Put together the text by which a letter is understood.

    A letter one of whose files could not be read carries the reason, so that a person looks at the original.
    """
    letter = letter_row(session, letter_id)
    put_text_together(session, letter)
    failed = session.exec(
        select(LetterPart.problem).where(LetterPart.letter_id == letter_id, LetterPart.problem != "")
    ).first()
    letter.problem = letter.problem or failed or ""
    change_letter(session, letter, LetterStatus.READ, at=clock.now(), actor="worker")
