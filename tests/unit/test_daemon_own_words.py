"""The model reads the sender's own words only, at the places where they stand in the whole text."""

from hypothesis import given
from hypothesis import strategies as st

from daemon.steps.understanding import own_words


@st.composite
def letters(draw: st.DrawFn) -> tuple[str, list[list[int]]]:
    text = draw(st.text(st.characters(codec="utf-8", categories=None) | st.sampled_from("\n\r ăț"), max_size=200))
    places = st.integers(0, len(text))
    spans = [sorted(pair) for pair in draw(st.lists(st.tuples(places, places), max_size=6))]
    return text, spans


@given(letters())
def test_every_own_word_keeps_its_place_and_nothing_else_is_left(letter: tuple[str, list[list[int]]]) -> None:
    text, spans = letter
    kept = own_words(text, spans)
    assert len(kept) == len(text)
    own = {place for start, end in spans for place in range(start, end)}
    for place, character in enumerate(text):
        left = character if place in own or character == "\n" else " "
        assert kept[place] == left


def test_quoted_mail_becomes_blank_lines_of_the_same_length() -> None:
    assert own_words("Da.\n> Veniți?\nMulțumesc", [[0, 3], [14, 23]]) == "Da.\n         \nMulțumesc"


def test_a_letter_without_words_of_its_own_is_blank() -> None:
    assert own_words("> citat", []) == " " * 7
