"""What a due date means today: a word and an urgency, never only a colour."""

from dataclasses import dataclass
from datetime import date, timedelta

from config.i18n import gettext as _
from config.i18n import ngettext

SOON_DAYS = 3


@dataclass(frozen=True, slots=True)
class Due:
    """`urgency` is "none", "far", "soon", "late" or "done"; `word` says it in words."""

    on: date | None
    urgency: str
    word: str


def due(target_on: date | None, legal_on: date | None, today: date, *, answered: bool = False) -> Due:
    """The due date of a case as seen on `today`. Alarms use the target; after the legal day it is late in law."""
    if target_on is None:
        return Due(None, "none", _("no term"))
    if answered:
        return Due(target_on, "done", _("answered"))
    days = (target_on - today).days
    if days < 0:
        if legal_on is not None and today <= legal_on:
            return Due(target_on, "late", _("overdue, lawful until {day}").format(day=f"{legal_on:%d.%m}"))
        late = (today - (legal_on or target_on)).days
        return Due(target_on, "late", ngettext("{count} day late", "{count} days late", late).format(count=late))
    if days == 0:
        return Due(target_on, "soon", _("today"))
    if days == 1:
        return Due(target_on, "soon", _("tomorrow"))
    word = ngettext("in {count} day", "in {count} days", days).format(count=days)
    return Due(target_on, "soon" if days <= SOON_DAYS else "far", word)


def soon_limit(today: date) -> date:
    """The last day that counts as soon."""
    return today + timedelta(days=SOON_DAYS)
