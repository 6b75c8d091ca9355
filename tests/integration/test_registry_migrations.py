"""Migrations: the tables they make are the tables of the models, on both databases, however often they run."""

import sqlite3
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, select

from config.i18n import HOUSE, speaking
from registry.database import Database
from registry.errors import DatabaseOutdated
from registry.migrations import _config, bring_up_to_date
from registry.migrations.guards import GUARDS
from registry.models import LedgerEntry, MailboxState

# A program that migrates once it is told to go.
MIGRATING = """
import sys
from registry.database import Database
from registry.migrations import bring_up_to_date
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
bring_up_to_date(database)
"""


def guards_in(database: Database) -> list[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        if database.is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    )
    with database.read() as session:
        return list(session.connection().execute(text(query)).scalars())


def test_the_migrated_tables_are_those_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_all_guards_stand(database: Database) -> None:
    assert guards_in(database) == sorted(guard.name for guard in GUARDS)


def test_an_empty_database_is_filled_and_a_second_run_changes_nothing(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    bring_up_to_date(database)
    with database.write() as session:
        session.connection().execute(text("INSERT INTO register_counters VALUES ('general', 2026, 7)"))
    tables, guards = inspect(database.engine).get_table_names(), guards_in(database)
    bring_up_to_date(database)
    assert inspect(database.engine).get_table_names() == tables
    assert guards_in(database) == guards
    with database.read() as session:
        assert session.connection().execute(text("SELECT last_number FROM register_counters")).scalar_one() == 7
    database.close()


def test_a_record_of_the_first_schema_keeps_its_rows_and_gets_all_guards(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    command.upgrade(_config(database), "0001")
    with database.write() as session:
        for statement in (
            "INSERT INTO ledger (source, place, key, outcome, attempts, first_seen_at, last_seen_at, problem) "
            "VALUES ('mailbox', 'primaria/INBOX/1', '7', 'too-big', 1, :at, :at, '')",
            "INSERT INTO mailbox_states (account, folder, uidvalidity, on_server, consecutive_failures, problem) "
            "VALUES ('primaria', 'INBOX', 1, 7, 0, '')",
        ):
            session.connection().execute(text(statement), {"at": "2026-11-24 08:00:00"} if ":at" in statement else {})
    bring_up_to_date(database)
    with database.read() as session:
        entry = session.exec(select(LedgerEntry)).one()
        state = session.exec(select(MailboxState)).one()
    assert (entry.key, entry.released, entry.subject, entry.size) == ("7", False, "", None)
    assert (state.on_server, state.not_accounted, state.swept_at) == (7, 0, None)
    assert guards_in(database) == sorted(guard.name for guard in GUARDS)
    database.close()


def test_programs_that_start_together_migrate_once(empty_database_url: str) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATING, empty_database_url],
            cwd=HOUSE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    problems = [program.communicate(timeout=60)[1] for program in programs]
    assert [program.returncode for program in programs] == [0, 0], problems
    database = Database(empty_database_url)
    assert "letters" in inspect(database.engine).get_table_names()
    database.close()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database: Database) -> None:
    with database.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with speaking("en"), pytest.raises(DatabaseOutdated, match=r"made by a newer Cabinet\. Install that version"):
        bring_up_to_date(database)
    with database.read() as session:
        assert session.connection().execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_the_sqlite_of_this_machine_knows_what_the_record_needs() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)  # RETURNING
