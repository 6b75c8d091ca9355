"""Which words of a page were read with doubt: where they lie in its picture, and where they stand in its text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ingest.reading import DOUBTFUL_BELOW
from registry.errors import FileDamaged
from registry.spelling import comma_below
from registry.store import FileStore

# So far ahead of the last word the next one is looked for, in characters.
AHEAD = 400
MOST_DOUBTS = 400

WordRow: TypeAlias = "Sequence[str | int | float]"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubtful word: its box in pixels of the picture; `start` and `end` are None where the text lacks it."""

    number: int
    text: str
    confidence: int
    left: int
    top: int
    width: int
    height: int
    start: int | None
    end: int | None


def kept_words(store: FileStore, sha256: str | None) -> list[WordRow]:
    """The words of a page with their boxes; none when the page has none or their file is damaged."""
    if sha256 is None:
        return []
    try:
        words: list[WordRow] = json.loads(store.read(sha256))
    except (FileDamaged, ValueError):
        return []
    return words


def doubts(text: str, words: Sequence[WordRow]) -> list[Doubt]:
    """The words below the bar, in reading order, each found in `text` after the one before it."""
    found: list[Doubt] = []
    place = 0
    for row in words:
        written, confidence = str(row[0]), float(row[5])
        start, end = _find(text, written, place)
        if end is not None:
            place = end
        if confidence < DOUBTFUL_BELOW and len(found) < MOST_DOUBTS:
            left, top, width, height = (int(value) for value in row[1:5])
            found.append(
                Doubt(len(found) + 1, written, max(0, round(confidence)), left, top, width, height, start, end)
            )
    return found


def _find(text: str, word: str, place: int) -> tuple[int | None, int | None]:
    """Where a word stands; one that was cut at a line's end stands there without its hyphen."""
    for wanted in (comma_below(word), comma_below(word).rstrip("-\u00ad")):
        if wanted and (start := text.find(wanted, place, place + AHEAD)) >= 0:
            return start, start + len(wanted)
    return None, None
