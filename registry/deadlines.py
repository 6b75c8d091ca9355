"""Due dates that explain themselves. Pure functions; the rules are those of domain reference section 5.

Three dates per case: `strict` (registration + N), `target` (strict, moved back to a worked day: what alarms use)
and `legal` (neither the first nor the last day counts, Civil Code art. 2.553; a non-working last day moves on,
art. 2.554: after it the answer is late whatever view one takes).
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from config.i18n import gettext as _
from config.i18n import ngettext
from config.town import LegalTerm
from registry.working_days import WorkingCalendar

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueDates:
    """The three dates of a case and the lines that explain them (see `explain`)."""

    strict: date
    target: date
    legal: date
    explanation: list[dict[str, Any]]


def due_dates(term: LegalTerm, start: date, days: WorkingCalendar, *, extended: bool = False) -> DueDates:
    """Dates of a case whose term starts on `start` (day of registration or of receipt, as the term says).

    An extension makes one longer term from the start, not a second one after the first (domain rule 5.7).
    """
    extension = term.extension if extended else None
    length = term.length + (extension.length if extension else 0)
    match term.unit:
        case "days":
            strict = start + timedelta(days=length)
            legal = days.forward(strict + ONE_DAY)
        case "working-days":
            strict = days.add_working_days(start, length)
            legal = strict
        case "months":
            strict = _add_months(start, length)
            legal = days.forward(strict)
    target = days.back(strict)
    lines: list[dict[str, Any]] = [
        {
            "rule": "term",
            "name": term.name,
            "length": term.length,
            "unit": term.unit,
            "basis": term.legal_basis,
        },
        {"rule": f"start-{term.start}", "day": start.isoformat()},
    ]
    if extension:
        lines.append(
            {
                "rule": "extension",
                "length": extension.length,
                "unit": term.unit,
                "basis": extension.legal_basis,
            }
        )
    lines.append({"rule": "strict", "day": strict.isoformat()})
    if target != strict:
        lines.append({"rule": "target", "day": target.isoformat(), "reason": _why_closed(strict, days)})
    lines.append({"rule": f"legal-{term.unit}", "day": legal.isoformat()})
    lines.extend({"rule": "holiday", "day": day.isoformat(), "name": name} for day, name in days.crossed(start, legal))
    return DueDates(strict=strict, target=target, legal=legal, explanation=lines)


def explain(line: dict[str, Any]) -> str:
    """One line of an explanation as a sentence in the reader's language."""
    day = f"{date.fromisoformat(line['day']):%d.%m.%Y}" if "day" in line else ""
    match line["rule"]:
        case "term":
            return _("Term: {name}, {span}. Legal basis: {basis}.").format(
                name=line["name"], span=_span(line["length"], line["unit"]), basis=line["basis"]
            )
        case "start-registration":
            return _("It runs from the registration on {day}.").format(day=day)
        case "start-receipt":
            return _("It runs from the receipt on {day}.").format(day=day)
        case "extension":
            return _("Extended by {span}, counted from the start. Legal basis: {basis}.").format(
                span=_span(line["length"], line["unit"]), basis=line["basis"]
            )
        case "strict":
            return _("Counted strictly it ends on {day}.").format(day=day)
        case "target":
            return _("We aim at {day}, the working day before, because of: {reason}.").format(
                day=day, reason=_reason(line["reason"])
            )
        case "legal-days":
            return _(
                "The last lawful day is {day}: neither the first nor the last day counts (Civil Code art. 2.553) and a "
                "last day that is not worked moves to the next working day (art. 2.554)."
            ).format(day=day)
        case "legal-working-days":
            return _("The last lawful day is {day}: only working days count, from the day after the start.").format(
                day=day
            )
        case "legal-months":
            return _(
                "The last lawful day is {day}: months end on the same day number, and a last day that is not worked "
                "moves to the next working day."
            ).format(day=day)
        case "holiday":
            return _("Public holiday in between: {day}, {name}.").format(day=day, name=line["name"])
        case "no-term":
            return _("The law sets no term for this kind of letter; the date is set by a person.")
    raise ValueError(line["rule"])


def _span(count: int, unit: str) -> str:
    match unit:
        case "days":
            words = ngettext("{count} day", "{count} days", count)
        case "working-days":
            words = ngettext("{count} working day", "{count} working days", count)
        case _:
            words = ngettext("{count} month", "{count} months", count)
    return words.format(count=count)


def _why_closed(day: date, days: WorkingCalendar) -> str:
    """Name of the public holiday, "weekend", or "day-off" for a day off that only this town hall has."""
    return days.holiday_name(day) or ("weekend" if day.weekday() >= 5 else "day-off")


def _reason(reason: str) -> str:
    return {"weekend": _("weekend"), "day-off": _("day off of the office")}.get(reason, reason)


def _add_months(day: date, count: int) -> date:
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
