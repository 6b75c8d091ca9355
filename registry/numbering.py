"""Registration numbers without gaps: one counter row per series and year, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from config.clock import local_date
from registry import audit
from registry.models import RegisterEntry

GENERAL = "general"

_NEXT = text(
    "INSERT INTO register_counters (series, year, last_number) VALUES (:series, :year, 1) "
    "ON CONFLICT (series, year) DO UPDATE SET last_number = register_counters.last_number + 1 "
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
    audit.wait_for_turn(session)
    year = local_date(at).year
    number = session.connection().execute(_NEXT, {"series": series, "year": year}).scalar_one()
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
