"""How far the second reading of the training corpus agrees with its labels.

`python -m tests.support.second_reading [FOLDER]` prints the figures; FOLDER is the corpus, or an earlier state of it.
"""

import json
import sys
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.letters import Letter, read_corpus
from classifiers.train import CORPUS

SECOND_READING = CORPUS / "second-reading"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader said of one letter without seeing the writer's labels; `id` is the letter's id at that time."""

    id: str
    topic: str
    topic_alt: str | None
    kind: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares between 0 and 1 of the letters read twice, and Cohen's kappa (agreement beyond chance, 1 is perfect)."""

    letters: int
    topic: float
    topic_kappa: float
    first_or_second: float
    kind: float
    kind_kappa: float
    urgent: float
    urgent_kappa: float


def readings(path: Path = SECOND_READING / "labels.jsonl") -> list[Reading]:
    """The labels of the second readers."""
    return [Reading(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def moved(path: Path = SECOND_READING / "moved.json") -> dict[str, str]:
    """Letters whose topic, and so their file and id, was corrected: the id they were read under, the id now."""
    ids: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return ids


def agreement(letters: Sequence[Letter], second: Sequence[Reading]) -> Agreement:
    """How far the readers agree with the labels of `letters`; letters that only one side has do not count.

    "First or second" counts a letter when one reader's main matter is one of the other's two.
    """
    now = moved()
    labels = {letter.id: letter for letter in letters}
    pairs = []
    for reading in second:
        letter = labels.get(reading.id) or labels.get(now.get(reading.id, ""))
        if letter:
            pairs.append((letter, reading))
    either = [one.topic in {two.topic, two.topic_alt} or two.topic in one.accepted for one, two in pairs]
    topics = [(one.topic, two.topic) for one, two in pairs]
    kinds = [(one.kind, two.kind) for one, two in pairs]
    urgent = [(one.urgent, two.urgent) for one, two in pairs]
    return Agreement(
        letters=len(pairs),
        topic=_equal(topics),
        topic_kappa=kappa(topics),
        first_or_second=sum(either) / len(pairs),
        kind=_equal(kinds),
        kind_kappa=kappa(kinds),
        urgent=_equal(urgent),
        urgent_kappa=kappa(urgent),
    )


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    """Cohen's kappa of two readers' labels (Cohen 1960): the agreement beyond what their habits alone would give."""
    first, second = (Counter(side) for side in zip(*pairs, strict=True))
    chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
    return (_equal(pairs) - chance) / (1 - chance)


def _equal(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    return sum(one == two for one, two in pairs) / len(pairs)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    print(agreement(read_corpus(folder), readings()))
