"""Finding the few letters on record that may be like a new one, without comparing it with each.

Of every letter a sample of its smallest hashes is kept in one sorted table. Hashes are evenly spread, so the share of a
letter's sample that a new letter has is the share of the whole letter that it has, give or take.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.likeness import SIMILAR, Shingles

SAMPLE = 96
"""Hashes kept per letter: of a letter that is just "similar" a new one has about 30 of them, never fewer than 8."""
LOOK_FROM = SIMILAR * 0.6
"""From this estimate on a letter is looked at in full."""
CHUNK = 8_192


class ShingleIndex:
    """The samples of all letters. Not for several threads at once."""

    def __init__(self) -> None:
        """Know no letter."""
        self._hashes = np.empty(0, dtype=np.uint32)
        self._owners = np.empty(0, dtype=np.int32)
        self._letters = np.empty(0, dtype=np.int64)
        self._sizes = np.empty(0, dtype=np.int32)
        self._sampled = np.empty(0, dtype=np.int32)

    def add(self, letter_ids: Sequence[int], samples: Sequence[Shingles], sizes: Sequence[int]) -> None:
        """Take letters in: of each its SAMPLE smallest hashes and how many it has altogether.

        A letter that was read anew is taken in once more; who compares in full has its present words.
        """
        owners = np.repeat(
            np.arange(len(self._letters), len(self._letters) + len(samples), dtype=np.int32),
            [len(sample) for sample in samples],
        )
        hashes = np.concatenate([*samples, np.empty(0, dtype=np.uint32)])
        order = np.argsort(hashes, kind="stable")
        places = np.searchsorted(self._hashes, hashes[order])
        self._hashes = np.insert(self._hashes, places, hashes[order])
        self._owners = np.insert(self._owners, places, owners[order])
        self._letters = np.append(self._letters, np.array(letter_ids, dtype=np.int64))
        self._sizes = np.append(self._sizes, np.array(sizes, dtype=np.int32))
        self._sampled = np.append(self._sampled, np.array([len(sample) for sample in samples], dtype=np.int32))

    def candidates(self, shingles: Shingles, *, most: int, at_least: float = LOOK_FROM) -> list[tuple[int, float]]:
        """Letters that may be like one of these shingles, with the estimated likeness, the most alike first."""
        if not len(shingles) or not len(self._letters):
            return []
        first = np.searchsorted(self._hashes, shingles, side="left")
        count = np.searchsorted(self._hashes, shingles, side="right") - first
        ends = np.cumsum(count)
        within = np.arange(ends[-1]) - np.repeat(ends - count, count)
        hits = np.bincount(self._owners[np.repeat(first, count) + within], minlength=len(self._letters))
        common = hits / np.maximum(self._sampled, 1) * self._sizes
        estimate = common / np.maximum(self._sizes + len(shingles) - common, 1)
        found = np.flatnonzero(estimate >= at_least)
        best = found[np.argsort(-estimate[found], kind="stable")][:most]
        return [(int(self._letters[one]), float(estimate[one])) for one in best]


class VectorIndex:
    """The meanings of all letters as vectors of length one, in half precision. Not for several threads at once."""

    def __init__(self) -> None:
        """Know no letter."""
        self._letters: list[int] = []
        self._vectors: NDArray[np.float16] = np.empty((0, 0), dtype=np.float16)

    def add(self, letter_ids: Sequence[int], vectors: Sequence[NDArray[np.float16]]) -> None:
        """Take letters in; vectors of another length than the first ones (of another engine) are passed over."""
        for letter_id, vector in zip(letter_ids, vectors, strict=True):
            if not self._letters:
                self._vectors = np.empty((CHUNK, len(vector)), dtype=np.float16)
            if len(vector) != self._vectors.shape[1]:
                continue
            if len(self._letters) == len(self._vectors):
                self._vectors = np.concatenate([self._vectors, np.empty_like(self._vectors)])
            self._vectors[len(self._letters)] = vector
            self._letters.append(letter_id)

    def nearest(self, vector: NDArray[np.float16], *, most: int) -> list[tuple[int, float]]:
        """The letters whose meaning is nearest, nearest first, with the cosine; a letter read anew may come twice."""
        if not self._letters or len(vector) != self._vectors.shape[1]:
            return []
        wanted = vector.astype(np.float32)
        known = self._vectors[: len(self._letters)]
        # Half precision is slow to multiply, so it is widened piece by piece.
        pieces = [known[start : start + CHUNK].astype(np.float32) @ wanted for start in range(0, len(known), CHUNK)]
        cosines = np.concatenate(pieces)
        best = np.argsort(-cosines, kind="stable")[:most]
        return [(self._letters[one], float(cosines[one])) for one in best]


def half_vector(vector: NDArray[np.floating]) -> NDArray[np.float16]:
    """A vector brought to length one, as it is kept."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float16)
