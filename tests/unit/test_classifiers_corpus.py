"""The training corpus keeps its own rules (classifiers/corpus/README.md)."""

import json
import re
from collections import Counter, defaultdict
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers.train import CORPUS
from config.town import LETTER_KINDS, load_tables
from registry.text import fold

FIELDS = {"id", "text", "subject", "lang", "topic", "topic_alt", "kind", "urgent", "writer"}
NEAR_COPY = 0.35
LETTERS_PER_TOPIC = 60
LETTERS_FOR_ANYTHING_ELSE = 200
SENTENCE_WORDS = 8
DISCLAIMER = re.compile(r"confidential|primit din (greseala|eroare)")
"""What a mail program puts under a letter; the same words stand under many, as in life."""

Bag = tuple[str, frozenset[str]]
VALIDATION = Path(__file__).resolve().parents[3] / "shared" / "letters" / "validation.jsonl"


@lru_cache
def corpus() -> list[dict[str, Any]]:
    rows = []
    for path in sorted(CORPUS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            rows.append({**json.loads(line), "file": path.stem})
    return rows


def shingles(text: str) -> frozenset[str]:
    plain = " ".join(re.findall(r"\w+", fold(text)))
    return frozenset(plain[place : place + 5] for place in range(max(1, len(plain) - 4)))


@lru_cache
def shingled() -> list[Bag]:
    return [(row["id"], shingles(row["text"])) for row in corpus()]


def near_copies(letters: list[Bag], others: list[Bag]) -> set[frozenset[str]]:
    """Pairs of names whose shingles are alike (Jaccard). Exact: the common shingles of all pairs are counted."""
    where: dict[str, list[int]] = defaultdict(list)
    for number, (_, bag) in enumerate(others):
        for shingle in bag:
            where[shingle].append(number)
    numbers = {shingle: np.array(found) for shingle, found in where.items()}
    sizes = np.array([len(bag) for _, bag in others])
    alike = set()
    for name, bag in letters:
        met = [numbers[shingle] for shingle in bag if shingle in numbers]
        common = np.bincount(np.concatenate([np.array([], dtype=int), *met]), minlength=len(others))
        close = np.flatnonzero(common / (len(bag) + sizes - common) >= NEAR_COPY)
        alike |= {frozenset((name, others[number][0])) for number in close if others[number][0] != name}
    return alike


def test_every_letter_has_the_fields_and_values_of_the_schema() -> None:
    topics = {topic.slug for topic in load_tables().topics}
    for row in corpus():
        assert set(row) - {"file"} == FIELDS, row["id"]
        assert row["topic"] == row["file"], row["id"]
        assert {row["topic"], row["topic_alt"]} - {None} <= topics, row["id"]
        assert row["topic_alt"] != row["topic"], row["id"]
        assert row["kind"] in LETTER_KINDS, row["id"]
        assert row["lang"] in {"ro", "hu", "de", "en"}, row["id"]
        assert isinstance(row["urgent"], bool), row["id"]
        assert row["subject"] is None or isinstance(row["subject"], str), row["id"]
        assert isinstance(row["text"], str), row["id"]
        assert row["text"].strip(), row["id"]


def test_ids_are_unique_and_carry_the_topic() -> None:
    counts = Counter(row["id"] for row in corpus())
    assert [one for one, count in counts.items() if count > 1] == []
    assert all(re.fullmatch(rf"{row['topic']}-\d{{3}}", row["id"]) for row in corpus())


def test_every_topic_has_its_letters() -> None:
    counts = Counter(row["topic"] for row in corpus())
    assert set(counts) == {topic.slug for topic in load_tables().topics}
    assert min(counts.values()) >= LETTERS_PER_TOPIC
    assert counts["altele"] >= LETTERS_FOR_ANYTHING_ELSE


def test_a_form_that_is_a_topic_too_is_one_of_the_two_matters() -> None:
    topic_of_form = {"plangere-prealabila": "juridic", "date-personale": "juridic", "audienta": "audienta"}
    for row in corpus():
        assert topic_of_form.get(row["kind"], row["topic"]) in {row["topic"], row["topic_alt"]}, row["id"]


def test_danger_is_not_told_by_the_topic() -> None:
    urgent = Counter(row["topic"] for row in corpus() if row["urgent"])
    calm = Counter(row["topic"] for row in corpus() if not row["urgent"])
    assert set(urgent) == set(calm) == {topic.slug for topic in load_tables().topics}


def test_near_copies_are_found() -> None:
    letter = "Pe strada noastră nu arde niciun bec de trei săptămâni și copiii vin de la școală pe întuneric."
    changed = letter.replace("trei", "patru").replace("Pe strada", "Pe ulița")
    other = "Cer să mi se restituie impozitul plătit de două ori pentru aceeași mașină, am chitanțele."
    one, two, three = (("one", shingles(letter)), ("two", shingles(changed)), ("three", shingles(other)))
    assert near_copies([one, two, three], [one, two, three]) == {frozenset(("one", "two"))}


def test_no_two_letters_are_near_copies() -> None:
    assert near_copies(shingled(), shingled()) == set()


def test_no_two_letters_share_a_sentence() -> None:
    letters_of: dict[str, set[str]] = defaultdict(set)
    for row in corpus():
        for sentence in re.split(r"[.!?;:\n]+", fold(row["text"])):
            words = re.findall(r"\w+", sentence)
            plain = " ".join(words)
            if len(words) >= SENTENCE_WORDS and not DISCLAIMER.search(plain):
                letters_of[plain].add(row["id"])
    assert {sentence: ids for sentence, ids in letters_of.items() if len(ids) > 1} == {}


def test_personal_codes_belong_to_nobody() -> None:
    for row in corpus():
        for code in re.findall(r"(?<!\d)[1-9]\d{12}(?!\d)", row["text"]):
            century = {"1": 1900, "2": 1900, "5": 2000, "6": 2000}.get(code[0], 2000)
            born = date(century + int(code[1:3]), int(code[3:5]), int(code[5:7]))
            assert born.year > 2050, row["id"]


@pytest.mark.skipif(not VALIDATION.exists(), reason="the validation letters are not on this machine")
def test_no_letter_is_a_near_copy_of_a_validation_letter() -> None:
    lines = VALIDATION.read_text(encoding="utf-8").splitlines()
    others = [(f"validation {row['id']}", shingles(row["text"])) for row in map(json.loads, lines)]
    assert near_copies(shingled(), others) == set()
