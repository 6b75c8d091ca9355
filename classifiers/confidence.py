"""How far the pool's first topic can be trusted: one number, fitted on letters the views had not seen.

The pool's own probability says how the topics share a letter. Whether the first one would be accepted depends on more:
how far the next one is behind, how many views agree, which topic it is (each has its own threshold by that), in which
language the letter is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RIDGE = 1.0
"""Pulls each topic's own offset towards none: a topic is told apart from the others only by many letters."""
SIGNS = ("first", "margin", "agreement", "foreign")
_MOST = 6.0
_ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Trust:
    """A logistic regression: `constant`, a weight per sign, and one offset per topic."""

    constant: float
    signs: tuple[float, ...]
    topics: tuple[float, ...]

    def of(self, probabilities: Floats, views: list[Floats], foreign: NDArray[np.bool_]) -> Floats:
        """The probability that the first topic is accepted, for letters' `probabilities` (letters, topics), the
        views' log-scores of the same shape, and whether a letter is not in Romanian (letters,)."""
        signs = _signs(probabilities, views, foreign)
        offsets = np.array(self.topics)[probabilities.argmax(axis=1)]
        return np.asarray(_logistic(self.constant + signs @ np.array(self.signs) + offsets))


def fit_trust(
    probabilities: Floats, views: list[Floats], foreign: NDArray[np.bool_], accepted: NDArray[np.bool_]
) -> Trust:
    """Fit to letters the views had not seen; `accepted` (letters, topics) says which topics are right for each."""
    first = probabilities.argmax(axis=1)
    right = accepted[np.arange(len(first)), first].astype(np.float64)
    signs = _signs(probabilities, views, foreign)
    topics = probabilities.shape[1]
    inputs = np.hstack([np.ones((len(first), 1)), signs, np.eye(topics)[first]])
    ridge = np.concatenate([[1e-6], np.full(signs.shape[1], 1e-2), np.full(topics, RIDGE)])
    weights = np.zeros(inputs.shape[1])
    for _ in range(_ROUNDS):  # Newton's method; convex
        expected = _logistic(inputs @ weights)
        gradient = inputs.T @ (expected - right) + ridge * weights
        curvature = (inputs * (expected * (1 - expected) + 1e-9)[:, None]).T @ inputs + np.diag(ridge)
        weights = weights - np.linalg.solve(curvature, gradient)
    plain = [round(float(one), 4) for one in weights]
    return Trust(plain[0], tuple(plain[1 : 1 + len(SIGNS)]), tuple(plain[1 + len(SIGNS) :]))


def bar_for(confidence: Floats, right: NDArray[np.bool_], precision: float) -> float:
    """The lowest confidence from which on at least `precision` of the letters are right; 1.0 if there is none."""
    kept = kept_at(confidence, right, precision)
    return round(float(confidence[kept[-1]]), 4) if len(kept) else 1.0


def kept_at(scores: Floats, right: NDArray[np.generic], precision: float) -> NDArray[np.intp]:
    """The places of the most letters, highest score first, of which at least this share is right; none may do."""
    order = np.argsort(-scores, kind="stable")
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(reached >= precision)
    return order[: enough[-1] + 1] if len(enough) else order[:0]


def _signs(probabilities: Floats, views: list[Floats], foreign: NDArray[np.bool_]) -> Floats:
    ordered = np.sort(probabilities, axis=1)[:, ::-1]
    first = np.clip(ordered[:, 0], 1e-9, 1 - 1e-9)
    logit = np.clip(np.log(first / (1 - first)), -_MOST, _MOST)
    margin = np.clip(np.log(first / np.clip(ordered[:, 1], 1e-9, None)), 0, _MOST)
    best = probabilities.argmax(axis=1)
    agreement = np.mean([view.argmax(axis=1) == best for view in views], axis=0)
    return np.stack([logit, margin, agreement, foreign.astype(np.float64)], axis=1)


def _logistic(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))
