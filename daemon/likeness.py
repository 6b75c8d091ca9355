"""The letters on record, as a new one is compared with them: kept in memory, brought up to date before each look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from classifiers.likeness import Shingles, verdict
from classifiers.likeness_index import SAMPLE, ShingleIndex, VectorIndex, half_vector
from registry.database import Database
from registry.likeness import Like, Likeness, shingles_of, signatures

OVERLAP = timedelta(minutes=5)
"""How far back each look goes again: a transaction may end long after its rows were dated."""
LOOKED_AT = 50
NEAREST = 5
NEAREST_FROM = 0.08
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """What a letter was found to be like, and the letters nearest to it, with how near (cosine, or shared shingles).

    Signatures dated before `until` were compared with; later ones may have been missed.
    """

    alike: tuple[Like, ...]
    nearest: tuple[tuple[int, float], ...]
    until: datetime


class LettersOnRecord:
    """What all letters are compared by. May be asked from any thread.

    50,000 letters take about 80 MB, and some hundred MB for the moment in which they are first read.
    """

    def __init__(self, database: Database) -> None:
        """Read nothing yet; the first question reads the record."""
        self._database = database
        self._one_at_a_time = Lock()
        self._shingles = ShingleIndex()
        self._vectors = VectorIndex()
        self._known: dict[int, datetime] = {}
        self._until = BEGINNING

    def look(self, letter_id: int, shingles: Shingles, vector: NDArray[np.floating] | None) -> Found:
        """Earlier and later letters that this one is like; itself is left out."""
        with self._one_at_a_time:
            self._catch_up()
            until = self._until
            candidates = [one for one, _ in self._shingles.candidates(shingles, most=LOOKED_AT) if one != letter_id]
            nearest = self._nearest(shingles, vector)
        with self._database.read() as session:
            kept = shingles_of(session, candidates)
        return Found(alike(shingles, kept), _without(letter_id, nearest), until)

    def _nearest(self, shingles: Shingles, vector: NDArray[np.floating] | None) -> list[tuple[int, float]]:
        if vector is not None:
            return self._vectors.nearest(half_vector(vector), most=NEAREST * 2)
        return self._shingles.candidates(shingles, most=NEAREST * 2, at_least=NEAREST_FROM)

    def _catch_up(self) -> None:
        """Take in what was signed since the last look, by whatever worker."""
        since = None if self._until == BEGINNING else self._until - OVERLAP
        with self._database.read() as session:
            rows = signatures(session, since=since, sample=SAMPLE)
        new = [row for row in rows if self._known.get(row.letter_id) != row.made_at]
        if not new:
            return
        self._known |= {row.letter_id: row.made_at for row in new}
        self._until = max(self._until, new[-1].made_at)
        samples = [np.frombuffer(row.sample, dtype=np.uint32) for row in new]
        self._shingles.add([row.letter_id for row in new], samples, [row.size for row in new])
        meant = [row for row in new if row.vector]
        vectors = [np.frombuffer(row.vector, dtype=np.float16) for row in meant]
        self._vectors.add([row.letter_id for row in meant], vectors)


def alike(shingles: Shingles, others: dict[int, bytes]) -> tuple[Like, ...]:
    """Which of these letters (with all their hashes) a letter is like, the most alike first."""
    found = []
    for other_id, hashes in others.items():
        why, score = verdict(shingles, np.frombuffer(hashes, dtype=np.uint32))
        if why is not None:
            found.append(Like(other_id, Likeness(why), score))
    return tuple(sorted(found, key=lambda one: (-one.score, one.other_id)))


def _without(letter_id: int, nearest: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """The nearest letters, each once, without the letter itself (which was read before, if it is read again)."""
    once = dict(reversed([pair for pair in nearest if pair[0] != letter_id]))
    return tuple(sorted(once.items(), key=lambda pair: -pair[1])[:NEAREST])
