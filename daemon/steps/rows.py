"""Rows that a step was told the id of; they exist, because the step was enqueued for them."""

from sqlmodel import Session

from registry.models import Letter, LetterPart


def letter_row(session: Session, letter_id: int) -> Letter:
    """The letter of this id."""
    letter = session.get(Letter, letter_id)
    assert letter is not None
    return letter


def part_row(session: Session, part_id: int) -> LetterPart:
    """The part of this id."""
    part = session.get(LetterPart, part_id)
    assert part is not None
    return part
