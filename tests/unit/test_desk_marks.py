"""Cutting text into what is new, what is quoted and what was evidence."""

from hypothesis import given
from hypothesis import strategies as st

from desk.marks import Mark, evidence_marks, pieces

TEXT = "Groapă pe strada Arieș.\n> citat vechi"


def test_what_is_outside_the_senders_own_words_counts_as_quoted() -> None:
    found = pieces(TEXT, [[0, 23]], [])
    assert [(piece.text, piece.quoted) for piece in found] == [(TEXT[:23], False), (TEXT[23:], True)]


def test_without_known_spans_nothing_counts_as_quoted() -> None:
    assert [piece.quoted for piece in pieces(TEXT, [], [])] == [False]


def test_evidence_is_marked_with_its_note() -> None:
    found = pieces(TEXT, None, [Mark(0, 6, "drumuri")])
    assert [(piece.text, piece.note) for piece in found[:2]] == [("Groapă", "drumuri"), (TEXT[6:], "")]


def test_evidence_with_offsets_of_another_text_is_found_by_its_words() -> None:
    assert evidence_marks(TEXT, [{"text": "strada", "start": 400, "end": 406}], "x") == [Mark(10, 16, "x")]


def test_evidence_that_is_not_in_the_text_is_not_marked() -> None:
    assert evidence_marks(TEXT, [{"text": "pubelă", "start": 0, "end": 6}], "x") == []


def test_evidence_of_the_subject_is_not_looked_for_in_the_text() -> None:
    evidence = [{"text": "strada", "start": 0, "end": 6, "where": "subject"}]
    assert evidence_marks(TEXT, evidence, "x") == []
    assert evidence_marks("strada", evidence, "x", where="subject") == [Mark(0, 6, "x")]


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=5),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=5),
)
def test_no_letter_of_the_text_is_lost_or_doubled(
    text: str, spans: list[tuple[int, int]], marks: list[tuple[int, int]]
) -> None:
    found = pieces(text, [list(span) for span in spans], [Mark(start, end, "x") for start, end in marks])
    assert "".join(piece.text for piece in found) == text
