"""What the classifier did, counted: volumes, honesty of its confidence, mistakes, doubts, drift and pace."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median, quantiles
from typing import Any

from sqlmodel import Session, col, select

from config.clock import local_date
from desk.verdicts import Verdict, topic_by_people, verdict
from registry.models import Decision

BINS = 10
MONTHS = 6
MOST_MISTAKES = 12
MOST_SHIFTS = 6


@dataclass(frozen=True, slots=True)
class Read:
    """One decision of the classifier on a day, and what people made of it."""

    day: date
    version: str
    topic: str
    confidence: float
    abstained: bool
    reason: str
    milliseconds: int | None
    unknown_share: float | None
    verdict: Verdict
    became: str | None

    @property
    def month(self) -> date:
        """The first day of its month."""
        return self.day.replace(day=1)


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions whose confidence lies in one tenth; `stated` is their mean confidence."""

    number: int
    right: int
    wrong: int
    open: int
    stated: float

    @property
    def judged(self) -> int:
        """Decisions that people have confirmed or corrected."""
        return self.right + self.wrong


@dataclass(frozen=True, slots=True)
class Month:
    """One month. Shares are None when there is nothing they could be a share of."""

    month: date
    right: int
    wrong: int
    open: int
    corrected: float | None
    abstained: float | None
    unknown: float | None
    shift: float | None
    pace: float | None

    @property
    def decisions(self) -> int:
        """All decisions of the month."""
        return self.right + self.wrong + self.open


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic: decisions, corrections, doubts, and (corrected, judged) of each of the last months."""

    topic: str
    decisions: int
    judged: int
    wrong: int
    abstained: int
    months: tuple[tuple[date, int, int], ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """A topic whose share of the letters changed: this month, in the months before, in the training corpus."""

    topic: str
    now: float
    before: float
    corpus: float


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of the whole selection; shares are None without decisions to count."""

    decisions: int
    judged: int
    right: float | None
    sure: float | None
    right_when_sure: float | None
    judged_when_sure: int
    median_ms: float | None
    slowest_ms: float | None
    unknown: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the screen shows."""

    totals: Totals
    bins: tuple[Bin, ...]
    calibration_error: float | None
    mistakes: tuple[tuple[str, str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    topics: tuple[TopicRow, ...]
    months: tuple[Month, ...]
    shifts: tuple[Shift, ...]
    mix_shift: tuple[float | None, float | None]


def reads(session: Session, *, since: datetime | None, version: str) -> list[Read]:
    """All decisions of the classifier (of one version, if named) from a moment on."""
    query: Any = select(  # type: ignore[call-overload]
        Decision.made_at,
        Decision.model_version,
        Decision.topic,
        Decision.confidence,
        Decision.abstained,
        Decision.abstain_reason,
        Decision.milliseconds,
        Decision.unknown_share,
        verdict(),
        topic_by_people(),
    ).where(col(Decision.user_id).is_(None))
    if since is not None:
        query = query.where(col(Decision.made_at) >= since)
    if version:
        query = query.where(col(Decision.model_version) == version)
    return [Read(local_date(made_at), *rest) for made_at, *rest in session.exec(query)]


def figures(found: Sequence[Read], since: date | None, today: date, corpus: dict[str, int]) -> Figures:
    """The figures of decisions from `since` on (None: all); months and drift look at the last MONTHS whatever that is.

    `corpus` is the number of training letters by topic.
    """
    chosen = [one for one in found if since is None or one.day >= since]
    months = last_months(today)
    bins = _bins(chosen)
    now, before = (
        _mix(one for one in found if one.month == months[-1]),
        _mix(one for one in found if months[0] <= one.month < months[-1]),
    )
    trained = _shares(Counter(corpus))
    return Figures(
        totals=_totals(chosen),
        bins=bins,
        calibration_error=_calibration_error(bins),
        mistakes=_mistakes(chosen),
        reasons=tuple(Counter(one.reason for one in chosen if one.abstained).most_common()),
        topics=_topics(chosen, found, months),
        months=tuple(_month(month, found, months) for month in months),
        shifts=_shifts(now, before, trained),
        mix_shift=(distance(now, before), distance(now, trained)),
    )


def last_months(today: date) -> list[date]:
    """The first days of the last MONTHS months, this one included, the oldest first."""
    number = today.year * 12 + today.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - MONTHS + 1, number + 1)]


def distance(one: dict[str, float], other: dict[str, float]) -> float | None:
    """Which share of the letters would have to have another topic to make one mix the other; None without letters."""
    if not one or not other:
        return None
    return sum(abs(one.get(topic, 0.0) - other.get(topic, 0.0)) for topic in one | other) / 2


def _totals(chosen: Sequence[Read]) -> Totals:
    judged = [one for one in chosen if one.verdict != "open"]
    sure = [one for one in judged if not one.abstained]
    paces = [one.milliseconds for one in chosen if one.milliseconds is not None]
    return Totals(
        decisions=len(chosen),
        judged=len(judged),
        right=_share(judged, lambda one: one.verdict == "right"),
        sure=_share(chosen, lambda one: not one.abstained),
        right_when_sure=_share(sure, lambda one: one.verdict == "right"),
        judged_when_sure=len(sure),
        median_ms=median(paces) if paces else None,
        slowest_ms=quantiles(paces, n=20)[-1] if len(paces) > 1 else None,
        unknown=_mean([one.unknown_share for one in chosen if one.unknown_share is not None]),
    )


def _bins(chosen: Sequence[Read]) -> tuple[Bin, ...]:
    sorted_in: dict[int, list[Read]] = defaultdict(list)
    for one in chosen:
        sorted_in[min(int(one.confidence * BINS), BINS - 1)].append(one)
    bins = []
    for number in range(BINS):
        inside = sorted_in[number]
        counts = Counter(one.verdict for one in inside)
        stated = _mean([one.confidence for one in inside if one.verdict != "open"]) or 0.0
        bins.append(Bin(number, counts["right"], counts["wrong"], counts["open"], stated))
    return tuple(bins)


def _calibration_error(bins: Iterable[Bin]) -> float | None:
    """Mean distance between stated and true share over all judged decisions."""
    judged = [one for one in bins if one.judged]
    total = sum(one.judged for one in judged)
    return sum(abs(one.stated - one.right / one.judged) * one.judged for one in judged) / total if total else None


def _mistakes(chosen: Iterable[Read]) -> tuple[tuple[str, str, int], ...]:
    pairs = Counter((one.topic, one.became or "") for one in chosen if one.verdict == "wrong")
    return tuple((said, became, count) for (said, became), count in pairs.most_common(MOST_MISTAKES))


def _topics(chosen: Sequence[Read], found: Sequence[Read], months: Sequence[date]) -> tuple[TopicRow, ...]:
    by_topic: dict[str, list[Read]] = defaultdict(list)
    for one in chosen:
        by_topic[one.topic].append(one)
    judged: Counter[tuple[str, date]] = Counter()
    wrong: Counter[tuple[str, date]] = Counter()
    for one in found:
        judged[one.topic, one.month] += one.verdict != "open"
        wrong[one.topic, one.month] += one.verdict == "wrong"
    rows = [
        TopicRow(
            topic,
            len(inside),
            sum(one.verdict != "open" for one in inside),
            sum(one.verdict == "wrong" for one in inside),
            sum(one.abstained for one in inside),
            tuple((month, wrong[topic, month], judged[topic, month]) for month in months),
        )
        for topic, inside in by_topic.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.decisions, row.topic)))


def _month(month: date, found: Sequence[Read], months: Sequence[date]) -> Month:
    inside = [one for one in found if one.month == month]
    counts = Counter(one.verdict for one in inside)
    judged = counts["right"] + counts["wrong"]
    paces = [one.milliseconds for one in inside if one.milliseconds is not None]
    earlier = _mix(one for one in found if months[0] <= one.month < month)
    return Month(
        month=month,
        right=counts["right"],
        wrong=counts["wrong"],
        open=counts["open"],
        corrected=counts["wrong"] / judged if judged else None,
        abstained=_share(inside, lambda one: one.abstained),
        unknown=_mean([one.unknown_share for one in inside if one.unknown_share is not None]),
        shift=distance(_mix(inside), earlier),
        pace=median(paces) if paces else None,
    )


def _shifts(now: dict[str, float], before: dict[str, float], corpus: dict[str, float]) -> tuple[Shift, ...]:
    if not now or not before:
        return ()
    found = [
        Shift(topic, now.get(topic, 0.0), before.get(topic, 0.0), corpus.get(topic, 0.0)) for topic in now | before
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.now - one.before), one.topic))[:MOST_SHIFTS])


def _mix(chosen: Iterable[Read]) -> dict[str, float]:
    return _shares(Counter(one.became or one.topic for one in chosen))


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    return {topic: count / total for topic, count in counts.items()} if total else {}


def _share(chosen: Sequence[Read], holds: Callable[[Read], bool]) -> float | None:
    return sum(map(holds, chosen)) / len(chosen) if chosen else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
