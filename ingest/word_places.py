"""Where the words of a page's text stand in its picture: the text that counts is laid over the boxes that were read.

The two differ where a hyphen at a line's end was joined, a letter mapped, or a person corrected the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

# [text, left, top, width, height, confidence], as kept beside a page
WordRow: TypeAlias = "Sequence[str | int | float]"

# Comparing is quadratic at worst; a page of print has 500 words.
MOST_WORDS = 4000
LINE_SHARE = 1 / 60
"""The height of a line of text of which nothing is known, as a share of the page."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Some text and its box in pixels of the picture."""

    text: str
    left: float
    top: float
    width: float
    height: float


def place_text(text: str, words: Sequence[WordRow], width: int, height: int) -> list[Placed]:
    """`text` in order, each word over the box it was read from; words that nobody read stand with their neighbour.

    Without any boxes (a page with a text layer of its own) the lines are spread over the page (pixels `width` x
    `height`): they are found by a search, only not in their place.
    """
    if not words:
        return _spread(text, width, height)
    tokens = text.split()
    read = [str(word[0]) for word in words]
    comparable = max(len(read), len(tokens)) <= MOST_WORDS
    said = _assigned(read, tokens) if comparable else [[one] for one in read]
    return [
        Placed(" ".join(here), float(word[1]), float(word[2]), float(word[3]), float(word[4]))
        for here, word in zip(said, words, strict=True)
        if here
    ]


def _assigned(read: list[str], tokens: list[str]) -> list[list[str]]:
    """For each word that was read the words of the text that stand in its place."""
    said: list[list[str]] = [[] for _ in read]
    matcher = SequenceMatcher(None, read, tokens, autojunk=False)
    for _, start, end, first, last in matcher.get_opcodes():
        boxes, here = end - start, tokens[first:last]
        for number, token in enumerate(here):
            box = start + number * boxes // len(here) if boxes else max(0, start - 1)
            said[box].append(token)
    return said


def _spread(text: str, width: int, height: int) -> list[Placed]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    step = min(height * LINE_SHARE, height * 0.9 / max(1, len(lines)))
    return [
        Placed(line, width * 0.05, height * 0.05 + number * step, width * 0.9, step * 0.8)
        for number, line in enumerate(lines)
    ]
