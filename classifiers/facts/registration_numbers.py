"""Numbers under which an earlier letter was registered; numbers of laws look alike and are told apart."""

import re
from collections.abc import Iterator
from datetime import date

from classifiers.facts.fact import Fact, Page

_NUMBER = r"(\d{1,7})"
_DATE = r"(?:\s*(?:/|din(?:\s+data(?:\s+de)?)?)\s*(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4})(?!\d))"
_WORD = (
    r"(?:inregistrat\w*|numar(?:ul)?\s+de\s+inregistrare|nr\.?\s*(?:de\s+)?inreg\w*\.?|petiti\w+|cerer\w+|sesizar\w+|reclamati\w+|adres\w+|"
    r"raspuns\w*|solicitar\w+|intampinar\w+|planger\w+|registratur\w+|scrisor\w+|memori\w+)"
)
_AFTER_WORD = re.compile(rf"\b{_WORD}[^\d\n.;]{{0,40}}?(?:\bnr\.?|\bnumarul|\bsub\b|:)\s*{_NUMBER}{_DATE}?(?![\d/])")
_FULL_DATE = re.compile(rf"\bnr\.?\s*{_NUMBER}\s*(?:/|din)\s*(\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}})(?!\d)")
# What stands before a number that is not a registration number: laws, houses, court files, contracts, phones.
_NOT_OURS = re.compile(
    r"\b(?:legea|legii|l|o\.?u?\.?g\.?|h\.?g\.?|h\.?c\.?l\.?|ordonant\w+[^.\n]{0,30}|hotarar\w+[^.\n]{0,40}|ordin\w*"
    r"|decizi\w+|art\.?|dosar\w*|contract\w*[^.\n]{0,30}|str(?:ada|azii)?\.?\s[^.\n]{0,40}|bl\.?|ap\.?|sc\.?|tel\w*\.?"
    r"|factur\w*[^.\n]{0,20}|proces\w*\s+verbal\w*[^.\n]{0,30}|ci\s+seria\s+\w+)[\s,]*(?:nr\.?|numarul)?\s*$"
)
_BEFORE = 60


def find(page: Page) -> Iterator[Fact]:
    """Values "54055/2017-07-10", "54055/2017" or "54055"."""
    taken: set[int] = set()
    for pattern in (_AFTER_WORD, _FULL_DATE):
        for match in page.search(pattern):
            number = match.start(1)
            if number not in taken and not _NOT_OURS.search(page.folded[max(0, number - _BEFORE) : number]):
                taken.add(number)
                yield _fact(page, match)


def _fact(page: Page, match: re.Match[str]) -> Fact:
    start = page.place(match, 1)[0]
    end = page.place(match, 2 if match[2] else 1)[1]
    value = match[1] + (f"/{_tidy(match[2])}" if match[2] else "")
    return Fact("registration-number", value, value, start, end)


def _tidy(written: str) -> str:
    parts = re.split(r"[./-]", written)
    if len(parts) != 3:
        return written
    day, month, year = (int(part) for part in parts)
    try:
        return date(year + 2000 if year < 100 else year, month, day).isoformat()
    except ValueError:
        return written
