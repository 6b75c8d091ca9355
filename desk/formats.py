"""How dates, shares and sizes are written on the screen."""

from datetime import date, datetime

from config import clock
from config.i18n import gettext as _
from config.i18n import ngettext


def moment(value: datetime | None) -> str:
    """Day and minute on a clock in Romania; a dash for nothing."""
    return f"{clock.local(value):%d.%m.%Y %H:%M}" if value else "–"


def day(value: date | datetime | None) -> str:
    """The calendar day in Romania; a dash for nothing."""
    if isinstance(value, datetime):
        value = clock.local_date(value)
    return f"{value:%d.%m.%Y}" if value else "–"


def percent(share: float | None) -> str:
    """A share from 0 to 1 in whole percent."""
    return f"{round(share * 100)}\u00a0%" if share is not None else "–"


def exact_percent(share: float) -> str:
    """A share from 0 to 1 in percent with one decimal."""
    return f"{share * 100:.1f}\u00a0%".replace(".", ",")


def size(count: int) -> str:
    """A number of bytes for people."""
    if count < 1024:
        return _("{count} bytes").format(count=count)
    value, unit = (count / 1024, "KB") if count < 1024 * 1024 else (count / 1024 / 1024, "MB")
    number = f"{value:.1f}" if value < 10 else f"{value:.0f}"
    return f"{number.replace('.', ',')}\u00a0{unit}"


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago something was, in words."""
    if value is None:
        return _("never")
    seconds = ((now or clock.now()) - value).total_seconds()
    if seconds < 60:
        return _("just now")
    minutes = int(seconds // 60)
    if minutes < 60:
        return ngettext("{count} minute ago", "{count} minutes ago", minutes).format(count=minutes)
    hours = minutes // 60
    if hours < 48:
        return ngettext("{count} hour ago", "{count} hours ago", hours).format(count=hours)
    days = hours // 24
    return ngettext("{count} day ago", "{count} days ago", days).format(count=days)
