"""Understanding a letter: topic, department, legal kind, people and places."""

from typing import Any

from sqlmodel import Session

from classifiers.log import record_understanding
from classifiers.understand import Understanding
from config import clock
from daemon.house import House
from daemon.steps.rows import letter_row
from registry.statuses import LetterStatus, change_letter


def understand_letter(house: House, letter_id: int) -> dict[str, Any]:
    """What the model makes of the sender's own words (quoted mail is blanked, so that offsets stay true)."""
    with house.database.read() as session:
        letter = letter_row(session, letter_id)
        text, subject = own_words(letter.text, letter.own_text_spans), letter.subject or None
    return house.understander.understand(text, subject).to_json()


def record_decision(
    house: House, session: Session, letter_id: int, understanding: dict[str, Any], similar: dict[str, Any]
) -> None:
    """Write the decision and the facts into the classification log, with the letters nearest to it."""
    letter = letter_row(session, letter_id)
    now = clock.now()
    found = Understanding.from_json(understanding)
    record_understanding(session, letter, found, house.tables, at=now, nearest=similar["nearest"])
    change_letter(session, letter, LetterStatus.UNDERSTOOD, at=now, actor="worker")


def own_words(text: str, spans: list[list[int]]) -> str:
    """The text with everything outside `spans` turned into spaces of the same length (line ends are kept)."""
    kept = [character if character == "\n" else " " for character in text]
    for start, end in spans:
        kept[start:end] = text[start:end]
    return "".join(kept)
