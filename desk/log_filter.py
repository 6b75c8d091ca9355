"""What the classification log is narrowed to: as it stands in the address, and as conditions of a query.

Every point of the charts leads to the log with such a filter.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query
from sqlmodel import col

from config.clock import BUCHAREST
from desk.addresses import query_of
from desk.verdicts import VERDICTS, topic_by_people, verdict
from registry.models import Decision

LOW_CONFIDENCE = 0.6
BINS = 10
SHOWS = ("all", "model", "person", "abstained", "low")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """`since` and `month` are days ("2026-11-01"), `band` is a tenth of confidence ("0" to "9").

    `became` is the topic that people gave the letters instead.
    """

    show: str = "all"
    topic: str = ""
    version: str = ""
    since: str = ""
    month: str = ""
    band: str = ""
    reason: str = ""
    became: str = ""
    verdict: str = ""
    page: int = 1

    def address(self, **changes: Any) -> str:
        """The address of the log with some fields changed."""
        return f"/log?{query_of(self, **changes)}"

    def export_address(self) -> str:
        """The address of the export of what is shown, all pages."""
        return f"/log.csv?{query_of(self)}"

    def conditions(self) -> list[Any]:
        """Conditions over decisions."""
        by_model = col(Decision.user_id).is_(None)
        shows: dict[str, list[Any]] = {
            "all": [],
            "model": [by_model],
            "person": [~by_model],
            "abstained": [col(Decision.abstained)],
            "low": [by_model, col(Decision.confidence) < LOW_CONFIDENCE],
        }
        found = shows[self.show]
        if self.topic:
            found.append(col(Decision.topic) == self.topic)
        if self.version:
            found.append(col(Decision.model_version) == self.version)
        if since := _day(self.since):
            found.append(col(Decision.made_at) >= midnight(since))
        if month := _day(self.month):
            following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
            found += [
                col(Decision.made_at) >= midnight(month.replace(day=1)),
                col(Decision.made_at) < midnight(following),
            ]
        if self.band in {str(number) for number in range(BINS)}:
            lowest = int(self.band)
            found += [by_model, col(Decision.confidence) >= lowest / BINS]
            if lowest < BINS - 1:
                found.append(col(Decision.confidence) < (lowest + 1) / BINS)
        if self.reason:
            found += [col(Decision.abstained), col(Decision.abstain_reason) == self.reason]
        if self.became:
            found += [by_model, topic_by_people() == self.became]
        if self.verdict in VERDICTS:
            found += [by_model, verdict() == self.verdict]
        return found


def log_filter(
    show: str = "all",
    topic: str = "",
    version: str = "",
    since: str = "",
    month: str = "",
    band: str = "",
    reason: str = "",
    became: str = "",
    verdict: str = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> LogFilter:
    """The filter of a request; what makes no sense counts as not said."""
    shown = show if show in SHOWS else "all"
    return LogFilter(shown, topic, version, since, month, band, reason, became, verdict, page)


def midnight(day: date) -> datetime:
    """When a day begins in Romania."""
    return datetime(day.year, day.month, day.day, tzinfo=BUCHAREST)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
