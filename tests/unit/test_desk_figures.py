"""Counting what the classifier did."""

from datetime import date
from typing import Any

import pytest

from desk.figures import Read, distance, figures, last_months
from desk.log_filter import LogFilter, log_filter

TODAY = date(2026, 11, 25)


def read(verdict: Any = "open", *, day: date = TODAY, topic: str = "animale", **fields: Any) -> Read:
    values: dict[str, Any] = {
        "version": "m1",
        "confidence": 0.75,
        "abstained": False,
        "reason": "",
        "milliseconds": 100,
        "unknown_share": 0.1,
        "became": None,
        **fields,
    }
    return Read(day=day, topic=topic, verdict=verdict, **values)


def test_only_what_people_have_judged_counts_for_right_and_wrong() -> None:
    found = figures([read("right"), read("right"), read("wrong", became="presa"), read()], None, TODAY, {})
    assert found.totals.decisions == 4
    assert found.totals.judged == 3
    assert found.totals.right == pytest.approx(2 / 3)
    assert found.mistakes == (("animale", "presa", 1),)
    assert found.months[-1].corrected == pytest.approx(1 / 3)
    assert (found.months[-1].right, found.months[-1].wrong, found.months[-1].open) == (2, 1, 1)


def test_right_when_sure_leaves_out_what_was_left_to_people() -> None:
    found = figures([read("right"), read("wrong", abstained=True, reason="unsure", became="presa")], None, TODAY, {})
    assert found.totals.right_when_sure == 1.0
    assert found.totals.sure == 0.5
    assert found.reasons == (("unsure", 1),)


def test_honest_confidence_has_no_calibration_error() -> None:
    found = figures([read("right")] * 3 + [read("wrong", became="presa")], None, TODAY, {})
    assert found.calibration_error == pytest.approx(0.0)
    assert [one.number for one in found.bins if one.judged] == [7]
    assert figures([read("right", confidence=1.0)], None, TODAY, {}).bins[-1].right == 1


def test_a_period_bounds_the_totals_but_not_the_months() -> None:
    found = figures([read(), read(day=date(2026, 8, 3))], date(2026, 11, 1), TODAY, {})
    assert found.totals.decisions == 1
    assert [one.decisions for one in found.months] == [0, 0, 1, 0, 0, 1]
    assert [row.decisions for row in found.topics] == [1]


def test_drift_is_measured_against_the_months_before_and_the_corpus() -> None:
    before = [read(day=date(2026, 10, 5), topic=topic) for topic in ("animale", "presa")]
    found = figures([*before, read(topic="animale")], None, TODAY, {"animale": 1, "presa": 1, "juridic": 2})
    assert found.mix_shift == (pytest.approx(0.5), pytest.approx(0.75))
    assert [(one.topic, one.now, one.before, one.corpus) for one in found.shifts] == [
        ("animale", 1.0, 0.5, 0.25),
        ("presa", 0.0, 0.5, 0.25),
    ]
    assert distance({}, {"animale": 1.0}) is None


def test_nothing_read_gives_figures_without_numbers() -> None:
    found = figures([], None, TODAY, {"animale": 1})
    assert found.totals.right is None
    assert found.totals.median_ms is None
    assert found.mix_shift == (None, None)
    assert found.topics == ()


def test_the_last_months_go_over_the_turn_of_the_year() -> None:
    assert last_months(date(2027, 2, 3))[0] == date(2026, 9, 1)
    assert last_months(date(2027, 2, 3))[-1] == date(2027, 2, 1)


def test_the_address_of_a_filter_names_only_what_is_set() -> None:
    assert LogFilter().address() == "/log?"
    assert LogFilter(show="model", month="2026-10-01").address(verdict="wrong") == (
        "/log?show=model&month=2026-10-01&verdict=wrong"
    )
    assert log_filter(show="nonsense", since="yesterday", band="x", page=1).conditions() == []
