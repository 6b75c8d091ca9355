"""The charts of the classifier's figures; every mark leads to the decisions that it stands for."""

from collections.abc import Callable
from dataclasses import dataclass

from config.i18n import gettext as _
from config.i18n import ngettext
from desk import words
from desk.charts import Chart, Datum, columns, reliability, shares
from desk.figures import BINS, Bin, Figures, Month
from desk.formats import percent
from desk.log_filter import LogFilter
from desk.verdicts import VERDICTS

SMALL = 300.0
SHARE_ROOMS = (0.1, 0.25, 0.5, 1.0)
"""Upper ends of a chart of shares: the smallest that holds them all is taken."""


@dataclass(frozen=True, slots=True)
class Charts:
    """All charts of the screen; `small` are those by month, each with its name."""

    confidence: Chart
    reliability: Chart
    volumes: Chart
    small: tuple[tuple[str, str, Chart], ...]


def charts(figures: Figures, log: LogFilter, monthly: LogFilter) -> Charts:
    """Draw the figures. `log` and `monthly` are the selections of the log behind them, by period and by month."""

    def of_month(name: str, hint: str, value: Callable[[Month], float | None]) -> tuple[str, str, Chart]:
        known = [one for one in map(value, figures.months) if one is not None]
        most = next(room for room in SHARE_ROOMS if room >= max(known, default=0.0) or room == SHARE_ROOMS[-1])
        data = [_share_of_month(one, value(one), monthly) for one in figures.months]
        return name, hint, shares(data, width=SMALL, most=most)

    return Charts(
        confidence=columns([_bin(one, log) for one in figures.bins]),
        reliability=reliability([_point(one, log) for one in figures.bins if one.judged]),
        volumes=columns([_volume(one, monthly) for one in figures.months], width=SMALL, height=130),
        small=(
            of_month(_("Corrected"), _("share of the judged letters"), lambda one: one.corrected),
            of_month(_("Left to a person"), _("share of all letters"), lambda one: one.abstained),
            of_month(_("Unknown words"), _("share of words the model never saw"), lambda one: one.unknown),
            of_month(_("Shift of topics"), _("against the months before"), lambda one: one.shift),
        ),
    )


def _bin(one: Bin, log: LogFilter) -> Datum:
    label = f"{one.number * 100 // BINS}"
    counts = ((verdict, getattr(one, verdict)) for verdict in VERDICTS)
    said = [f"{words.verdict(verdict)}: {count}" for verdict, count in counts if count]
    title = f"{label}–{(one.number + 1) * 100 // BINS} %: {', '.join(said) or 0}"
    return Datum(
        label,
        title,
        log.address(band=str(one.number)),
        (("right", one.right), ("wrong", one.wrong), ("open", one.open)),
    )


def _point(one: Bin, log: LogFilter) -> tuple[float, float, int, str, str]:
    true = one.right / one.judged
    title = ngettext(
        "stated {stated}, right {true} of {count} judged letter",
        "stated {stated}, right {true} of {count} judged letters",
        one.judged,
    ).format(stated=percent(one.stated), true=percent(true), count=one.judged)
    return one.stated, true, one.judged, title, log.address(band=str(one.number))


def _volume(one: Month, log: LogFilter) -> Datum:
    title = f"{one.month:%m.%Y}: {one.decisions}"
    parts = (("right", one.right), ("wrong", one.wrong), ("open", one.open))
    return Datum(f"{one.month:%m.%y}", title, log.address(month=one.month.isoformat()), parts)


def _share_of_month(one: Month, value: float | None, log: LogFilter) -> Datum:
    title = f"{one.month:%m.%Y}: {percent(value)}"
    parts = (("point", value),) if value is not None else ()
    return Datum(f"{one.month:%m.%y}", title, log.address(month=one.month.isoformat()), parts)
