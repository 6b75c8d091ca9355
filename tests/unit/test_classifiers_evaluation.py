"""Measuring: figures by group, department of either matter, and the page they are written to."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from classifiers.evaluate import Evaluation, figures
from classifiers.evaluation_report import write_report
from classifiers.letters import Letter
from classifiers.understand import Understander, load

LETTERS = [
    Letter("1", "Sunt gropi în asfalt, asfaltați strada.", topic="drumuri-trotuare", department="directia-tehnica"),
    Letter("2", "Nu arde niciun bec pe strada.", topic="ordine-zgomot", topic_alt="iluminat-public", department="x"),
    Letter("3", "Kóbor kutyák harapják a gyerekeket.", topic="animale", lang="hu"),
]


@lru_cache
def understander() -> Understander:
    return load(embedding=False)


@lru_cache
def measured() -> Evaluation:
    read = [understander().understand(letter.text) for letter in LETTERS]
    return figures(LETTERS, read, understander().departments)


def test_letters_are_counted_by_language_and_spelling() -> None:
    assert {one.name: one.letters for one in measured().by_group} == {
        "hu": 1,
        "hu+de+en": 1,
        "no-diacritics": 1,
        "ro": 2,
    }


def test_the_department_of_the_second_matter_is_right_too() -> None:
    assert measured().department == pytest.approx(1 / 2)
    assert measured().department_accepted == pytest.approx(1)


def test_an_honest_confidence_has_no_calibration_error() -> None:
    read = [understander().understand(LETTERS[0].text)] * 10
    right = [replace(LETTERS[0], topic="drumuri-trotuare" if number < 8 else "presa") for number in range(10)]
    assert figures(right, [replace(one, confidence=0.8) for one in read]).calibration_error_accepted == pytest.approx(0)
    assert figures(right, [replace(one, confidence=0.5) for one in read]).calibration_error_accepted == pytest.approx(
        0.3
    )


def test_the_report_is_one_page_that_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(measured(), path, "<letters>.jsonl")
    page = path.read_text(encoding="utf-8")
    assert "<svg" in page
    assert page.count("<circle") == len(measured().reliability)
    assert "&lt;letters&gt;.jsonl" in page
    assert "http" not in page
    assert "<script" not in page
