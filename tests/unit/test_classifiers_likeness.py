"""How alike letters are: what survives disturbance, what is left out of the comparison, what chance makes of it."""

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.letters import read_corpus
from classifiers.likeness import FEWEST, MOST, SIMILAR, likeness, shingles, verdict
from classifiers.likeness_index import SAMPLE, ShingleIndex, VectorIndex, half_vector
from classifiers.train import CORPUS
from registry.text import fold

BUS = (
    "Autobuzul 5 nu mai oprește la gară după ora 19, deși în orar scrie că vine până la 22. Ieri am așteptat o oră cu "
    "mama mea, care merge în cârje, și în cele din urmă am luat un taxi. Șoferul mi-a spus că traseul s-a scurtat fără "
    "niciun anunț. Puneți măcar un afiș în stație și spuneți-ne cine a hotărât asta."
)
POOL = (
    "Copiii de la clubul de înot rămân fără bazin din ianuarie, fiindcă se închide pentru reparații. Ni s-a promis o "
    "soluție la Sibiu, dar nimeni nu plătește transportul. Vă cerem un autocar de două ori pe săptămână."
)


def misread(text: str, share: float) -> str:
    """The text as bad text recognition gives it back."""
    chance = random.Random(7)
    return "".join(chance.choice("abcdefgilmnoprstu1|") if chance.random() < share else letter for letter in text)


@pytest.mark.parametrize(
    "again",
    [
        fold(BUS),
        BUS.upper(),
        BUS.replace(" ", "\n"),
        misread(BUS, 0.08),
        f"Bună ziua,\n{BUS}\nCu stimă,\nIon Lazăr\nTrimis de pe telefonul meu",
        f"Subsemnata Ana Moga, domiciliată în Mediaș, strada Cibin nr. 3, vă aduc la cunoștință:\n{BUS}",
    ],
    ids=["bare", "capitals", "broken lines", "misread", "greeting and signature", "petition"],
)
def test_a_disturbed_copy_is_a_near_copy(again: str) -> None:
    assert verdict(shingles(BUS), shingles(again))[0] == "near-copy"


def test_a_half_copied_letter_is_similar_and_another_one_is_not() -> None:
    half = BUS[: len(BUS) // 2] + " " + POOL
    assert verdict(shingles(BUS), shingles(half))[0] == "similar"
    assert verdict(shingles(BUS), shingles(POOL))[0] is None


def test_letters_with_nothing_but_the_same_formulas_are_not_alike() -> None:
    formulas = "Stimate domnule primar,\n{}\nÎn temeiul OG 27/2002 solicit răspuns scris în termen legal.\nCu respect,"
    one, other = (shingles(formulas.format(what)) for what in ("Tăiați plopul uscat.", "Unde plătesc amenda?"))
    assert likeness(one, other) < 0.1


def test_very_short_letters_are_alike_only_when_they_are_the_same() -> None:
    assert verdict(shingles("Nu arde becul la scara doi."), shingles("nu arde becul la scara 2"))[0] is None
    assert verdict(shingles("Nu arde becul la scara doi."), shingles("NU ARDE BECUL LA SCARA DOI"))[0] == "near-copy"
    assert verdict(shingles("Mulțumesc"), shingles("Mulțumesc"))[0] is None


def test_very_long_letters_are_compared_by_a_fair_sample() -> None:
    chance = random.Random(3)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvz", k=8)) for _ in range(4_000)]
    long, longer = " ".join(words[:3_000]), " ".join(words)
    assert len(shingles(long)) == MOST
    assert likeness(shingles(long), shingles(longer)) == pytest.approx(0.75, abs=0.04)


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_two_texts_have_a_likeness_and_every_text_is_like_itself(one: str, other: str) -> None:
    left, right = shingles(one), shingles(other)
    assert list(left) == sorted(set(left.tolist()))
    assert 0.0 <= likeness(left, right) == likeness(right, left) <= 1.0
    assert likeness(left, left) == (1.0 if len(left) else 0.0)


def test_no_two_letters_of_the_corpus_are_alike_and_the_index_says_so() -> None:
    """Letters of one topic come nearest to one another by chance."""
    letters = [shingles(one.text) for one in read_corpus(CORPUS) if one.topic == "iluminat-public"]
    scores = [likeness(*pair) for pair in combinations(letters, 2)]
    assert max(scores) < 0.22


def test_the_index_finds_the_copy_and_the_half_copy_among_many() -> None:
    corpus = [shingles(one.text) for one in read_corpus(CORPUS)[:600]]
    index = ShingleIndex()
    index.add(range(600), [one[:SAMPLE] for one in corpus], [len(one) for one in corpus])
    long_ones = [number for number, one in enumerate(corpus) if len(one) > 4 * FEWEST][::12]
    for number in long_ones:
        shared = np.unique(np.concatenate([corpus[number][::2], corpus[(number + 1) % 600][::2]]))
        assert index.candidates(corpus[number], most=1)[0][0] == number
        if likeness(shared, corpus[number]) >= SIMILAR:
            assert number in [one for one, _ in index.candidates(shared, most=10)]
    assert index.candidates(shingles(""), most=5) == []
    assert ShingleIndex().candidates(corpus[0], most=5) == []


def test_the_nearest_meanings_come_first_and_strange_vectors_are_passed_over() -> None:
    index = VectorIndex()
    assert index.nearest(half_vector(np.ones(4)), most=3) == []
    index.add([5, 6, 7], [half_vector(np.array(one, dtype=float)) for one in ([1, 0, 0], [1, 1, 0], [0, 0, 2])])
    index.add([8], [half_vector(np.ones(7))])
    found = index.nearest(half_vector(np.array([3.0, 0.1, 0.0])), most=2)
    assert [letter for letter, _near in found] == [5, 6]
    assert found[0][1] == pytest.approx(1.0, abs=0.02)
    assert index.nearest(half_vector(np.ones(7)), most=2) == []
