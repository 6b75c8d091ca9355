"""Ridge regression on named features, in closed form: the learned part of legal kind and urgency.

A letter is described by blocks of features (its stems, the signs a rule table finds, its vector). Each block has a
weight of its own; everything is solved at once by the letters' similarities, so there is no learning rate and no
order of letters, and what the model would have said of each letter had it not seen it comes with the solution. A few
hundred letters with few of a kind are read better by it than by the softmax model of the topics.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.strings import get_string_id

Floats = NDArray[np.float64]
Features = Mapping[str, Mapping[str, float]]
"""Of one letter: block -> name of a feature -> its value."""


@dataclass(frozen=True, slots=True)
class Block:
    """How the features of a block are taken: `weight` against other blocks; `rare` makes rare ones count more; `unit`
    makes each letter's block as long as any other's; `centred` takes away what all letters have in common."""

    name: str
    weight: float
    rare: bool = False
    unit: bool = False
    centred: bool = False


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A block's features as sorted hashes (the model holds no words), their scale, their mean and their weights."""

    keys: NDArray[np.uint64]
    scale: Floats
    mean: Floats
    weights: Floats

    def values(self, features: Mapping[str, float], block: Block) -> tuple[NDArray[np.intp], Floats]:
        """Places and values of a letter's known features."""
        hashes = np.array([get_string_id(name) for name in features], dtype=np.uint64)
        if not len(hashes) or not len(self.keys):
            return np.zeros(0, dtype=np.intp), np.zeros(0)
        places = np.searchsorted(self.keys, hashes)
        known = self.keys[np.minimum(places, len(self.keys) - 1)] == hashes
        ids = places[known]
        values = np.fromiter(features.values(), dtype=np.float64)[known] * self.scale[ids] - self.mean[ids]
        length = float(np.sqrt((values**2).sum())) if block.unit else 1.0
        return ids, values / length if length else values


class Ridge:
    """A fitted model: scores around 0 (no) and 1 (yes) for every class."""

    def __init__(self, blocks: Sequence[Block], fitted: Mapping[str, _Fitted], bias: Floats) -> None:
        self.blocks = tuple(blocks)
        self._fitted = dict(fitted)
        self.bias = bias

    def scores(self, features: Features) -> Floats:
        """The scores of one letter, of shape (classes,)."""
        total = self.bias.copy()
        for block in self.blocks:
            fitted = self._fitted[block.name]
            ids, values = fitted.values(features.get(block.name, {}), block)
            total += values @ fitted.weights[ids]
        return total

    def speaking(self, features: Features, block: str, number: int) -> dict[str, float]:
        """How much each feature of a block speaks for class `number`."""
        how = next(one for one in self.blocks if one.name == block)
        fitted = self._fitted[block]
        spoken = {}
        for name, value in features.get(block, {}).items():
            ids, _ = fitted.values({name: value}, how)
            if len(ids):
                spoken[name] = float(value * fitted.scale[ids[0]] * fitted.weights[ids[0], number])
        return spoken

    def plain(self, prefix: str) -> dict[str, NDArray[np.generic]]:
        """Everything as arrays, for a file."""
        arrays: dict[str, NDArray[np.generic]] = {f"{prefix}bias": self.bias.astype(np.float32)}
        for name, fitted in sorted(self._fitted.items()):
            arrays[f"{prefix}{name}-keys"] = fitted.keys
            for part in ("scale", "mean", "weights"):
                arrays[f"{prefix}{name}-{part}"] = getattr(fitted, part).astype(np.float32)
        return arrays

    @classmethod
    def of_plain(cls, blocks: Sequence[Block], arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> "Ridge":
        """The model that `plain` was made of."""
        fitted = {
            block.name: _Fitted(
                arrays[f"{prefix}{block.name}-keys"].astype(np.uint64),
                *(arrays[f"{prefix}{block.name}-{part}"].astype(np.float64) for part in ("scale", "mean", "weights")),
            )
            for block in blocks
        }
        return cls(blocks, fitted, arrays[f"{prefix}bias"].astype(np.float64))


def fit_ridge(
    letters: Sequence[Features], gold: Floats, blocks: Sequence[Block], *, penalty: float, counts: Floats | None = None
) -> tuple[Ridge, Floats]:
    """Fit to all letters; also the scores each letter would have got from a model that had not seen it.

    `gold` is of shape (letters, classes), `counts` how many times each letter counts (once unless told otherwise).
    """
    counts = np.ones(len(letters)) if counts is None else counts
    similar = np.ones((len(letters), len(letters)))
    empty = {block.name: _vocabulary(letters, block) for block in blocks}
    matrices = {block.name: _matrix(letters, block, empty[block.name]) for block in blocks}
    for block in blocks:
        similar += block.weight * (matrices[block.name] @ matrices[block.name].T).astype(np.float64)
    inverse = np.linalg.inv(similar + penalty * np.diag(1 / counts))
    alpha = inverse @ gold
    unseen = gold - alpha / np.diag(inverse)[:, None]
    fitted = {
        block.name: _Fitted(
            empty[block.name].keys,
            empty[block.name].scale,
            empty[block.name].mean,
            np.round(block.weight * (matrices[block.name].T.astype(np.float64) @ alpha), 6),
        )
        for block in blocks
    }
    return Ridge(blocks, fitted, np.round(alpha.sum(axis=0), 6)), unseen


def log_counts(names: Iterable[str]) -> dict[str, float]:
    """Each name with 1 + log of how often it occurs."""
    return {name: 1 + float(np.log(count)) for name, count in Counter(names).items()}


def write_arrays(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write arrays to one file, the same bytes every time."""
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """What `write_arrays` wrote."""
    with np.load(path, allow_pickle=False) as plain:
        return dict(plain)


_FEWEST = 2
"""A feature that fewer letters have is no feature: it would only name one letter."""


def _vocabulary(letters: Sequence[Features], block: Block) -> _Fitted:
    had: Counter[int] = Counter()
    sums: Counter[int] = Counter()
    for letter in letters:
        for name, value in letter.get(block.name, {}).items():
            key = get_string_id(name)
            had[key] += 1
            sums[key] += value  # type: ignore[assignment]
    keys = sorted(key for key, count in had.items() if count >= _FEWEST)
    scale = np.array([np.log(len(letters) / had[key]) + 1 if block.rare else 1.0 for key in keys])
    mean = np.array([sums[key] / len(letters) if block.centred else 0.0 for key in keys])
    return _Fitted(np.array(keys, dtype=np.uint64), scale.astype(np.float64), mean.astype(np.float64), np.zeros((0, 0)))


def _matrix(letters: Sequence[Features], block: Block, empty: _Fitted) -> NDArray[np.float32]:
    matrix = np.zeros((len(letters), len(empty.keys)), dtype=np.float32)
    for row, letter in enumerate(letters):
        ids, values = empty.values(letter.get(block.name, {}), block)
        matrix[row, ids] = values
    return matrix
