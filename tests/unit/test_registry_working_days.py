"""Working days 2024 to 2035: the law's list, written out independently of the library that the code uses."""

from datetime import date, timedelta

import pytest

from config.town import Holidays
from registry.working_days import WorkingCalendar

YEARS = range(2024, 2036)
FIXED = [(1, 1), (1, 2), (1, 6), (1, 7), (1, 24), (5, 1), (6, 1), (8, 15), (11, 30), (12, 1), (12, 25), (12, 26)]
# Domain rule 5.10.
EASTER_TABLE = [
    ("2026-04-10", "2026-04-12", "2026-04-13", "2026-05-31", "2026-06-01"),
    ("2027-04-30", "2027-05-02", "2027-05-03", "2027-06-20", "2027-06-21"),
    ("2028-04-14", "2028-04-16", "2028-04-17", "2028-06-04", "2028-06-05"),
    ("2029-04-06", "2029-04-08", "2029-04-09", "2029-05-27", "2029-05-28"),
    ("2030-04-26", "2030-04-28", "2030-04-29", "2030-06-16", "2030-06-17"),
]
# Announced by the Romanian Patriarchate.
EASTER_SUNDAYS = {
    2024: date(2024, 5, 5),
    2025: date(2025, 4, 20),
    2026: date(2026, 4, 12),
    2027: date(2027, 5, 2),
    2028: date(2028, 4, 16),
    2029: date(2029, 4, 8),
    2030: date(2030, 4, 28),
    2031: date(2031, 4, 13),
    2032: date(2032, 5, 2),
    2033: date(2033, 4, 24),
    2034: date(2034, 4, 9),
    2035: date(2035, 4, 29),
}

days = WorkingCalendar(Holidays())


def julian_easter(year: int) -> date:
    """Easter Sunday by Meeus' Julian algorithm, moved to the Gregorian calendar (13 days until 2099)."""
    moon = (19 * (year % 19) + 15) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + sunday + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


def public_holidays(year: int) -> set[date]:
    """Labour Code art. 139 (domain rule 5.9)."""
    easter = julian_easter(year)
    return {date(year, month, day) for month, day in FIXED} | {
        easter + timedelta(days=offset) for offset in (-2, 0, 1, 49, 50)
    }


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", YEARS)
def test_easter_is_the_orthodox_one(year: int) -> None:
    assert julian_easter(year) == EASTER_SUNDAYS[year]
    assert "Pa" in days.holiday_name(EASTER_SUNDAYS[year])


@pytest.mark.parametrize("row", EASTER_TABLE, ids=lambda row: row[1][:4])
def test_the_easter_table_of_the_domain_reference_holds(row: tuple[str, ...]) -> None:
    good_friday, easter, monday, pentecost, whit_monday = map(date.fromisoformat, row)
    assert julian_easter(easter.year) == easter
    assert [(day - easter).days for day in (good_friday, monday, pentecost, whit_monday)] == [-2, 1, 49, 50]
    for day in (good_friday, easter, monday, pentecost, whit_monday):
        assert days.holiday_name(day)
        assert not days.is_working(day)


def test_the_easter_dates_that_were_printed_wrongly_are_working_days_where_they_fall_in_the_week() -> None:
    western_good_friday, western_monday = date(2026, 4, 3), date(2026, 4, 6)
    assert days.is_working(western_good_friday)
    assert days.is_working(western_monday)
    assert not days.holiday_name(date(2026, 4, 19))


@pytest.mark.parametrize("year", YEARS)
def test_exactly_the_holidays_of_the_law_are_holidays(year: int) -> None:
    expected = public_holidays(year)
    assert {day for day in days_of(year) if days.holiday_name(day)} == expected
    assert {day for day in days_of(year) if days.is_working(day)} == {
        day for day in days_of(year) if day.weekday() < 5 and day not in expected
    }


def test_two_holidays_on_one_day_are_both_named() -> None:
    name = days.holiday_name(date(2026, 6, 1))
    assert "Rusalii" in name
    assert "Copil" in name


def test_a_town_may_close_a_day_and_open_another() -> None:
    own = WorkingCalendar(Holidays(extra_nonworking=(date(2027, 1, 8),), extra_working=(date(2027, 1, 16),)))
    friday, saturday = date(2027, 1, 8), date(2027, 1, 16)
    assert days.is_working(friday)
    assert not own.is_working(friday)
    assert not days.is_working(saturday)
    assert own.is_working(saturday)


def test_a_town_may_work_on_a_public_holiday() -> None:
    own = WorkingCalendar(Holidays(extra_working=(date(2027, 1, 6),)))
    assert own.is_working(date(2027, 1, 6))
    assert not own.is_working(date(2027, 1, 7))


@pytest.mark.parametrize(
    ("day", "back", "forward"),
    [
        ("2026-11-23", "2026-11-23", "2026-11-23"),
        ("2026-11-28", "2026-11-27", "2026-12-02"),
        ("2026-11-30", "2026-11-27", "2026-12-02"),
        ("2026-12-25", "2026-12-24", "2026-12-28"),
        ("2027-01-01", "2026-12-31", "2027-01-04"),
        ("2027-01-07", "2027-01-05", "2027-01-08"),
        ("2027-05-01", "2027-04-29", "2027-05-04"),
        ("2026-05-31", "2026-05-29", "2026-06-02"),
    ],
)
def test_a_closed_day_moves_to_the_next_open_one(day: str, back: str, forward: str) -> None:
    assert days.back(date.fromisoformat(day)) == date.fromisoformat(back)
    assert days.forward(date.fromisoformat(day)) == date.fromisoformat(forward)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-11-23", 0, "2026-11-23"),
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-23", 15, "2026-12-16"),
        ("2026-11-28", 1, "2026-12-02"),
        ("2026-12-16", -15, "2026-11-23"),
        ("2026-12-02", -1, "2026-11-27"),
        ("2027-01-08", -2, "2027-01-04"),
    ],
)
def test_working_days_are_counted_without_the_first(start: str, count: int, end: str) -> None:
    assert days.add_working_days(date.fromisoformat(start), count) == date.fromisoformat(end)


def test_the_holidays_crossed_are_listed_in_order_with_both_ends() -> None:
    crossed = days.crossed(date(2026, 11, 30), date(2026, 12, 26))
    assert [f"{day:%d.%m}" for day, _name in crossed] == ["30.11", "01.12", "25.12", "26.12"]
    assert "Andrei" in crossed[0][1]
    assert days.crossed(date(2026, 11, 30), date(2026, 11, 29)) == []
