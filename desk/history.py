"""What happened to a letter, its case and its replies, in words, from the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from config.i18n import gettext as _
from desk import words
from registry.models import AuditEvent, Letter, Outbox, Reply, User

# The stages of the machine within one letter say nothing to a person.
_SILENT = frozenset({"taken-apart", "read", "understood", "pages-changed"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history."""

    at: datetime
    who: str
    what: str


def history(session: Session, letter: Letter, replies: Sequence[Reply]) -> list[Line]:
    """All acts on a letter, its case, its replies and their dispatches, oldest first."""
    subjects = [f"letters:{letter.id}", *(f"replies:{reply.id}" for reply in replies)]
    if letter.case_id:
        subjects.append(f"cases:{letter.case_id}")
    outbox = session.exec(select(Outbox.id).where(col(Outbox.reply_id).in_([reply.id for reply in replies]))).all()
    subjects += [f"outbox:{row}" for row in outbox]
    events = session.exec(select(AuditEvent).where(col(AuditEvent.subject).in_(subjects)).order_by(col(AuditEvent.id)))
    people = names(session)
    return [_line(event, people) for event in events if not _is_silent(event)]


def names(session: Session) -> dict[str, str]:
    """Full names of all users by user name."""
    return dict(session.exec(select(User.username, User.full_name)).all())


def _line(event: AuditEvent, people: dict[str, str]) -> Line:
    return Line(event.at, words.actor(event.actor, people), _what(event))


def _is_silent(event: AuditEvent) -> bool:
    return event.act == "status" and event.subject.startswith("letters:") and event.detail.get("new") in _SILENT


def _what(event: AuditEvent) -> str:
    if event.act == "status":
        thing = {
            "letters": _("letter"),
            "cases": _("case"),
            "replies": _("reply"),
            "outbox": _("dispatch"),
        }.get(event.subject.partition(":")[0], event.subject)
        return _("{thing}: {state}").format(thing=thing, state=words.state(event.detail["new"]))
    if event.act == "register":
        return _("registered under number {number}/{year}").format(
            number=event.detail["number"], year=event.detail["year"]
        )
    if event.act == "reclassify":
        before, after = event.detail["before"], event.detail["after"]
        if before["due"] != after["due"]:
            return _("counted the dates anew: {old} → {new}").format(old=_day(before["due"]), new=_day(after["due"]))
    return words.act(event.act, event.detail)


def _day(iso: str | None) -> str:
    return ".".join(reversed(iso.split("-"))) if iso else "–"
