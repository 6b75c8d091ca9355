"""The audit trail: whatever is changed behind its back is found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from registry import audit
from registry.database import Database
from registry.models import AuditEvent
from tests.support.factories import AT

TAMPERINGS = {
    "at": "UPDATE audit_events SET at = '2026-11-23 08:00:00.000001' WHERE id = 3",
    "actor": "UPDATE audit_events SET actor = 'ioana' WHERE id = 3",
    "act": "UPDATE audit_events SET act = 'other' WHERE id = 3",
    "subject": "UPDATE audit_events SET subject = 'letters:99' WHERE id = 3",
    "detail": """UPDATE audit_events SET detail = '{"step": 9}' WHERE id = 3""",
    "previous hash": f"UPDATE audit_events SET previous_hash = '{'0' * 63}1' WHERE id = 3",
    "hash": f"UPDATE audit_events SET hash = '{'0' * 63}1' WHERE id = 3",
    "removed first row": "DELETE FROM audit_events WHERE id = 1",
    "removed row": "DELETE FROM audit_events WHERE id = 3",
}


def write_trail(session: Session, count: int = 5) -> None:
    for step in range(count):
        audit.record(
            session,
            at=AT + timedelta(seconds=step, microseconds=step),
            actor="ana",
            act="change",
            subject=f"letters:{step}",
            detail={"step": step, "ț": ["ă", None, 1.5, True], "a": {"z": 1, "b": "„”"}},
        )


def drop_guards(session: Session) -> None:
    """Take the guards off, as somebody with the database's own tools could."""
    where = " ON audit_events" if session.get_bind().dialect.name == "postgresql" else ""
    for name in ("trail_is_not_rewritten", "trail_is_not_shortened"):
        session.connection().execute(text(f"DROP TRIGGER {name}{where}"))


def broken(database: Database) -> list[int]:
    with database.read() as session:
        return list(audit.broken_links(session))


def test_an_empty_trail_is_whole(database: Database) -> None:
    assert broken(database) == []


def test_events_are_chained_from_the_first(database: Database) -> None:
    with database.write() as session:
        write_trail(session)
    with database.read() as session:
        events = session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all()
    assert events[0].previous_hash == audit.FIRST_HASH
    assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert events[2].detail == {"step": 2, "ț": ["ă", None, 1.5, True], "a": {"z": 1, "b": "„”"}}
    assert broken(database) == []


def test_the_seal_does_not_depend_on_the_zone_in_which_a_moment_is_told(database: Database) -> None:
    with database.write() as session:
        audit.record(
            session,
            at=datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Bucharest")),
            actor="ana",
            act="change",
            subject="letters:1",
        )
    assert broken(database) == []
    with database.read() as session:
        assert session.exec(select(AuditEvent)).one().at == datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_changed_or_removed_event_is_found(database: Database, what: str) -> None:
    with database.write() as session:
        write_trail(session)
    with database.write() as session:
        drop_guards(session)
        assert session.connection().execute(text(TAMPERINGS[what])).rowcount == 1
    found = broken(database)
    first_after = {"removed first row": 2, "removed row": 4}.get(what, 3)
    assert found
    assert found[0] == first_after


def test_an_event_slipped_in_between_is_found(database: Database) -> None:
    with database.write() as session:
        write_trail(session)
    with database.write() as session:
        last = session.exec(select(AuditEvent).order_by(col(AuditEvent.id).desc())).first()
        assert last is not None
        forged = AuditEvent(
            id=100, at=AT, actor="ana", act="approve", subject="replies:1", previous_hash="f" * 64, hash=""
        )
        forged.hash = audit.seal(forged)
        session.add(forged)
    assert broken(database) == [100]


def test_a_chain_cannot_fork(database: Database) -> None:
    with database.write() as session:
        write_trail(session, 2)
    forged = AuditEvent(
        at=AT, actor="ana", act="approve", subject="replies:1", previous_hash=audit.FIRST_HASH, hash="e" * 64
    )
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(forged)


def test_writers_in_parallel_make_one_chain(database: Database) -> None:
    def act(number: int) -> None:
        with database.write() as session:
            write_trail(session, 1 + number % 3)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(30)))
    assert broken(database) == []
    with database.read() as session:
        assert len(session.exec(select(AuditEvent)).all()) == 60


def test_an_undone_act_leaves_no_event(database: Database) -> None:
    with database.write() as session:
        write_trail(session)
        session.rollback()
    with database.write() as session:
        write_trail(session, 1)
    assert broken(database) == []
    with database.read() as session:
        assert session.exec(select(AuditEvent)).one().previous_hash == audit.FIRST_HASH
