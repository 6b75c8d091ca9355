"""Registration numbers without gaps: one counter row per series and year, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from config.clock import local_date
from registry import audit
from registry.models import RegisterEntry

GENERAL = "general"

_NEXT = text(
    "INSERT INTO register_counters (series, year, last_number) VALUES (:series, :year, :count) "
    "ON CONFLICT (series, year) DO UPDATE SET last_number = register_counters.last_number + :count "
    "RETURNING last_number"
)


def register(
    session: Session,
    *,
    direction: str,
    at: datetime,
    correspondent: str = "",
    summary: str = "",
    series: str = GENERAL,
) -> RegisterEntry:
    """Give out the next number of the year (Europe/Bucharest) and write its line of the register.

    The number exists only if the caller's transaction commits, so a crash leaves no gap (Instructions 217/1996
    art. 9: one series from 1 January to 31 December). `direction` is "in" or "out". Call it last before the
    commit: the counter row is locked until then.
    """
    (number,), year = _take_numbers(session, 1, at, series)
    entry = RegisterEntry(
        series=series,
        year=year,
        number=number,
        direction=direction,
        registered_at=at,
        correspondent=correspondent,
        summary=summary,
    )
    session.add(entry)
    session.flush()
    return entry


def register_many(
    session: Session, count: int, *, direction: str, at: datetime, series: str = GENERAL
) -> list[RegisterEntry]:
    """Give out the next `count` numbers, in order, as `register` does one."""
    if not count:
        return []
    numbers, year = _take_numbers(session, count, at, series)
    entries = [
        RegisterEntry(series=series, year=year, number=number, direction=direction, registered_at=at)
        for number in numbers
    ]
    session.add_all(entries)
    session.flush()
    return entries


def _take_numbers(session: Session, count: int, at: datetime, series: str) -> tuple[range, int]:
    """The next numbers of the series, and the year they belong to."""
    audit.wait_for_turn(session)
    year = local_date(at).year
    last = session.connection().execute(_NEXT, {"series": series, "year": year, "count": count}).scalar_one()
    return range(last - count + 1, last + 1), year
