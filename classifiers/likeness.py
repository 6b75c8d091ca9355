"""How alike two letters are: sets of folded character 5-grams, compared by the share that both have (Jaccard).

Five letters in a row survive missing diacritics, misread characters, an edited sentence and another name. Measured on
invented disturbances and real pairs: unrelated letters share at most .20, a half-copied one at least .25.
"""

import re
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from registry.text import WORD, fold

NEAR_COPY = 0.35
SIMILAR = 0.22
LENGTH = 5
FEWEST = 40
"""Shorter letters than so many shingles are alike by chance; they count only when they are the same."""
FEWEST_SAME = 15
MOST = 4096
"""So many of the smallest hashes are kept of a long letter; they are a fair sample of all."""
BOILERPLATE = Path(__file__).resolve().parent / "rules" / "boilerplate.yaml"

Shingles = NDArray[np.uint32]
Alike = Literal["near-copy", "similar"]

_SENTENCE = re.compile(r"\n+|(?<=[.!?;])\s+")
_LONGEST_SENTENCE = 1_000  # a longer one is no formula, and no expression is run over it
_MULTIPLIER = np.uint64(0x100000001B3)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def shingles(text: str) -> Shingles:
    """The hashes of a letter's shingles, sorted, each once, at most MOST: of what is not boilerplate, folded."""
    plain = " ".join(WORD.findall(" ".join(_telling(fold(text)))))
    codes = np.frombuffer(plain.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < LENGTH:
        return np.empty(0, dtype=np.uint32)
    rolled = np.zeros(len(codes) - LENGTH + 1, dtype=np.uint64)
    for place in range(LENGTH):
        rolled = rolled * _MULTIPLIER + codes[place : place + len(rolled)]
    return np.unique(_mixed(rolled))[:MOST]


def likeness(one: Shingles, other: Shingles) -> float:
    """The share of shingles that both letters have, between 0 and 1; an estimate where a letter was cut to MOST."""
    if not len(one) or not len(other):
        return 0.0
    both = np.intersect1d(one, other, assume_unique=True)
    if max(len(one), len(other)) < MOST:
        return len(both) / (len(one) + len(other) - len(both))
    # Of cut sets only the hashes below the smaller cut are known of both letters.
    limit = min(part[-1] for part in (one, other) if len(part) == MOST)
    known = [int(np.searchsorted(part, limit, side="right")) for part in (one, other, both)]
    return known[2] / (known[0] + known[1] - known[2])


def verdict(one: Shingles, other: Shingles) -> tuple[Alike | None, float]:
    """What two letters are to each other, and their likeness."""
    score = likeness(one, other)
    fewest = min(len(one), len(other))
    if fewest < FEWEST and not (score == 1.0 and fewest >= FEWEST_SAME):
        return None, score
    return ("near-copy" if score >= NEAR_COPY else "similar" if score >= SIMILAR else None), score


def _telling(folded: str) -> list[str]:
    """The sentences of a folded text that are not boilerplate."""
    return [
        sentence
        for sentence in _SENTENCE.split(folded)
        if len(sentence) > _LONGEST_SENTENCE or not any(one.search(sentence.strip()) for one in _boilerplate())
    ]


@cache
def _boilerplate() -> tuple[re.Pattern[str], ...]:
    groups: list[list[str]] = YAML(typ="safe").load(BOILERPLATE)
    return tuple(re.compile(one) for group in groups for one in group)


def _mixed(values: NDArray[np.uint64]) -> Shingles:
    """The finishing steps of splitmix64: every bit of the shingle reaches every bit of the hash."""
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    return (values >> np.uint64(32)).astype(np.uint32)
