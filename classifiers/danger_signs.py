"""The table of what says that people are in danger (rules/danger.yaml), and which of it a letter has."""

import re
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from classifiers.phrases import Grouped, Places, compile_groups, find_groups

TABLE = Path(__file__).resolve().parent / "rules" / "danger.yaml"
_HAZARD = "hazard:"
_SIGN = "sign:"
# Signs that make a hazard worse, or less, when they stand within so many words of it.
_BESIDE = ("now", "people", "hurry", "warning", "hurt", "place", "emergency", "past")
_NEAR = 12
_CLOCK = re.compile(r"\b(?:ora|orele)\s?\d{1,2}|\b\d{1,2}[:.]\d\d\b")
_LONG, _SHORT = 300, 20


@lru_cache
def read_danger(path: Path = TABLE) -> Grouped:
    """All phrases of the table, by their group ("hazard:gas", "sign:now")."""
    table = YAML(typ="safe").load(path)
    return compile_groups(
        {_HAZARD + name: phrases for name, phrases in table["hazards"].items()}
        | {_SIGN + name: phrases for name, phrases in table["signs"].items()}
    )


def danger_signs(text: str, words: list[tuple[int, str]]) -> tuple[dict[str, float], Places]:
    """What the learned model weighs, and where the hazards stand (first and last token).

    `words` are the (token, stem) pairs of the letter's words in order.
    """
    found = find_groups(words, read_danger())
    features = {}
    hazards: dict[int, int] = {}
    for group, places in found.items():
        most = 2 if group.startswith(_HAZARD) else 3
        features[group] = min(most, len(places)) ** 0.5
        if group.startswith(_HAZARD):
            for first, last in places:
                hazards[first] = max(last, hazards.get(first, 0))
    for sign in _BESIDE:
        others = [first for first, _ in found.get(_SIGN + sign, ())]
        beside = sum(any(abs(hazard - other) <= _NEAR for other in others) for hazard in hazards)
        if beside:
            features[f"beside:{sign}"] = min(beside, 3) ** 0.5
    features |= _looks(text, len(words), len(hazards))
    return features, sorted(hazards.items())


def _looks(text: str, words: int, hazards: int) -> dict[str, float]:
    shouted = sum(word.isupper() and len(word) > 3 for word in text.split())
    looks = {
        "look:hazards": min(hazards, 6) ** 0.5 / 1.5,
        "look:dense": min(1.0, 8 * hazards / max(words, _SHORT)),
        "look:capitals": min(1.0, shouted / 5),
        "look:exclamations": min(3, text.count("!")) / 3,
        "look:clock": float(_CLOCK.search(text) is not None),
        "look:long": min(words, _LONG) / _LONG,
    }
    return {name: value for name, value in looks.items() if value}
