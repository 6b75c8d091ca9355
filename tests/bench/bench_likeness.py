"""How long it takes to find the letters that a new one is like, among 50,000 on record; and how many are found.

Run: .venv/bin/python -m tests.bench.bench_likeness [LETTERS]
"""

import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np

from classifiers.letters import read_corpus
from classifiers.likeness import shingles
from classifiers.likeness_index import half_vector
from classifiers.train import CORPUS
from config import clock
from daemon.likeness import LettersOnRecord
from registry.database import Database
from registry.likeness import Likeness
from registry.migrations import bring_up_to_date

DIMENSIONS = 384
ASKED = 60
GOAL_MS = 100


def main() -> int:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    chance = random.Random(5)
    with tempfile.TemporaryDirectory() as name:
        database = Database(f"sqlite:///{Path(name) / 'record.db'}")
        bring_up_to_date(database)
        originals = _fill(database, count, chance)
        record = LettersOnRecord(database)
        before, started = _memory(), time.process_time()
        record.look(0, shingles("Un prim cuvânt."), None)
        print(f"{count} letters taken in: {time.process_time() - started:.1f} s CPU, {_memory() - before:.0f} MB")
        _ask(record, originals, chance)
        database.close()
    return 0


def _fill(database: Database, count: int, chance: random.Random) -> dict[int, str]:
    """Letters made of sentences of the corpus, so that words and formulas repeat as in life; some are given back."""
    sentences = [one for letter in read_corpus(CORPUS) for one in letter.text.split(". ") if len(one) > 30]
    kept = {}
    now = clock.now()
    rows = []
    for letter_id in range(1, count + 1):
        text = ". ".join(chance.choices(sentences, k=chance.randint(2, 12)))
        vector = np.random.default_rng(letter_id).normal(size=DIMENSIONS)
        rows.append(
            {
                "letter_id": letter_id,
                "made_at": f"{now - timedelta(minutes=10 * (count - letter_id)):%Y-%m-%d %H:%M:%S.%f}",
                "shingles": shingles(text).tobytes(),
                "vector": half_vector(vector).tobytes(),
            }
        )
        if letter_id % (count // ASKED) == 0:
            kept[letter_id] = text
    _insert(database, rows)
    return kept


def _insert(database: Database, rows: list[dict[str, object]]) -> None:
    """Signatures alone: the letters themselves play no part in the search."""
    connection = sqlite3.connect(str(database.engine.url.database))
    connection.executemany(
        "INSERT INTO letter_signatures (letter_id, made_at, shingles, vector) VALUES "
        "(:letter_id, :made_at, :shingles, :vector)",
        rows,
    )
    connection.commit()
    connection.close()


def _ask(record: LettersOnRecord, originals: dict[int, str], chance: random.Random) -> None:
    """A disturbed copy of every kept letter is a new letter: misread, and half copied."""
    for name, disturbed in (("misread 5 %", _misread), ("half copied", _half)):
        times, found = [], 0
        texts = list(originals.values())
        for letter_id, text in originals.items():
            new = disturbed(text, chance, texts)
            vector = np.random.default_rng(letter_id).normal(size=DIMENSIONS)
            started = time.process_time()
            seen = record.look(0, shingles(new), vector)
            times.append(1000 * (time.process_time() - started))
            found += letter_id in {one.other_id for one in seen.alike if one.why in set(Likeness)}
        worst = max(times)
        print(
            f"{name}: {found} of {len(times)} found; {statistics.median(times):.0f} ms CPU a letter (median), "
            f"{worst:.0f} ms at most (goal {GOAL_MS})"
        )


def _misread(text: str, chance: random.Random, _texts: list[str]) -> str:
    return "".join(chance.choice("abcdefgilmnoprstu") if chance.random() < 0.05 else letter for letter in text)


def _half(text: str, chance: random.Random, texts: list[str]) -> str:
    return text[: len(text) // 2] + " " + chance.choice(texts)[: len(text) // 2]


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
