"""Doubtful words are found in the text of a page and in its picture."""

from hypothesis import given
from hypothesis import strategies as st

from desk.doubts import doubts

SURE, UNSURE = 93.0, 41.0


def word(text: str, confidence: float = SURE, left: int = 10) -> list[str | int | float]:
    return [text, left, 20, 30, 12, confidence]


def test_a_doubtful_word_is_found_where_it_stands_after_the_words_before_it() -> None:
    text = "apa curge, apa îngheață"
    found = doubts(text, [word("apa"), word("curge,"), word("apa", UNSURE, left=90), word("îngheață")])
    assert [(one.text, one.start, one.end, one.left, one.confidence) for one in found] == [("apa", 11, 14, 90, 41)]


def test_letters_with_cedilla_and_words_cut_at_the_end_of_a_line_are_found_in_the_mapped_text() -> None:
    text = "străzii și țeava"
    found = doubts(text, [word("stră-", UNSURE), word("zii"), word("şi", UNSURE), word("ţeava", UNSURE)])
    assert [text[one.start : one.end] for one in found] == ["stră", "și", "țeava"]


def test_a_word_that_the_text_lacks_keeps_its_box_and_does_not_lead_the_next_ones_astray() -> None:
    found = doubts("una doua", [word("xyz", UNSURE), word("doua", UNSURE)])
    assert [(one.text, one.start) for one in found] == [("xyz", None), ("doua", 4)]


@given(st.text(max_size=200), st.lists(st.tuples(st.text(max_size=12), st.floats(0, 100)), max_size=30))
def test_places_always_lie_inside_the_text_and_hold_the_word(text: str, read: list[tuple[str, float]]) -> None:
    for one in doubts(text, [word(written, confidence) for written, confidence in read]):
        assert one.start is None or (one.end is not None and 0 <= one.start < one.end <= len(text))
