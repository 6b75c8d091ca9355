"""Switches of the office: off until somebody turns them on, and it is on record who."""

from datetime import timedelta

from sqlmodel import select

from registry.database import Database
from registry.models import AuditEvent, Switch
from registry.switches import SwitchName, is_on, turn
from tests.support.factories import AT


def test_sending_is_off_until_somebody_turns_it_on(database: Database) -> None:
    with database.read() as session:
        assert not is_on(session, SwitchName.SENDING)


def test_a_switch_is_turned_on_and_off_with_its_trail(database: Database) -> None:
    with database.write() as session:
        turn(session, SwitchName.SENDING, True, at=AT, actor="ana")
        assert is_on(session, SwitchName.SENDING)
    with database.write() as session:
        turn(session, SwitchName.SENDING, False, at=AT + timedelta(hours=1), actor="ion")
        assert not is_on(session, SwitchName.SENDING)
    with database.read() as session:
        switch = session.exec(select(Switch)).one()
        assert (switch.changed_by, switch.changed_at) == ("ion", AT + timedelta(hours=1))
        events = session.exec(select(AuditEvent)).all()
        assert [(event.actor, event.act, event.subject) for event in events] == [
            ("ana", "turn-on", "switches:sending"),
            ("ion", "turn-off", "switches:sending"),
        ]
