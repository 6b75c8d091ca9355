"""Switches of the office. All are off until somebody turns them on."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, select

from registry import audit
from registry.models import Switch, User


class SwitchName(StrEnum):
    """What can be switched."""

    SENDING = "sending"
    ACKNOWLEDGEMENTS = "acknowledgements"


def is_on(session: Session, name: SwitchName) -> bool:
    """Whether the office turned this on. Sending is off (dry-run) by default."""
    switch = session.get(Switch, name)
    return switch is not None and switch.on


def person_behind(session: Session, name: SwitchName) -> User | None:
    """The user who turned this on, as long as it is on and the account is active; None otherwise."""
    switch = session.get(Switch, name)
    if switch is None or not switch.on:
        return None
    return session.exec(select(User).where(User.username == switch.changed_by, User.active)).first()


def turn(session: Session, name: SwitchName, on: bool, *, at: datetime, actor: str) -> None:
    """Turn a switch on or off and write it into the trail."""
    switch = session.get(Switch, name)
    if switch is None:
        session.add(Switch(name=name, on=on, changed_at=at, changed_by=actor))
    else:
        switch.on, switch.changed_at, switch.changed_by = on, at, actor
    audit.record(session, at=at, actor=actor, act="turn-on" if on else "turn-off", subject=f"switches:{name}")
