"""The closed-form model of legal kind and urgency."""

from pathlib import Path

import numpy as np
import pytest

from classifiers.ridge import Block, Ridge, fit_ridge, log_counts, read_arrays, write_arrays
from classifiers.urgency import lowest_bar

BLOCKS = (Block("words", 1.0, rare=True, unit=True), Block("signs", 0.1))
_TEXTS = (
    "arde un foc mare",
    "foc la bloc arde",
    "e foc acum la noi",
    "groapa pe strada",
    "bec pe strada",
    "pe strada mea",
)
LETTERS = [{"words": log_counts(text.split()), "signs": {"loud": 1.0} if "foc" in text else {}} for text in _TEXTS]
GOLD = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 3)


def test_what_was_learned_is_told_apart_also_in_new_words() -> None:
    model, _ = fit_ridge(LETTERS, GOLD, BLOCKS, penalty=0.3)
    assert model.scores({"words": {"foc": 1.0, "necunoscut": 1.0}, "signs": {"loud": 1.0}}).argmax() == 0
    assert model.scores({"words": {"strada": 1.0}}).argmax() == 1


def test_the_scores_of_letters_not_seen_are_those_of_a_model_without_them() -> None:
    blocks = (Block("words", 1.0),)
    _, unseen = fit_ridge(LETTERS, GOLD, blocks, penalty=0.5)
    # A letter's own words must not be in the vocabulary by it alone, so it is left out by its words here.
    rest = [{"words": {}} if place == 5 else letter for place, letter in enumerate(LETTERS)]
    counts = np.array([1.0] * 5 + [1e-9])
    without, _ = fit_ridge(rest, GOLD, blocks, penalty=0.5, counts=counts)
    assert without.scores(LETTERS[5]) == pytest.approx(unseen[5], abs=1e-3)


def test_a_model_survives_its_file_and_the_file_is_the_same_every_time(tmp_path: Path) -> None:
    model, _ = fit_ridge(LETTERS, GOLD, BLOCKS, penalty=0.3)
    again, _ = fit_ridge(LETTERS, GOLD, BLOCKS, penalty=0.3)
    write_arrays(tmp_path / "one", model.plain("x-"))
    write_arrays(tmp_path / "two", again.plain("x-"))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read = Ridge.of_plain(BLOCKS, read_arrays(tmp_path / "one"), "x-")
    assert read.scores(LETTERS[0]) == pytest.approx(model.scores(LETTERS[0]), abs=1e-5)


def test_a_letter_without_known_features_gets_the_bias() -> None:
    model, _ = fit_ridge(LETTERS, GOLD, BLOCKS, penalty=0.3)
    assert model.scores({}) == pytest.approx(model.bias)
    assert model.speaking({"words": {"foc": 1.0}}, "words", 0)["foc"] > 0


def test_the_bar_is_the_lowest_that_keeps_the_share_of_true_alarms() -> None:
    scores, urgent = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([1.0, 1.0, 0.0, 1.0, 0.0])
    assert lowest_bar(scores, urgent, 0.75) == 0.6
    assert lowest_bar(scores, urgent, 0.6) == 0.5
    assert lowest_bar(scores, np.zeros(5), 0.6) == float("inf")
