"""Personal numeric code, company code and bank account: only what passes its check digits."""

import re
from collections.abc import Iterator

from stdnum import iban
from stdnum.ro import cnp, cui

from classifiers.facts.fact import DIGIT, Fact, Page, figures
from registry.spelling import mask_cnp

# People group the figures of a CNP with spaces, and text recognition reads some of them as letters; the check digit
# says whether it is one all the same.
_CNP = re.compile(rf"(?<![\w/])[1-9il](?:[ .-]?{DIGIT}){{12}}(?!\w)")
_CUI_WORD = (
    r"(?:c\.?\s?u\.?\s?i\.?|c\.?\s?i\.?\s?f\.?"
    r"|cod(?:ul)?\s+(?:fiscal|unic(?:\s+de\s+inregistrare)?|de\s+inregistrare\s+fiscala))"
)
_CUI = re.compile(rf"\b{_CUI_WORD}(?:[\s.:]|nr){{0,6}}((?:ro)?\s?{DIGIT}{{2,10}})(?!\w)")
_IBAN = re.compile(r"\br[o0][\doil]{2}(?:[\s.-]?[a-z0-9]){20}(?!\w)")

_FIGURES_READ = 9


def find(page: Page) -> Iterator[Fact]:
    """CNP masked in value and in what is shown; CUI without RO; IBAN without spaces."""
    for match in page.search(_CNP):
        number = figures(match[0])
        if _looks_like_cnp(number) and sum(map(str.isdigit, match[0])) >= _FIGURES_READ:
            yield page.fact("cnp", match, value=mask_cnp(number))
    for match in page.search(_CUI):
        number = figures(match[1].strip().removeprefix("ro"))
        if cui.is_valid(number):
            yield page.fact("cui", match, 1, value=number)
    for match in page.search(_IBAN):
        for number in _iban_readings(re.sub(r"[\s.-]", "", match[0])):
            if iban.is_valid(number):
                yield page.fact("iban", match, value=number)
                break


def _looks_like_cnp(digits: str) -> bool:
    # A date of birth in the future is an error for the library, but masking must not depend on the date.
    return bool(cnp.is_valid(digits)) or cnp.calc_check_digit(digits[:-1]) == digits[-1]


def _iban_readings(written: str) -> tuple[str, str]:
    """As written, and with the letters that stand for figures in the check digits and after the bank's four letters."""
    read = "RO" + figures(written[2:4]) + written[4:8]
    return written.upper(), (read + written[8:].translate(str.maketrans("oil", "011"))).upper()
