"""The table of signs of the legal kinds (rules/legal_kinds.yaml), and which of them a letter has."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from classifiers.phrases import Grouped, Places, compile_groups, find_groups

TABLE = Path(__file__).resolve().parent / "rules" / "legal_kinds.yaml"
_NUMBERED = re.compile(r"^[ \t]*Nr\.?\s*[\d.]+\s*/", re.MULTILINE)
_LINK = re.compile(r"https?://|www\.")
_LONG, _SHORT = 300, 30
SHORT = "look:short"
"""The sign of a letter of less than _SHORT words."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: its kind, why, whether it decides alone, and what it takes to speak."""

    name: str
    kind: str
    reason: str
    certain: bool
    at_least: int
    laws: frozenset[str]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows in the order in which they are tried, and all their phrases."""

    rules: tuple[Rule, ...]
    phrases: Grouped


@dataclass(frozen=True, slots=True)
class Signs:
    """What the table finds in one letter: the rows that speak, the kinds that are ruled out, what the model weighs."""

    speaking: tuple[Rule, ...]
    ruled_out: frozenset[str]
    features: dict[str, float]


@lru_cache
def read_table(path: Path = TABLE) -> Table:
    """The rows, their phrases compiled."""
    rules = []
    groups: dict[str, list[str]] = {}
    for row in YAML(typ="safe").load(path):
        name = row["reason"] + ("" if row.get("certain") else "~")
        rules.append(
            Rule(
                name,
                row["kind"],
                row["reason"],
                row.get("certain", False),
                row["at_least"],
                frozenset(row.get("laws", ())),
            )
        )
        for part in ("phrases", "helpers", "unless"):
            groups[f"{name} {part}"] = row.get(part, [])
    return Table(tuple(rules), compile_groups(groups))


def signs_of(text: str, words: list[tuple[int, str]], laws: Collection[str]) -> Signs:
    """The signs in a letter: its text, the (token, stem) pairs of its words, the laws it cites ("Legea 544/2001")."""
    table = read_table()
    found = find_groups(words, table.phrases)
    speaking = []
    features = {f"law:{law}": 1.0 for law in laws}
    for rule in table.rules:
        count = len(found.get(f"{rule.name} phrases", ()))
        if count:
            features[f"count:{rule.name}"] = min(count, 6) ** 0.5
            features[f"share:{rule.name}"] = min(1.0, 20 * count / max(_SHORT, len(words)))
        if _speaks(rule, count, laws, found):
            speaking.append(rule)
            features[f"speaks:{rule.name}"] = 1.0
    ruled_out = {rule.kind for rule in table.rules if not rule.certain and f"{rule.name} unless" in found}
    return Signs(tuple(speaking), frozenset(ruled_out), features | _looks(text, len(words)))


def _speaks(rule: Rule, count: int, laws: Collection[str], found: dict[str, Places]) -> bool:
    if f"{rule.name} unless" in found:
        return False
    return count >= rule.at_least or (not rule.laws.isdisjoint(laws) and f"{rule.name} helpers" in found)


def _looks(text: str, words: int) -> dict[str, float]:
    questions = text.count("?")
    looks = {
        "look:numbered": float(_NUMBERED.search(text) is not None),
        "look:link": float(_LINK.search(text) is not None),
        "look:questions": float(questions >= 3),
        "look:question": 0.5 * bool(questions),
        SHORT: float(words < _SHORT),
        "look:long": min(words, _LONG) / _LONG,
    }
    return {name: value for name, value in looks.items() if value}
