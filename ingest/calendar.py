"""Invitations in mail (text/calendar, RFC 5545): what they say, in words. Never executed and never answered."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from config.clock import local
from config.i18n import gettext as _
from ingest.charset import decode
from ingest.headers import one_line, scrubbed
from ingest.timebox import Budget, TimeUp

if TYPE_CHECKING:
    from icalendar import Component

_BYTES: Final = 1 << 18
_ENTRIES: Final = 10
_SECONDS: Final = 3
_LINE: Final = 500
_DESCRIPTION: Final = 2_000


@dataclass(frozen=True, slots=True)
class Appointment:
    """One entry of a calendar.

    `start` and `end` are ISO 8601: a day, a moment with its offset, or (no offset) a clock time without a zone; "" if
    not said. `zone` is the name of the sender's time zone. `wants_answer` is the sender's wish.
    """

    summary: str = ""
    start: str = ""
    end: str = ""
    zone: str = ""
    place: str = ""
    organiser: str = ""
    description: str = ""
    wants_answer: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar file: its method ("request", "cancel", "reply", …) and its first entries; `more` were left out."""

    method: str
    entries: tuple[Appointment, ...]
    more: int = 0

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        entries = [{name: getattr(one, name) for name in one.__slots__} for one in self.entries]
        return {"method": self.method, "entries": entries, "more": self.more}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Invitation":
        """The inverse of `to_json`."""
        return cls(value["method"], tuple(Appointment(**one) for one in value["entries"]), value["more"])


def is_calendar(head: bytes) -> bool:
    """Whether a file begins as a calendar does."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR"


def read_calendar(raw: bytes, charset: str, budget: Budget) -> Invitation | None:
    """What a calendar file says; None if it is damaged, too slow or holds no appointment. Never raises."""
    from icalendar import Calendar

    try:
        with budget.at_most(_SECONDS):
            found = Calendar.from_ical(decode(raw[:_BYTES], charset or None).text, multiple=True)
            events = [event for calendar in found for event in calendar.walk("VEVENT")]
            method = one_line(str(found[0].get("method", ""))).lower()[:20] if found else ""
            entries = tuple(one for event in events[:_ENTRIES] if (one := _appointment(event)) != Appointment())
    except (TimeUp, Exception):  # noqa: BLE001  (the library documents ValueError; hostile files give others too)
        return None
    return Invitation(method, entries, max(0, len(events) - _ENTRIES)) if entries else None


def invitation_text(invitation: Invitation) -> str:
    """The invitation in words for the person served: what, when (on a Romanian clock), where, by whom."""
    blocks = [_title(invitation.method)]
    blocks += ["\n".join(filter(None, _lines(one))) for one in invitation.entries]
    if invitation.more:
        blocks.append(_("… and {count} more appointments in the file.").format(count=invitation.more))
    return "\n\n".join(blocks)


def _title(method: str) -> str:
    return {
        "request": _("Invitation"),
        "cancel": _("Cancelled appointment"),
        "reply": _("Answer to an invitation"),
        "counter": _("Proposal of another time"),
    }.get(method) or _("Appointment")


def _lines(one: Appointment) -> list[str]:
    return [
        _("What: {summary}").format(summary=one.summary) if one.summary else "",
        _("When: {when}").format(when=_span(one)) if one.start else "",
        _("It repeats.") if one.repeats else "",
        _("Where: {place}").format(place=one.place) if one.place else "",
        _("Organiser: {organiser}").format(organiser=one.organiser) if one.organiser else "",
        _("The sender wants an answer.") if one.wants_answer else "",
        f"\n{one.description}" if one.description else "",
    ]


def _span(one: Appointment) -> str:
    """When it is, on a Romanian clock; the sender's own clock beside it where that shows another hour."""
    if "T" not in one.start:
        first, last = date.fromisoformat(one.start), date.fromisoformat(one.end or one.start)
        return f"{first:%d.%m.%Y}" if last <= first else f"{first:%d.%m.%Y} – {last:%d.%m.%Y}"
    start = datetime.fromisoformat(one.start)
    end = datetime.fromisoformat(one.end) if "T" in one.end else None
    if start.tzinfo is None:
        return _("{times} (no time zone given)").format(times=_times(start, end))
    here = _("{times}, Romanian time").format(times=_times(local(start), local(end) if end else None))
    if start.utcoffset() == local(start).utcoffset():
        return here
    there = f"{start:%d.%m.%Y, %H:%M} {one.zone or start.tzname() or ''}"
    return _("{here} (in the invitation: {there})").format(here=here, there=there)


def _times(start: datetime, end: datetime | None) -> str:
    begin = f"{start:%d.%m.%Y, %H:%M}"
    if end is None or end <= start:
        return begin
    return f"{begin} – {end:%H:%M}" if end.date() == start.date() else f"{begin} – {end:%d.%m.%Y, %H:%M}"


def _appointment(event: "Component") -> Appointment:
    start, end = _moment(event.get("dtstart")), _moment(event.get("dtend"))
    if end is None and isinstance(start, datetime):
        end = _after(start, event.get("duration"))
    if end is not None and not isinstance(end, datetime):
        end -= timedelta(days=1)  # the day after the last one (RFC 5545 3.6.1)
    if isinstance(start, datetime) != isinstance(end, datetime) or _zoned(start) != _zoned(end):
        end = None
    attendees = event.get("attendee", [])
    return Appointment(
        summary=_text(event.get("summary"), _LINE),
        start=start.isoformat() if start else "",
        end=end.isoformat() if end else "",
        zone=_zone(event.get("dtstart")),
        place=_text(event.get("location"), _LINE),
        organiser=_person(event.get("organizer")),
        description=_text(event.get("description"), _DESCRIPTION, lines=True),
        wants_answer=any(
            str(getattr(one, "params", {}).get("RSVP", "")).upper() == "TRUE"
            for one in (attendees if isinstance(attendees, list) else [attendees])
        ),
        repeats="rrule" in event or "rdate" in event,
    )


def _moment(value: Any) -> date | datetime | None:
    moment = _value(value)
    return moment if isinstance(moment, date) and 1900 <= moment.year <= 2200 else None


def _after(start: datetime, duration: Any) -> datetime | None:
    length = _value(duration)
    try:
        return start + length if isinstance(length, timedelta) else None
    except OverflowError:
        return None


def _value(value: Any) -> Any:
    """The date or length that the library read; None where it read none."""
    try:
        return getattr(value, "dt", None)
    except Exception:  # noqa: BLE001  (the library raises an error of its own for broken values)
        return None


def _zoned(moment: date | None) -> bool:
    return isinstance(moment, datetime) and moment.utcoffset() is not None


def _zone(value: Any) -> str:
    name = str(getattr(value, "params", {}).get("TZID", ""))
    return _text(name, 60) if name.upper() != "UTC" else "UTC"


def _person(value: Any) -> str:
    if value is None:
        return ""
    address = str(value)
    address = address[7:] if address.lower().startswith("mailto:") else ""
    name = str(getattr(value, "params", {}).get("CN", ""))
    return _text(f"{name} <{address}>" if name and address else name or address, _LINE)


def _text(value: Any, limit: int, *, lines: bool = False) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    text = scrubbed(str(value)) if value is not None else ""
    shown = [one_line(line) for line in text.splitlines()] if lines else [one_line(text)]
    return "\n".join(shown).strip()[:limit]
