"""Recognised lines to text with paragraphs, told by the gaps and indents that a reader sees.

Tesseract's own paragraph numbers cut sentences in two and run paragraphs together; its reading order is good but for
blocks that stand alone at the right ("Nr. … din …"), which it likes to put last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TypeAlias

from ingest.reading import Word

Line: TypeAlias = list[Word]
_Box: TypeAlias = tuple[int, int, int, int]
# How much of the narrower of two blocks must lie over the other for one to be above the other.
OVER_EACH_OTHER = 0.5


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    left: int
    right: int
    middle: float
    height: int


def in_reading_order(blocks: Sequence[Sequence[Line]]) -> list[Line]:
    """The lines of the blocks (none empty) in the given order, but no block after one that it stands above of."""
    placed: list[tuple[Sequence[Line], _Box]] = []
    for block in blocks:
        box = _box(block)
        place = next((place for place, (_, other) in enumerate(placed) if _is_above(box, other)), len(placed))
        # What is lower goes after it too, even if it stands beside ("Către …" at the left, "Nr. …" at the right).
        while 0 < place < len(placed) and box[3] <= placed[place - 1][1][1]:
            place -= 1
        placed.insert(place, (block, box))
    return [line for block, _ in placed for line in block]


def _box(block: Sequence[Line]) -> _Box:
    words = [word for line in block for word in line]
    right, bottom = max(word.left + word.width for word in words), max(word.top + word.height for word in words)
    return min(word.left for word in words), min(word.top for word in words), right, bottom


def _is_above(box: _Box, other: _Box) -> bool:
    shared = min(box[2], other[2]) - max(box[0], other[0])
    return box[3] <= other[1] and shared >= OVER_EACH_OTHER * min(box[2] - box[0], other[2] - other[0])


def arrange(lines: list[list[Word]]) -> str:
    """The text of the lines (none empty) in the given order, one a line, an empty line between paragraphs."""
    measured = [_measure(words) for words in lines]
    if not measured:
        return ""
    steps = [below.middle - above.middle for above, below in pairwise(measured)]
    usual_height = median(line.height for line in measured)
    neighbours = [step for step in steps if 0.5 * usual_height < step < 3 * usual_height]
    usual_step = median(neighbours) if neighbours else 1.5 * usual_height
    text = measured[0].text
    for (above, below), step in zip(pairwise(measured), steps, strict=True):
        text += ("\n" if _continues(above, below, step, usual_step) else "\n\n") + below.text
    return text


def _measure(words: list[Word]) -> _Line:
    top, bottom = min(word.top for word in words), max(word.top + word.height for word in words)
    left, right = min(word.left for word in words), max(word.left + word.width for word in words)
    return _Line(" ".join(word.text for word in words), left, right, (top + bottom) / 2, bottom - top)


def _continues(above: _Line, below: _Line, step: float, usual_step: float) -> bool:
    """Whether the line below belongs to the same paragraph: near, in the same column, not indented."""
    near = -0.5 * usual_step < step <= 1.35 * usual_step
    same_column = below.left < above.right and above.left < below.right
    indented = below.left - above.left > 1.2 * usual_step
    return near and same_column and not indented
