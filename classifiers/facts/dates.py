"""Full dates, in figures or with the month's name."""

import re
from collections.abc import Iterator
from datetime import date

from classifiers.facts.fact import Fact, Page

_MONTHS = [
    "ianuarie",
    "februarie",
    "martie",
    "aprilie",
    "mai",
    "iunie",
    "iulie",
    "august",
    "septembrie",
    "octombrie",
    "noiembrie",
    "decembrie",
]
_FIGURES = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?![\d/-])")
_ISO = re.compile(r"(?<![\d./-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_NAMED = re.compile(rf"(?<!\d)(\d{{1,2}})\s+({'|'.join(_MONTHS)})\s+(\d{{4}})(?!\d)")


def find(page: Page) -> Iterator[Fact]:
    """Values in ISO form; dates that no calendar has are left out."""
    for match in page.search(_FIGURES):
        yield from _fact(page, match, match[4], match[3], match[1])
    for match in page.search(_ISO):
        yield from _fact(page, match, match[1], match[2], match[3])
    for match in page.search(_NAMED):
        yield from _fact(page, match, match[3], str(_MONTHS.index(match[2]) + 1), match[1])


def _fact(page: Page, match: re.Match[str], year: str, month: str, day: str) -> Iterator[Fact]:
    try:
        value = date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return
    if 1900 <= int(year) <= 2100:
        yield page.fact("date", match, value=value)
