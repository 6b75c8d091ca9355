"""Personal numeric code, company code and bank account: only what passes its check digits."""

import re
from collections.abc import Iterator

from stdnum import iban
from stdnum.ro import cnp, cui

from classifiers.facts.fact import Fact, Page
from registry.spelling import mask_cnp

_CNP = re.compile(r"(?<![\d/])[1-9]\d{12}(?!\d)")
_CUI_WORD = r"(?:cui|cif|cod fiscal|cod unic de inregistrare|cod de inregistrare fiscala)"
_CUI = re.compile(rf"\b{_CUI_WORD}\b[\s.:nr]{{0,6}}((?:ro)?\s?\d{{2,10}})\b")
_IBAN = re.compile(r"\bro\d{2}(?:\s?[a-z0-9]{4}){5}\b")


def find(page: Page) -> Iterator[Fact]:
    """CNP masked in value and in what is shown; CUI without RO; IBAN without spaces."""
    for match in page.search(_CNP):
        if _looks_like_cnp(match[0]):
            yield page.fact("cnp", match, value=mask_cnp(match[0]))
    for match in page.search(_CUI):
        number = re.sub(r"\D", "", match[1])
        if cui.is_valid(number):
            yield page.fact("cui", match, 1, value=number)
    for match in page.search(_IBAN):
        number = re.sub(r"\s", "", match[0]).upper()
        if iban.is_valid(number):
            yield page.fact("iban", match, value=number)


def _looks_like_cnp(digits: str) -> bool:
    # A date of birth in the future is an error for the library, but masking must not depend on the date.
    return bool(cnp.is_valid(digits)) or cnp.calc_check_digit(digits[:-1]) == digits[-1]
