"""The text of a page is laid over the boxes its words were read from."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.word_places import WordRow, place_text


def boxes(*words: str) -> list[WordRow]:
    return [[word, 100 * number, 50, 80, 20, 90.0] for number, word in enumerate(words)]


def placed(text: str, *words: str) -> list[tuple[str, float]]:
    return [(one.text, one.left) for one in place_text(text, boxes(*words), 1000, 1400)]


def test_every_word_lies_over_its_own_box() -> None:
    assert placed("Domnule Primar", "Domnule", "Primar") == [("Domnule", 0), ("Primar", 100)]


def test_a_corrected_word_lies_where_the_wrong_one_was_read() -> None:
    assert placed("țeava spartă aici", "teava", "spartă", "a1ci") == [("țeava", 0), ("spartă", 100), ("aici", 200)]


def test_a_word_joined_from_two_lines_lies_over_its_first_half() -> None:
    assert placed("pe străzii noi", "pe", "stră-", "zii", "noi") == [("pe", 0), ("străzii", 100), ("noi", 300)]


def test_words_that_nobody_read_stand_with_the_word_before_them() -> None:
    assert placed("apa și gazul curg", "apa", "curg") == [("apa și gazul", 0), ("curg", 100)]
    assert placed("Către primar", "primar") == [("Către primar", 0)]


def test_text_without_boxes_is_spread_over_the_page_line_by_line() -> None:
    found = place_text("una\n\ndouă", [], 1000, 1400)
    assert [one.text for one in found] == ["una", "două"]
    assert found[0].top < found[1].top < 1400


@given(
    st.lists(st.text("abcd", min_size=1, max_size=4), max_size=12),
    st.lists(st.text("abcd", min_size=1, max_size=4), min_size=1, max_size=12),
)
def test_no_word_of_the_text_is_lost_and_none_is_said_twice(said: list[str], read: list[str]) -> None:
    found = place_text(" ".join(said), boxes(*read), 1000, 1400)
    assert sorted(" ".join(one.text for one in found).split()) == sorted(said)
