"""Working days of a Romanian public office: weekends, public holidays with Orthodox Easter, local changes."""

from datetime import date, timedelta

import holidays

from config.town import Holidays

ONE_DAY = timedelta(days=1)


class WorkingCalendar:
    """Knows which days are worked (Labour Code art. 139; domain rules 5.9 to 5.11)."""

    def __init__(self, changes: Holidays) -> None:
        """`changes` are the town hall's own extra days off and on."""
        self._public = holidays.country_holidays("RO", language="ro")
        self._off = frozenset(changes.extra_nonworking)
        self._on = frozenset(changes.extra_working)

    def is_working(self, day: date) -> bool:
        """Whether the office works on this day."""
        if day in self._on:
            return True
        return day.weekday() < 5 and day not in self._public and day not in self._off

    def holiday_name(self, day: date) -> str:
        """Romanian name of the public holiday on this day; empty if it is none."""
        return str(self._public.get(day) or "")

    def forward(self, day: date) -> date:
        """This day, or the next worked one."""
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def back(self, day: date) -> date:
        """This day, or the last worked one before it."""
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """The day that is `count` worked days after `day`; the day itself does not count. Negative goes back."""
        step = ONE_DAY if count >= 0 else -ONE_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def crossed(self, first: date, last: date) -> list[tuple[date, str]]:
        """Public holidays between two days (both included), with their names."""
        days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
        return [(day, self.holiday_name(day)) for day in days if self.holiday_name(day)]
