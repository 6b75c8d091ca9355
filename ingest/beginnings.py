"""Signs that another letter begins on a page of a scan: words at its top, and page numbers that start anew.

Annexes and copies of earlier letters show the same signs, so they are only ever a question to a person.
"""

import re
from typing import Final, Literal

from registry.text import fold

Sign = Literal["", "addressee", "salutation", "page-number"]

# What counts as the top of a page: about the height of a letterhead and an address.
_TOP_LINES: Final = 14
_TOP_CHARACTERS: Final = 700
_EDGE_LINES: Final = 2
_LONGEST_NUMBER_LINE: Final = 40
_ADDRESSEE: Final = re.compile(
    r"^\W*(?:catre|in atentia|domnului primar|doamnei primar|primaria municipiului|primariei municipiului"
    r"|consiliul local|an (?:das|den|die) |tisztelt polgarmester)\b(?!.{60})"
)
_SALUTATION: Final = re.compile(
    r"^\W*(?:(?:stimat\w*|onorat\w*) )?(?:domnul\w*|doamn\w+) primar\w*\b"
    r"|^\W*(?:stimat\w*|onorat\w*) (?:domn\w*|doamn\w*)\b"
    r"|^\W*(?:subsemnat(?:ul|a|ii|ele)|sub ?semnat(?:ul|a))\b"
    r"|^\W*sehr geehrte\w*\b|^\W*tisztelt \w+"
)
_FIRST_OF: Final = re.compile(r"^\W*(?:pag(?:ina)?\.? ?)?1 ?(?:/|din|of|von) ?(\d{1,3})\W*$")
_FIRST: Final = re.compile(r"^\W*(?:pag(?:ina)?\.?|page|seite|oldal) ?1\W*$")


def beginning_sign(text: str) -> Sign:
    """By what the text of a page looks like the first page of a letter; "" if by nothing.

    A page number that starts anew is the surest sign, then the addressee, then how the writer begins.
    """
    lines = [line for line in (" ".join(fold(raw).split()) for raw in text.splitlines()) if line]
    edges = [*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:]]
    if any(_is_first_number(line) for line in edges if len(line) <= _LONGEST_NUMBER_LINE):
        return "page-number"
    top = _top(lines)
    if any(_ADDRESSEE.search(line) for line in top):
        return "addressee"
    if any(_SALUTATION.search(line) for line in top):
        return "salutation"
    return ""


def _is_first_number(line: str) -> bool:
    of = _FIRST_OF.match(line)
    return bool(of and int(of[1]) >= 1) or bool(_FIRST.match(line))


def _top(lines: list[str]) -> list[str]:
    found, length = [], 0
    for line in lines[:_TOP_LINES]:
        found.append(line)
        length += len(line)
        if length > _TOP_CHARACTERS:
            break
    return found
