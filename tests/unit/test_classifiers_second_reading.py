"""The second reading of the training corpus (classifiers/corpus/README.md)."""

from dataclasses import replace

import pytest

from classifiers.letters import Letter, read_corpus
from classifiers.train import CORPUS
from config.town import LETTER_KINDS, load_tables
from tests.support.second_reading import Reading, agreement, kappa, moved, readings


def letter(reading: Reading) -> Letter:
    return Letter(
        id=reading.id,
        text="Bună ziua",
        topic=reading.topic,
        topic_alt=reading.topic_alt,
        kind=reading.kind,
        urgent=reading.urgent,
    )


HOLE = Reading("drumuri-trotuare-001", "drumuri-trotuare", "parcare-circulatie", "petitie", True)
DOG = Reading("animale-001", "animale", None, "petitie", False)
PRESS = Reading("presa-001", "presa", None, "presa", False)


def test_readers_who_say_the_same_agree_wholly() -> None:
    second = [HOLE, DOG, PRESS]
    found = agreement([letter(one) for one in second], second)
    assert (found.letters, found.topic, found.first_or_second) == (3, 1, 1)
    assert (found.topic_kappa, found.kind_kappa, found.urgent_kappa) == (1, 1, 1)


def test_a_second_matter_counts_only_as_first_or_second() -> None:
    swapped = replace(HOLE, topic="parcare-circulatie", topic_alt=None)
    found = agreement([letter(HOLE), letter(DOG), letter(PRESS)], [swapped, DOG, PRESS])
    assert found.topic == pytest.approx(2 / 3)
    assert found.first_or_second == 1


def test_kappa_of_a_known_table() -> None:
    # Cohen's textbook table: 20 times both yes, 15 times both no, 5 and 10 times unlike.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa(pairs) == pytest.approx(0.4)


def test_the_second_reading_uses_the_labels_of_the_corpus_and_reads_no_letter_twice() -> None:
    second = readings()
    topics = {topic.slug for topic in load_tables().topics}
    assert len({one.id for one in second}) == len(second)
    for one in second:
        assert {one.topic, one.topic_alt} - {None} <= topics, one.id
        assert one.topic != one.topic_alt, one.id
        assert one.kind in LETTER_KINDS, one.id


def test_every_letter_that_was_read_is_in_the_corpus_under_its_id_or_the_one_it_got() -> None:
    ids = {one.id for one in read_corpus(CORPUS)}
    assert {moved().get(one.id, one.id) for one in readings()} <= ids
    assert not moved().keys() & ids


def test_the_corpus_agrees_with_its_second_reading() -> None:
    found = agreement(read_corpus(CORPUS), readings())
    assert found.topic >= 0.9
    assert found.first_or_second >= 0.98
    assert found.kind >= 0.95
    assert found.urgent >= 0.99
