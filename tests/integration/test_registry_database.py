"""The one way to the database: readers never wait, writers queue up, moments stay aware and in UTC."""

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import select

from registry import numbering
from registry.database import Database
from registry.models import Fact, Switch
from tests.support.factories import AT

NOON = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=ZoneInfo("Europe/Bucharest"))


def switch(changed_at: datetime) -> Switch:
    return Switch(name="sending", on=True, changed_at=changed_at, changed_by="ana")


def test_moments_come_back_aware_in_utc_to_the_microsecond(database: Database) -> None:
    with database.write() as session:
        session.add(switch(NOON))
    with database.read() as session:
        kept = session.exec(select(Switch)).one().changed_at
    assert kept == NOON
    assert kept.utcoffset() == UTC.utcoffset(None)


def test_a_moment_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"), database.write() as session:
        session.add(switch(datetime(2026, 7, 1, 12)))


def test_a_row_that_points_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(Fact(letter_id=99, kind="cnp", value="x", start=0, end=1))


def test_readers_see_what_was_committed_while_a_writer_works(database: Database) -> None:
    count = text("SELECT count(*) FROM register_entries")
    with database.write() as session:
        numbering.register(session, direction="in", at=AT)
    with database.write() as writer:
        numbering.register(writer, direction="in", at=AT)
        with database.read() as reader:
            assert reader.connection().execute(count).scalar_one() == 1
    with database.read() as reader:
        assert reader.connection().execute(count).scalar_one() == 2


def test_romanian_letters_are_kept_as_they_are(database: Database) -> None:
    with database.write() as session:
        row = switch(NOON)
        row.changed_by = "Ștefania Țîrlea, „șefă”"
        session.add(row)
    with database.read() as session:
        assert session.exec(select(Switch)).one().changed_by == "Ștefania Țîrlea, „șefă”"


def test_sqlite_is_opened_so_that_nothing_committed_is_lost(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("settings of SQLite")
    with database.read() as session:
        values = {
            name: session.connection().execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_program_that_starts_while_another_one_writes_into_the_new_file_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waits: list[float] = []

    def finish_the_other(seconds: float) -> None:
        waits.append(seconds)
        other.execute("COMMIT")

    monkeypatch.setattr(time, "sleep", finish_the_other)
    database = Database(f"sqlite:///{path}")
    with database.read() as session:
        assert session.connection().execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    assert len(waits) == 1
    database.close()
    other.close()


def test_the_folder_of_a_new_sqlite_file_is_made(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("new") / "data" / "record"
    Database(f"sqlite:///{folder / 'cabinet.db'}").close()
    assert folder.is_dir()
