"""No letter lost, none twice: mail is received while everything around it breaks, as drawn from a seed.

A failure prints the seed, and the same seed draws the same plan again.
"""

import copy
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from daemon import checks
from ingest.connection import MailboxAccount
from registry.database import Database
from registry.store import FileStore
from tests.support import dovecot as dovecot_support
from tests.support.fault_line import FaultLine
from tests.support.fault_run import READ_TIMEOUT, FaultRun, Outcome
from tests.support.fault_server import FaultyDovecot
from tests.support.house import TestHouse, make_test_house
from tests.support.postgres import PostgresServer
from tests.support.receiver import Job, Nursery
from tests.support.waiting import wait_until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("database", ["postgres"], indirect=True)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(with_daemon=True) as nursery:
        yield nursery


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyDovecot]:
    """A server of our own, because it is killed again and again."""
    if dovecot_support.BINARY is None:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
    server = FaultyDovecot()
    try:
        server.start()
        yield server
    finally:
        server.thaw()
        server.remove()


@pytest.fixture
def lines(server: FaultyDovecot) -> Iterator[tuple[FaultLine, FaultLine]]:
    with FaultLine(server.imaps_port) as over_tls, FaultLine(server.imap_port) as plain:
        yield over_tls, plain


@dataclass(frozen=True, slots=True)
class Forked:
    """Receivers and nothing else, every third one with a connection for each poll, the others as the daemon does it;
    two of them may be at work on one mailbox."""

    nursery: Nursery
    database: Database
    store: FileStore
    log: Path
    at_most: int = 2
    serial: Iterator[int] = field(default_factory=count)

    def start(self, account: MailboxAccount) -> int:
        keeps_line = next(self.serial) % 3 != 0
        return self.nursery.start(Job(self.database.url, self.store.folder, account, self.log, keeps_line=keeps_line))

    def end(self, pid: int, how: signal.Signals) -> None:
        self.nursery.end(pid, how)


@dataclass(frozen=True, slots=True)
class Workers:
    """The real worker, with all it does besides; on SQLite there may be one."""

    house: TestHouse
    at_most: int = 1

    def start(self, _: MailboxAccount) -> int:
        started = self._started()
        process = self.house.start_worker()
        wait_until(lambda: self._started() > started, what="the worker starting")
        return process.pid

    def end(self, pid: int, how: signal.Signals) -> None:
        (process,) = [process for process in self.house.processes if process.pid == pid]
        process.send_signal(how)
        process.wait(timeout=60)

    def _started(self) -> int:
        return self.house.logs().count("worker_started")


Run = Callable[..., Outcome]


@pytest.fixture
def run(
    tmp_path: Path,
    nursery: Nursery,
    server: FaultyDovecot,
    lines: tuple[FaultLine, FaultLine],
    database: Database,
    store: FileStore,
    mailbox_user: str,
) -> Run:
    """Carry out the plan of a seed, with so many faults, on a mailbox of its own."""
    log = tmp_path / "receivers.log"

    def carry_out(seed: int, faults: int, postgres: PostgresServer | None = None) -> Outcome:
        forked = Forked(nursery, database, store, log)
        return kept(
            FaultRun(
                forked,
                server,
                lines,
                database,
                store,
                mailbox_user,
                seed=seed,
                log=log,
                postgres=postgres,
                catch_up_every=3,
            ),
            faults,
        )

    return carry_out


def kept(run: FaultRun, faults: int) -> Outcome:
    """What became of it all, if the promise was kept."""
    outcome = run.carry_out(faults)
    log = run.log.read_text(errors="replace")[-5000:]
    assert outcome.promise_kept, f"{outcome.line()}\n{outcome}\n{log}"
    assert sum(outcome.faults.values()) == faults
    assert outcome.in_the_storm > outcome.letters / 2, f"most mail came in the calm after it: {outcome.line()}"
    return outcome


@on_sqlite
@pytest.mark.parametrize("seed", [106, 214])
def test_nothing_is_lost_or_doubled_while_everything_breaks(run: Run, seed: int) -> None:
    outcome = run(seed, 17)
    print(outcome.line())
    assert outcome.other_errors == {}


@on_postgres
def test_nothing_is_lost_or_doubled_while_everything_breaks_on_postgresql(run: Run) -> None:
    print(run(206, 17).line())


@on_sqlite
@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_five_hundred_faults(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(500, 500)
    with capsys.disabled():
        print(f"\nSQLite: {outcome.line()}")


@on_postgres
@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_five_hundred_faults_on_postgresql(
    run: Run, database: Database, postgres: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    _commit_durably(database)
    outcome = run(501, 500, postgres)
    with capsys.disabled():
        print(f"\nPostgreSQL: {outcome.line()}")


def _commit_durably(database: Database) -> None:
    """The tests' PostgreSQL may forget the last commits when it is killed, which no real one is set to do."""
    name = database.engine.url.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = on"))
    database.engine.dispose()


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_real_worker_keeps_the_promise_while_everything_breaks(
    tmp_path: Path,
    server: FaultyDovecot,
    lines: tuple[FaultLine, FaultLine],
    mailbox_user: str,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    over_the_line = copy.copy(server)
    over_the_line.imaps_port = lines[0].port
    house = make_test_house(tmp_path, dovecot=over_the_line, mailbox_user=mailbox_user, database_url=database_url)
    with house.config.open("a") as config:
        config.write(f"connect_timeout_seconds = {READ_TIMEOUT}\nread_timeout_seconds = {READ_TIMEOUT}\n")
    database, store = house.house.database, house.house.store
    try:
        run = FaultRun(
            Workers(house),
            server,
            lines,
            database,
            store,
            mailbox_user,
            seed=40,
            log=tmp_path / "process-0.log",
            catch_up_every=4,
        )
        outcome = kept(run, 40)
        assert checks.verify(house.house) == []
        with capsys.disabled():
            print(f"\nreal worker, {database.engine.dialect.name}: {outcome.line()}")
    finally:
        house.stop()
