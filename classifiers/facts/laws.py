"""Laws, ordinances and council decisions that a letter cites."""

import re
from collections.abc import Iterator

from classifiers.facts.fact import Fact, Page

_ACTS = (
    (r"l(?:egea|egii|ege)?\.?", "Legea"),
    (r"o\.?\s?u\.?\s?g\.?|ordonant\w+\s+de\s+urgenta(?:\s+a\s+guvernului)?", "OUG"),
    (r"o\.?\s?g\.?|ordonant\w+(?:\s+guvernului)?", "OG"),
    (r"h\.?\s?c\.?\s?l\.?(?:\s?m\.?)?|hotarar\w+\s+(?:consiliului\s+local|c\.?l\.?)", "HCL"),
    (r"h\.?\s?g\.?|hotarar\w+\s+(?:de\s+)?guvern(?:ului)?", "HG"),
    (r"ordin(?:ul|ului)?", "Ordinul"),
)
_OF = r"(?:/|din\s+(?:\d{1,2}[./ ]\w+[./ ])?)"
_CITED = [
    (
        re.compile(rf"(?<![\w.])(?:{act})\s*(?:nr\.?|numarul)?\s*(\d{{1,4}})\s*{_OF}\s*(\d{{4}})(?!\d)"),
        name,
    )
    for act, name in _ACTS
]
_GDPR = re.compile(
    r"\b(?:gdpr|rgpd)\b|\bregulament\w*\s*\(?ue\)?\s*(?:nr\.?\s*)?(?:2016/679|679/2016)|\b2016/679\b|\b679/2016\b"
)
# Cited by number alone, as people do.
_BARE = re.compile(r"\b(?:legea|legii)\s+(?:nr\.?\s*)?(544|554|52|50|10|18)\b(?!\s*[/\d]|\s+din)")
_YEARS = {"544": "2001", "554": "2004", "52": "2003", "50": "1991", "10": "2001", "18": "1991"}


def find(page: Page) -> Iterator[Fact]:
    """Values like "Legea 544/2001", "OG 27/2002", "HCL 284/2025", "GDPR"."""
    taken: set[int] = set()
    for pattern, name in _CITED:
        for match in page.search(pattern):
            if match.end() not in taken:
                taken.add(match.end())
                yield page.fact("law", match, value=f"{name} {int(match[1])}/{match[2]}")
    for match in page.search(_BARE):
        yield page.fact("law", match, value=f"Legea {match[1]}/{_YEARS[match[1]]}")
    for match in page.search(_GDPR):
        yield page.fact("law", match, value="GDPR")
