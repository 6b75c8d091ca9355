"""The parts of a letter's text, found by its fixed words, so that one approved text serves e-mail and paper."""

import re
from dataclasses import dataclass

from responders.drafts import COURTESY_RULE

_HEADING_LINE = re.compile(r"(?:Nr\.|Referitor la|Ref\.|Către)\s*:?\s")
_LEGAL_BASIS = re.compile(r"^[^\S\n]*Temei(?:ul)? +legal *: *\w", re.IGNORECASE | re.MULTILINE)
_LONGEST_SIGNATURE = 4


@dataclass(frozen=True, slots=True)
class LetterText:
    """An approved text taken apart for the page. What is not recognised stays among the paragraphs: nothing is lost."""

    heading: tuple[str, ...]
    paragraphs: tuple[str, ...]
    signature: tuple[str, ...]
    courtesy: tuple[str, ...]


def take_apart(body: str, signatory_title: str) -> LetterText:
    """Split a text into its heading lines, paragraphs, signature lines and the courtesy text after them."""
    romanian, _rule, courtesy = body.partition(f"\n{COURTESY_RULE}\n")
    blocks = _blocks(romanian)
    heading: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    if blocks and all(_HEADING_LINE.match(line) for line in blocks[0].split("\n")):
        heading = tuple(blocks.pop(0).split("\n"))
    if blocks:
        last = blocks[-1].split("\n")
        if last[0].rstrip(",: ") == signatory_title and len(last) <= _LONGEST_SIGNATURE:
            blocks.pop()
            signature = tuple(last)
    return LetterText(heading, tuple(blocks), signature, tuple(_blocks(courtesy)))


def states_legal_basis(body: str) -> bool:
    """Whether a line "Temei legal: …" names something (OG 27/2002 art. 13)."""
    return _LEGAL_BASIS.search(body) is not None


def _blocks(text: str) -> list[str]:
    return [block.strip("\n") for block in re.split(r"\n\s*\n", text) if block.strip()]
