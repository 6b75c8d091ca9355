"""What the finders read and what they return."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from registry.text import fold_with_offsets

FactKind = Literal[
    "petitioner",
    "email",
    "phone",
    "cnp",
    "cui",
    "iban",
    "registration-number",
    "law",
    "date",
    "address",
    "street",
    "cadastre",
    "complained-about",
]

# Letters that text recognition (and people at old keyboards) put where a figure belongs.
DIGIT = r"[\doil]"
_FIGURES = str.maketrans({"o": "0", "i": "1", "l": "1"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact read in a letter.

    `value` is its canonical form, `shown` what may be shown in lists (for a CNP both are masked), `start` and `end`
    its place in the text. `detail` is what is known of the value: the rule a cited law resolves to, whose an address
    is, what is missing. Its keys and values are codes, never words of the letter.
    """

    kind: FactKind
    value: str
    shown: str
    start: int
    end: int
    detail: dict[str, str] = field(default_factory=dict, hash=False)


class Page:
    """A text with its folded form; finders search the folded form and report places in the original."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded, self._offsets = fold_with_offsets(text)

    def search(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """All matches of a pattern (written in plain lower-case letters) in the folded text."""
        return pattern.finditer(self.folded)

    def place(self, match: re.Match[str], group: int | str = 0) -> tuple[int, int]:
        """Where a group of a match is in the original text."""
        return self.span(*match.span(group))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the folded text is in the original text."""
        return self._offsets[start], self._offsets[end]

    def fact(
        self,
        kind: FactKind,
        match: re.Match[str],
        group: int | str = 0,
        value: str | None = None,
        detail: dict[str, str] | None = None,
    ) -> Fact:
        """The fact at a group of a match; without `value` the text itself, its white space tidied."""
        start, end = self.place(match, group)
        written = " ".join(self.text[start:end].split()) if value is None else value
        return Fact(kind, written, written, start, end, detail or {})


def figures(written: str) -> str:
    """The figures of a folded number, with the letters of `DIGIT` read as the figures they stand for."""
    return re.sub(r"\D", "", written.translate(_FIGURES))
