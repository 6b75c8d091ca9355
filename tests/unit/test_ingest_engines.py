"""What an engine's table becomes, and words on the picture that is kept."""

from dataclasses import asdict

import pytest

from ingest.engines import ENGINES
from ingest.engines.recognition import Recognition, from_table
from ingest.reading import Page, Word, page_from_json, scaled_words, words_to_json

TABLE = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
    "1\t1\t0\t0\t0\t0\t0\t0\t1654\t2338\t-1\t\n"
    "5\t1\t1\t1\t1\t1\t201\t207\t65\t21\t95.5\tCătre\n"
    '5\t1\t1\t1\t1\t2\t276\t207\t105\t21\t41\t"Primăria\n'
    "5\t1\t1\t1\t2\t1\t201\t240\t105\t21\t90\t \n"
    "5\t1\t1\t1\t3\t1\t201\t240\t105\t21\t90\tMediaș\n"
)


def test_a_table_becomes_words_and_lines() -> None:
    found = from_table(TABLE)
    assert found.text == 'Către "Primăria\nMediaș'
    assert found.words[1] == Word('"Primăria', 276, 207, 105, 21, 41.0)
    assert (found.low_share, found.mean_confidence) == (pytest.approx(1 / 3), pytest.approx(75.5))


def test_the_table_may_come_without_its_head_or_be_empty() -> None:
    assert from_table(TABLE.partition("\n")[2]) == from_table(TABLE)
    assert from_table("") == Recognition("", ())
    assert (Recognition("", ()).p10_confidence, Recognition("", ()).low_share) == (0, 1)


def test_a_tenth_of_the_words_lies_below_the_low_tail() -> None:
    words = tuple(Word("cuvânt", 0, 0, 1, 1, float(confidence)) for confidence in range(100, 0, -1))
    assert Recognition("", words).p10_confidence == 11


def test_boxes_follow_the_picture_that_is_kept() -> None:
    words = [Word("a", 100, 200, 50, 20, 91.23), Word(".", 5, 5, 1, 1, 30.0)]
    assert scaled_words(words, (2000, 3000), (1000, 1500)) == (
        Word("a", 50, 100, 25, 10, 91.2),
        Word(".", 2, 2, 1, 1, 30.0),
    )
    assert words_to_json(words)[0] == ["a", 100, 200, 50, 20, 91.23]


def test_a_page_survives_its_way_through_json() -> None:
    page = Page(1, "a", "a", "ocr", words=(Word("a", 1, 2, 3, 4, 5.0),), codes=({"format": "QRCode", "text": "x"},))
    assert page_from_json(asdict(page)) == page


def test_every_engine_has_the_same_functions() -> None:
    for engine in ENGINES.values():
        assert all(callable(getattr(engine, name)) for name in ("recognise", "installed_languages", "version"))
