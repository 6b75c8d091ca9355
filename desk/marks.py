"""Text of a letter cut into pieces: what the sender newly wrote, what is quoted, which words were evidence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is shown in one way. `note` says why it is marked ("" when it is not).

    `anchor` names the word when it leads to its place in the picture.
    """

    text: str
    quoted: bool
    note: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to mark, with the words that explain it and the name of its place in the picture, if it has one."""

    start: int
    end: int
    note: str
    anchor: str = ""


def pieces(text: str, own_spans: Sequence[Sequence[int]] | None, marks: Iterable[Mark]) -> list[Piece]:
    """`text` cut at every change. Without `own_spans` nothing counts as quoted; overlapping marks: the first wins."""
    quoted = bytearray(b"\x01" * len(text)) if own_spans else bytearray(len(text))
    for start, end in own_spans or ():
        start, end = max(0, start), min(len(text), end)
        if start < end:
            quoted[start:end] = bytes(end - start)
    notes: dict[int, Mark] = {}
    for mark in marks:
        if not any(place in notes for place in range(mark.start, mark.end)):
            notes.update(dict.fromkeys(range(mark.start, mark.end), mark))
    found: list[Piece] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or quoted[place] != quoted[start] or notes.get(place) != notes.get(start):
            here = notes.get(start)
            note, anchor = (here.note, here.anchor) if here else ("", "")
            found.append(Piece(text[start:place], bool(quoted[start]), note, anchor))
            start = place
    return found


def evidence_marks(text: str, evidence: Iterable[dict[str, Any]], note: str, *, where: str = "text") -> list[Mark]:
    """Where the evidence of a decision stands in `text` ("text" or "subject" of the letter).

    Offsets that do not fit (a single page of a longer text) are replaced by the first place with these words.
    """
    marks = []
    for one in evidence:
        if one.get("where", "text") != where:
            continue
        words, start = str(one.get("text", "")), int(one.get("start", -1))
        if not words:
            continue
        if start < 0 or text[start : start + len(words)] != words:
            start = text.find(words)
        if start >= 0:
            marks.append(Mark(start, start + len(words), note))
    return marks
