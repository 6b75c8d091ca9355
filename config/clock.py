"""The one clock: everybody else is handed the time or asks here."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BUCHAREST = ZoneInfo("Europe/Bucharest")


def now() -> datetime:
    """The present moment, aware, in UTC (as the database keeps it)."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment on a clock in Romania (as people and deadlines see it).

    Databases that forget the zone hand back naive values; those are UTC.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(BUCHAREST)


def local_date(moment: datetime) -> date:
    """The calendar day in Romania on which this moment falls."""
    return local(moment).date()


def today() -> date:
    """Today's calendar day in Romania."""
    return local_date(now())
