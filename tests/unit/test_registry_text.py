"""Plain text for matching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.text import fold, fold_with_offsets, stem, stems


@pytest.mark.parametrize("word", ["școală", "şcoală", "scoala", "ȘCOALĂ", "s\u0326coala\u0306", "şcoalã"])
def test_every_spelling_of_a_word_has_the_same_stem(word: str) -> None:
    assert stems(word) == stems("scoala")


def test_inflected_forms_share_a_stem() -> None:
    assert len(set(stems("câine câinele câini câinilor caini"))) == 1


def test_folding_takes_off_all_diacritics_and_case() -> None:
    assert fold("Ăâîșț ŞŢ Szűcs Müller Straße") == "aaist st szucs muller strasse"


def test_numbers_and_very_long_strings_are_not_stemmed() -> None:
    assert stems("nr. 544/2001") == ["nr", "544", "2001"]
    assert stem("x" * 200_000) == "x" * 200_000


@given(st.text())
def test_offsets_lead_from_every_folded_letter_back_to_where_it_came_from(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded) + 1
    assert all(letter in fold(text[offset]) for letter, offset in zip(folded, offsets, strict=False))
