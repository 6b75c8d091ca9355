"""Reading the pages of a letter's files, and putting the text that was read together."""

import shutil
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from config import clock
from daemon.house import House
from daemon.steps.parts import TOLD_SOURCES
from daemon.steps.rows import letter_row, part_row
from ingest.documents import read_document
from ingest.reading import DocumentReading
from registry.models import Letter, LetterPart, Page
from registry.statuses import LetterStatus, change_letter
from registry.store import record_file

# So few characters ("Bună ziua") only pass on what is attached.
NEXT_TO_NOTHING = 20
ANNEX_MARK = "\n\n— {name} —\n"


def read_part(house: House, part_id: int) -> dict[str, Any]:
    """Read one file in a limited child; page pictures go into the store. Returns the reading and picture hashes."""
    with house.database.read() as session:
        sha256 = part_row(session, part_id).sha256
    folder = house.work_folder("pages") / str(part_id)
    folder.mkdir(exist_ok=True)
    try:
        reading = read_document(house.store.path(sha256), image_folder=folder)
        pictures = {
            page.image_name: house.store.put_file(folder / page.image_name) for page in reading.pages if page.image_name
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"reading": reading.to_json(), "pictures": pictures}


def record_pages(house: House, session: Session, part_id: int, read: dict[str, Any]) -> None:
    """Write one row per page that was read (or could not be)."""
    part = part_row(session, part_id)
    reading = DocumentReading.from_json(read["reading"])
    part.problem = reading.failure
    for page in reading.pages:
        picture = read["pictures"].get(page.image_name)
        if picture:
            record_file(session, house.store, picture)
        session.add(
            Page(
                letter_id=part.letter_id,
                part_id=part_id,
                number=page.number,
                text=page.text,
                raw_text=page.raw_text,
                source=page.source,
                language=page.language,
                mean_confidence=page.mean_confidence,
                low_share=page.low_share,
                coverage=page.coverage,
                tries=page.tries,
                angle=page.angle,
                dpi=page.dpi,
                needs_human=page.needs_human,
                reason=page.reason,
                image_sha256=picture,
            )
        )


def record_text(house: House, session: Session, letter_id: int) -> None:
    """Put together the text by which a letter is understood: the mail's own, then what its files say.

    What an attached mail says, and the files in it, are somebody else's words: they stay beside the text, unless the
    sender wrote next to nothing. A letter one of whose files could not be read carries the reason, so that a person
    looks at the original.
    """
    letter = letter_row(session, letter_id)
    rows = session.exec(
        select(LetterPart, Page)
        .join(Page, col(Page.part_id) == col(LetterPart.id))
        .where(LetterPart.letter_id == letter_id)
        .order_by(col(LetterPart.number), col(Page.number))
    ).all()
    # The names of the files in an archive are nobody's words.
    said = [(part, page) for part, page in rows if page.text.strip() and not part.inline and page.source != "listing"]
    if letter.channel == "email":
        _append(letter, [pair for pair in said if not _of_others(*pair)])
        others = [pair for pair in said if _of_others(*pair)]
        if others and _own_length(letter) < NEXT_TO_NOTHING:
            _append(letter, others)
            letter.remarks = [*letter.remarks, "attached-mail-used"]
    else:
        letter.text = "\n\n".join(page.text for _, page in said)
        letter.own_text_spans = [[0, len(letter.text)]]
    failed = session.exec(
        select(LetterPart.problem).where(LetterPart.letter_id == letter_id, LetterPart.problem != "")
    ).first()
    letter.problem = letter.problem or failed or ""
    change_letter(session, letter, LetterStatus.READ, at=clock.now(), actor="worker")


def _of_others(part: LetterPart, page: Page) -> bool:
    return part.nested or page.source in TOLD_SOURCES


def _append(letter: Letter, said: list[tuple[LetterPart, Page]]) -> None:
    """Add the pages to the letter's text, each file under a line with its name, as words that count."""
    start = len(letter.text)
    for _, group in groupby(said, key=lambda pair: pair[0].id):
        pairs = list(group)
        letter.text += ANNEX_MARK.format(name=pairs[0][0].file_name) + "\n".join(page.text for _, page in pairs)
    if len(letter.text) > start:
        letter.own_text_spans = [*letter.own_text_spans, [start, len(letter.text)]]


def _own_length(letter: Letter) -> int:
    """How many characters the sender's own words have; without any span nothing was told apart."""
    spans = letter.own_text_spans or [[0, len(letter.text)]]
    return len("".join(letter.text[start:end] for start, end in spans).strip())
