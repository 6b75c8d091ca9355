"""Land book, cadastral and topographic numbers: forms only, for they have no check digit."""

import re
from collections.abc import Iterator

from classifiers.facts.fact import Fact, Page

_NR = r"(?:\s*,?\s*(?:nr|numarul|numar)\b\.?)?[\s.:]{0,3}"
_UNIT = r"(\d{2,7}(?:\s?-\s?c\d{1,2}(?:\s?-\s?u\d{1,3})?)?)(?![\w/]|[.,]\d)"
_BOOK = re.compile(rf"\b(?:c\.?\s?f\.?|cart(?:ea|ii|e)\s+funciar[ae])(?:\s+(?:individuala|colectiva|sub))?{_NR}{_UNIT}")
_CADASTRE = re.compile(
    rf"\b(?:nr\.?|numar(?:ul)?)\s*cad(?:astral)?\b\.?{_NR}{_UNIT}|\bcad(?:astral)?\.?\s+(?:nr\.?\s*)?{_UNIT}"
)
_TOPOGRAPHIC = re.compile(
    r"\b(?:nr\.?|numar(?:ul)?)?\s*top(?:o|ografic)?\b\.?\s*(?:nr\.?)?[\s.:]{0,3}(\d{1,5}(?:/\d{1,4}[a-z]?){0,6})(?![\w/])"
)
# The land book's town stands behind the number: "CF nr. 101234 Mediaș", "CF 101234 - UAT Mediaș".
_TOWN = re.compile(r"[\s,-]{1,3}(?:a\s+|din\s+|localit\w{0,6}\s+|uat\s+)?([A-ZĂÂÎȘȚŞŢ][\wăâîșțşţ-]{2,24})")
_NO_TOWN = frozenset({"Nr", "Strada", "Str", "Domnul", "Doamna", "Rog", "Vă", "Va", "Solicit", "Telefon", "Tel", "CNP"})


def find(page: Page) -> Iterator[Fact]:
    """Values "CF 101234", "cad. 101234-C1-U5", "top. 1234/5/1"; `detail` has "register" and the "town" where given."""
    for register, word, pattern in (
        ("land-book", "CF", _BOOK),
        ("cadastre", "cad.", _CADASTRE),
        ("topographic", "top.", _TOPOGRAPHIC),
    ):
        for match in page.search(pattern):
            group = 1 if match[1] else 2
            number = re.sub(r"\s", "", match[group]).upper()
            detail = {"register": register}
            town = _TOWN.match(page.text, page.place(match, group)[1])
            if register == "land-book" and town is not None and town[1] not in _NO_TOWN:
                detail["town"] = town[1]
            yield page.fact("cadastre", match, value=f"{word} {number}", detail=detail)
