"""Laws, ordinances and council decisions that a letter cites, resolved to the table of known acts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from classifiers.facts.fact import DIGIT, Fact, Page, figures

TABLE = Path(__file__).resolve().parent.parent / "rules" / "laws.yaml"

_ACTS = (
    (r"(?:l|i)e?g(?:ea|ii|e)\.?|l\.?|lg\.?", "Legea"),
    (r"o\.?\s?u\.?\s?g\.?|ordonant\w{0,3}\s+de\s+urgenta(?:\s+a\s+guvernului)?", "OUG"),
    (r"o\.?\s?g\.?|ordonant\w{0,3}(?:\s+guvernului)?", "OG"),
    (r"h\.?\s?c\.?\s?l\.?(?:\s?m\.?)?|hotarar\w{0,3}\s+(?:consiliului\s+local|c\.?l\.?)", "HCL"),
    (r"h\.?\s?g\.?|hotarar\w{0,3}\s+(?:de\s+)?guvern(?:ului)?", "HG"),
    (r"ordin(?:ul|ului)?", "Ordinul"),
)
_OF = r"(?:/|din\s+(?:(?:anul|data\s+de)\s+)?(?:\d{1,2}[./ ]\w{1,10}[./ ])?|-)"
_CITED = [
    (
        re.compile(
            rf"(?<![\w.])(?:{act})\s*(?:nr\.?|numarul|n\.r\.)?\s*(\d{DIGIT}{{0,3}})\s*{_OF}\s*((?:1|2|i|l){DIGIT}{{3}})(?!\w)"
        ),
        name,
    )
    for act, name in _ACTS
]
_GDPR = re.compile(
    r"\b(?:gdpr|rgpd)\b|\bregulament\w{0,6}\s*\(?ue\)?\s*(?:nr\.?\s*)?(?:2016/679|679/2016)|\b2016/679\b|\b679/2016\b"
)
_NAMED = [
    (re.compile(r"\bcod(?:ul|ului)?\s+administrativ\b"), "OUG 57/2019"),
    (re.compile(r"\bcod(?:ul|ului)?\s+(?:de\s+)?procedura\s+fiscala\b"), "Legea 207/2015"),
    (re.compile(r"\bcod(?:ul|ului)?\s+fiscal\b(?!\s*[:\d])"), "Legea 227/2015"),
    (re.compile(r"\blegea\s+(?:petitiilor|petitionarii)\b"), "OG 27/2002"),
    (re.compile(r"\blegea\s+(?:contenciosului|contencios\w*)\b"), "Legea 554/2004"),
    (re.compile(r"\blegea\s+(?:liberului\s+acces|accesului\s+la\s+informa\w+)"), "Legea 544/2001"),
]
# Cited by number alone, as people do.
_BARE = re.compile(
    r"(?<![\w.])(legea|legii|lege|lg|l(?=\.?\s?5[45]4\b)|og|o\.g\.?|oug|o\.u\.g\.?|ordonant\w{0,3})\.?\s*(?:nr\.?\s*)?(\d{2,3})\b(?!\s*[/\d-]|\s+din\s+\d|[.,]\d)"
)
_BARE_NAMES = {"l": "Legea", "og": "OG", "oug": "OUG", "or": "OG"}
# The article stands before the act ("art. 7 alin. (2) din Legea ...") or after it ("Legea ..., art. 7").
_ARTICLE = (
    r"art(?:icolul(?:ui)?)?\.?\s*(\d{1,3})(?:[^\w\n]{0,3}alin(?:eatul)?\.?\s*\(?(\d{1,2})\)?)?"
    r"(?:[^\w\n]{0,3}lit(?:era)?\.?\s*([a-z])\)?)?"
)
_ARTICLE_BEFORE = re.compile(rf"\b{_ARTICLE}[\s,]{{0,3}}(?:si\s+urmatoarele\s+)?(?:din\s+|al\s+|a\s+)?$")
_ARTICLE_AFTER = re.compile(rf"[\s,;(]{{0,4}}{_ARTICLE}")
_BEFORE = 60


@dataclass(frozen=True, slots=True)
class Act:
    """A row of rules/laws.yaml: canonical citation, the rule it stands for, the legal term it sets."""

    cite: str
    rule: str
    term: str
    alone: bool


@lru_cache
def acts() -> dict[str, Act]:
    """The known acts by their canonical citation."""
    rows = YAML(typ="safe").load(TABLE)
    return {row["cite"]: Act(row["cite"], row["rule"], row["term"], row.get("alone", False)) for row in rows}


def find(page: Page) -> Iterator[Fact]:
    """Values like "Legea 544/2001", "OG 27/2002", "HCL 284/2025", "GDPR".

    `detail` has "rule" and "term" of the table's row and "article" ("7", "7(2)", "7(2)b") where one is cited. An act
    that is not in the table has "known": "no"; if only its year is wrong, "perhaps" names the act that was meant.
    """
    taken: set[int] = set()
    for pattern, name in _CITED:
        for match in page.search(pattern):
            if match.end() not in taken:
                taken.add(match.end())
                yield _fact(page, match, f"{name} {int(figures(match[1]))}/{figures(match[2])}")
    for match in page.search(_BARE):
        value = _by_number(_BARE_NAMES[_letters(match[1])], match[2])
        if value is not None:
            yield _fact(page, match, value)
    for pattern, value in [(_GDPR, "GDPR"), *_NAMED]:
        for match in page.search(pattern):
            yield _fact(page, match, value)


def _letters(written: str) -> str:
    letters = written.replace(".", "")
    return letters if letters in ("og", "oug") else letters[:2] if letters.startswith("or") else "l"


def _by_number(name: str, number: str) -> str | None:
    """The act people mean who leave out the year; the kind of act may be wrong too ("legea 27")."""
    alone = [act.cite for act in acts().values() if act.alone and act.cite.partition(" ")[2].startswith(number + "/")]
    return next((cite for cite in alone if cite.startswith(name + " ")), alone[0] if alone else None)


def _fact(page: Page, match: re.Match[str], value: str) -> Fact:
    detail = _resolved(value)
    before = _ARTICLE_BEFORE.search(page.folded, max(0, match.start() - _BEFORE), match.start())
    article = before or _ARTICLE_AFTER.match(page.folded, match.end())
    if article is not None:
        detail["article"] = article[1] + (f"({article[2]})" if article[2] else "") + (article[3] or "")
    return page.fact("law", match, value=value, detail=detail)


def _resolved(value: str) -> dict[str, str]:
    act = acts().get(value)
    if act is not None:
        return {"rule": act.rule} | ({"term": act.term} if act.term else {})
    # Decisions of the local council are not in the table: there are hundreds a year.
    if value.startswith("HCL"):
        return {}
    name, _, rest = value.partition(" ")
    number = rest.partition("/")[0]
    meant = next((cite for cite in acts() if cite.startswith(f"{name} {number}/")), None)
    return {"known": "no"} | ({"perhaps": meant} if meant else {})
