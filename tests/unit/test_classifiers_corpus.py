"""The training corpus keeps its own rules (classifiers/corpus/README.md)."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from classifiers.train import CORPUS
from config.town import LETTER_KINDS, load_tables
from registry.text import fold

FIELDS = {"id", "text", "subject", "lang", "topic", "topic_alt", "kind", "urgent", "writer"}
NEAR_COPY = 0.35
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
def shingled() -> list[tuple[str, frozenset[str]]]:
    return [(row["id"], shingles(row["text"])) for row in corpus()]


def near_copies(
    pairs: Iterable[tuple[tuple[str, frozenset[str]], tuple[str, frozenset[str]]]],
) -> set[frozenset[str]]:
    found = set()
    for (first, left), (second, right) in pairs:
        # Two sets of very unlike size cannot be near copies.
        if not NEAR_COPY < len(left) / len(right) < 1 / NEAR_COPY:
            continue
        common = len(left & right)
        if common / (len(left) + len(right) - common) >= NEAR_COPY:
            found.add(frozenset((first, second)))
    return found


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


def test_every_topic_has_letters_and_none_dominates() -> None:
    counts = Counter(row["topic"] for row in corpus())
    assert set(counts) == {topic.slug for topic in load_tables().topics}
    assert max(counts.values()) <= 3 * min(counts.values())


def test_no_two_letters_are_near_copies() -> None:
    assert near_copies(combinations(shingled(), 2)) == set()


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
    assert near_copies(product(shingled(), others)) == set()
