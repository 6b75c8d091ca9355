"""Where the marks of a chart stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.charts import Datum, columns, reliability, shares


def datum(*parts: float) -> Datum:
    return Datum("a", "title", "/log", tuple((f"part{number}", part) for number, part in enumerate(parts)))


def test_columns_stand_on_the_ground_and_on_one_another() -> None:
    chart = columns([datum(10, 5), datum(0, 0), datum(0, 3)])
    low, high = chart.columns[0].marks
    assert low.y + low.height == pytest.approx(chart.bottom)
    assert high.y + high.height == pytest.approx(low.y, abs=0.2)
    assert low.height == pytest.approx(2 * high.height, abs=0.2)
    assert [len(one.marks) for one in chart.columns] == [2, 0, 1]
    assert [tick.label for tick in chart.ticks] == ["0", "5", "10", "15"]


@given(st.lists(st.lists(st.integers(0, 100_000), max_size=3), max_size=15))
def test_nothing_is_drawn_outside_the_chart(stacks: list[list[int]]) -> None:
    chart = columns([datum(*stack) for stack in stacks])
    for column in chart.columns:
        for mark in column.marks:
            assert chart.top - 0.2 <= mark.y <= mark.y + mark.height <= chart.bottom + 0.2
            assert chart.left - 0.2 <= mark.x <= mark.x + mark.width <= chart.right + 0.2
    assert 2 <= len(chart.ticks) <= 5


def test_a_month_without_a_value_is_a_gap_in_the_line() -> None:
    chart = shares([datum(0.1), datum(), datum(0.5)], most=0.5)
    assert len(chart.line.split()) == 2
    assert chart.columns[1].marks == ()
    assert chart.columns[2].marks[0].y == pytest.approx(chart.top)


def test_honest_confidence_lies_on_the_diagonal() -> None:
    chart = reliability([(0.0, 0.0, 1, "", "/log"), (1.0, 1.0, 4, "", "/log")], width=300, height=200)
    first, last = (one.marks[0] for one in chart.columns)
    assert (first.x, first.y) == (chart.left, chart.bottom)
    assert (last.x, last.y) == (chart.right, chart.top)
    assert first.width < last.width
