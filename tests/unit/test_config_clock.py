"""One clock: UTC inside, Bucharest for people and deadlines."""

from datetime import UTC, date, datetime, timedelta

import pytest

from config import clock


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.today() - clock.now().date()) <= timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "day", "hour"),
    [
        (datetime(2026, 12, 31, 21, 59, 59, tzinfo=UTC), date(2026, 12, 31), 23),
        (datetime(2026, 12, 31, 22, 0, 1, tzinfo=UTC), date(2027, 1, 1), 0),
        (datetime(2026, 7, 14, 20, 59, 59, tzinfo=UTC), date(2026, 7, 14), 23),
        (datetime(2026, 7, 14, 21, 0, 0, tzinfo=UTC), date(2026, 7, 15), 0),
        # the night the clocks go forward (29 March 2026) and back (25 October 2026)
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), date(2026, 3, 29), 2),
        (datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC), date(2026, 3, 29), 4),
        (datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC), date(2026, 10, 25), 3),
        (datetime(2026, 10, 25, 1, 0, 0, tzinfo=UTC), date(2026, 10, 25), 3),
    ],
)
def test_a_moment_falls_on_the_romanian_day(moment: datetime, day: date, hour: int) -> None:
    assert clock.local_date(moment) == day
    assert clock.local(moment).hour == hour


def test_a_moment_that_lost_its_zone_is_taken_as_utc() -> None:
    assert clock.local(datetime(2026, 12, 31, 22, 30)) == datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
