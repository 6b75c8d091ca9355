"""Who a letter complains about: an official, a department or a firm.

Needed because a complaint may not be solved by whom it is about, nor by a subordinate (OG 27/2002 art. 12). Mere
criticism ("the police does nothing") is no such complaint: a formula of complaint must lead to the name, or conduct be
blamed in the same sentence.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from classifiers.facts.fact import Fact, Page
from classifiers.facts.sentences import sentence_around
from config.town import Department
from registry.text import fold

TABLE = Path(__file__).resolve().parent.parent / "rules" / "complained.yaml"
_FIRM = re.compile(
    r"\b(?:s\.?\s?c\.?\s+([\w&.-]+(?:\s[\w&.-]+){0,3}?)(?:\s+s\.?\s?(?:r\.?\s?l|a)\b\.?)|(?:firma|societatea|compania)\s+([\w&-]+(?:\s[\w&-]+)?))"
)
_PERSON_AFTER = re.compile(
    r"(?:[ ,]{1,2}(?:dl|dna|d-na|dnul|domnul|doamna|numit\w)\.?)?(?:\s[A-ZĂÂÎȘȚŞŢ][\w’'-]{2,20}){1,2}"
)
_TITLES = frozenset({"Primar", "Primăria", "Primaria", "Mediaș", "Medias", "Mediaş", "Municipiul", "Orașul"})
_REACH, _FORMULA_REACH, _NEAR = 220, 60, 160


@dataclass(frozen=True, slots=True)
class Targets:
    """The names by which a town hall's departments and operators are known."""

    departments: dict[str, re.Pattern[str]] = field(default_factory=dict)
    operators: frozenset[str] = frozenset()

    @classmethod
    def of(cls, departments: Iterable[Department]) -> "Targets":
        """From the rows of config/tables/departments.yaml."""
        rows = list(departments)
        return cls(
            {row.slug: _pattern([row.name, row.name_genitive, *row.also_called]) for row in rows},
            frozenset(row.slug for row in rows if row.kind.endswith("operator")),
        )


@dataclass(frozen=True, slots=True)
class _Named:
    who: str
    department: str
    start: int
    end: int


def find(page: Page, targets: Targets) -> Iterator[Fact]:
    """The words for whom is complained about.

    `detail` has "who" (official, department, operator, firm) and "department" where it is known: one that is named in
    the same sentence is that of the official.
    """
    taken: set[str] = set()
    free_from = 0
    for named in sorted(_all_named(page, targets), key=lambda one: (one.start, -one.end)):
        if named.start < free_from:
            continue
        free_from = named.end
        first, last = sentence_around(page.folded, named.start, named.end, _REACH)
        if not _blamed(page.folded, named, first, last):
            continue
        department = named.department or _department_in(page.folded[first:last], targets)
        if f"{named.who} {department}" in taken:
            continue
        taken.add(f"{named.who} {department}")
        start, end = page.span(named.start, named.end)
        person = _PERSON_AFTER.match(page.text, end) if named.who == "official" else None
        if person is not None and _TITLES.isdisjoint(person[0].split()):
            end = person.end()
        value = " ".join(page.text[start:end].split())
        detail = {"who": named.who} | ({"department": department} if department else {})
        yield Fact("complained-about", value, value, start, end, detail)


def _blamed(folded: str, named: _Named, first: int, last: int) -> bool:
    formulas, conduct = _words()["formulas"], _words()["conduct"]
    if formulas.search(folded, max(first, named.start - _FORMULA_REACH), named.start):
        return True
    if named.who != "official":
        return bool(conduct.search(folded, first, last))
    # What a person did is told in the sentences around the name.
    return bool(conduct.search(folded, max(0, named.start - _NEAR), named.end + _NEAR))


def _all_named(page: Page, targets: Targets) -> Iterator[_Named]:
    for pattern, department in _officials():
        for match in page.search(pattern):
            yield _Named("official", department, *match.span())
    for slug, pattern in targets.departments.items():
        for match in page.search(pattern):
            yield _Named("operator" if slug in targets.operators else "department", slug, *match.span())
    for match in page.search(_FIRM):
        slug = _department_in(match[0], targets)
        if not slug:
            yield _Named("firm", "", *match.span())


def _department_in(folded: str, targets: Targets) -> str:
    return next((slug for slug, pattern in targets.departments.items() if pattern.search(folded)), "")


@lru_cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = YAML(typ="safe").load(TABLE)
    return table


@lru_cache
def _words() -> dict[str, re.Pattern[str]]:
    return {name: _pattern(_table()[name]) for name in ("conduct", "formulas")}


@lru_cache
def _officials() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(row["words"]), row["department"]) for row in _table()["officials"])


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """One pattern for many phrases: white space is any, "…" stands for any ending."""
    pieces = sorted({_piece(phrase) for phrase in phrases}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(pieces)})(?!\w)")


def _piece(phrase: str) -> str:
    # Folding turns "…" into three full stops.
    return r"\s{1,2}".join(_word(fold(part)) for part in phrase.split())


def _word(part: str) -> str:
    return r"\d+" if part == "#" else re.escape(part).replace(re.escape("..."), r"\w{0,8}")
