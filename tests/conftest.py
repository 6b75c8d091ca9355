"""Fixtures for the whole pyramid: servers are started once, and only for the tests that ask for them."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from registry.database import Database
from registry.migrations import bring_up_to_date
from registry.store import FileStore
from tests.support import dovecot as dovecot_support
from tests.support import postgres as postgres_support
from tests.support.dovecot import DovecotServer
from tests.support.postgres import PostgresServer

_users = count(1)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[DovecotServer]:
    """A running Dovecot for the session; skips (visibly) where none is installed."""
    if dovecot_support.BINARY is None:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
    server = DovecotServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def mailbox_user() -> str:
    """A user name nobody else has: the server knows any, so each test gets an empty mailbox of its own."""
    return f"birou{next(_users)}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL for the session; skips (visibly) where none is installed."""
    if postgres_support.find_binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database without any table; the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cabinet.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite record to copy."""
    path = tmp_path_factory.mktemp("record") / "cabinet.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres: PostgresServer) -> str:
    """The name of a migrated, empty PostgreSQL record to copy."""
    url = postgres.new_database()
    _migrate(url)
    return url.rpartition("/")[2]


def _migrate(url: str) -> None:
    record = Database(url)
    bring_up_to_date(record)
    record.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The record, migrated and empty, on SQLite and on PostgreSQL: the test runs once on each."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "cabinet.db")
        record = Database(f"sqlite:///{tmp_path / 'cabinet.db'}")
    else:
        template: str = request.getfixturevalue("migrated_template")
        server: PostgresServer = request.getfixturevalue("postgres")
        record = Database(server.new_database(template))
    yield record
    record.close()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """An empty file store."""
    return FileStore(tmp_path / "store")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address for a house of real processes: "" (its own SQLite file), then an empty PostgreSQL database."""
    if request.param == "sqlite":
        return ""
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()
