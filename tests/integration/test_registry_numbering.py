"""Registration numbers: consecutive whatever runs in parallel, fails, dies, or crosses midnight."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from config.i18n import HOUSE
from registry import audit, numbering
from registry.database import Database
from registry.models import RegisterEntry
from tests.support.factories import AT

# A process that registers letters one by one, each in its own transaction, once it is told to go.
REGISTERING = """
import sys
from datetime import UTC, datetime
from registry import numbering
from registry.database import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with database.write() as session:
        numbering.register(session, direction="in", at=datetime(2026, 11, 23, 8, tzinfo=UTC))
"""
# A process that takes a number and is still in its transaction when it is killed.
DYING = """
import sys
from datetime import UTC, datetime
from registry import numbering
from registry.database import Database
with Database(sys.argv[1]).write() as session:
    print(numbering.register(session, direction="in", at=datetime(2026, 11, 23, 8, tzinfo=UTC)).number, flush=True)
    sys.stdin.readline()
"""


def register(database: Database, at: datetime = AT, **fields: Any) -> tuple[int, int]:
    with database.write() as session:
        entry = numbering.register(session, direction="in", at=at, **fields)
        return entry.year, entry.number


def numbers(database: Database, year: int = 2026) -> list[int]:
    with database.read() as session:
        found = select(RegisterEntry.number).where(RegisterEntry.year == year).order_by(col(RegisterEntry.number))
        return list(session.exec(found))


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=HOUSE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_hundred_parallel_registrations_by_threads_get_one_to_a_hundred(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: register(database), range(100)))
    assert sorted(given) == [(2026, number) for number in range(1, 101)]
    assert numbers(database) == list(range(1, 101))


def test_a_hundred_parallel_registrations_by_processes_get_one_to_a_hundred(database: Database) -> None:
    processes = [start(REGISTERING, database.engine.url.render_as_string(hide_password=False), "50") for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert numbers(database) == list(range(1, 101))


def test_a_failed_transaction_leaves_no_gap(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            assert numbering.register(session, direction="in", at=AT).number == 2
            raise ZeroDivisionError

    register(database)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert register(database) == (2026, 2)


def test_a_killed_process_leaves_no_gap(database: Database) -> None:
    register(database)
    process = start(DYING, database.engine.url.render_as_string(hide_password=False))
    assert process.stdout is not None
    assert process.stdout.readline() == "2\n"
    process.kill()
    process.communicate()
    assert register(database) == (2026, 2)
    assert numbers(database) == [1, 2]


def test_failures_among_parallel_registrations_leave_no_gap(database: Database) -> None:
    def attempt(number: int) -> None:
        with database.write() as session:
            numbering.register(session, direction="in", at=AT)
            if number % 3 == 0:
                raise ZeroDivisionError

    with ThreadPoolExecutor(8) as pool:
        failures = [pool.submit(attempt, number) for number in range(60)]
    assert sum(failure.exception() is not None for failure in failures) == 20
    assert numbers(database) == list(range(1, 41))


def test_the_year_changes_at_midnight_in_bucharest(database: Database) -> None:
    last_second, first_second = (
        datetime(2026, 12, 31, 21, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 22, 0, 1, tzinfo=UTC),
    )
    assert register(database, last_second) == (2026, 1)
    assert register(database, first_second) == (2027, 1)
    assert register(database, last_second) == (2026, 2)
    assert register(database, first_second) == (2027, 2)


def test_a_number_is_written_with_its_romanian_day(database: Database) -> None:
    with database.write() as session:
        entry = numbering.register(session, direction="in", at=datetime(2026, 12, 31, 22, 0, 1, tzinfo=UTC))
        assert entry.label == "1/01.01.2027"


def test_incoming_and_outgoing_letters_share_one_series_and_another_series_counts_for_itself(
    database: Database,
) -> None:
    with database.write() as session:
        assert numbering.register(session, direction="in", at=AT).number == 1
        assert numbering.register(session, direction="out", at=AT, correspondent="Ion Pop").number == 2
        assert numbering.register(session, direction="in", at=AT, series="sealed").number == 1


def test_writers_that_need_the_number_and_the_trail_in_either_order_never_block_each_other(database: Database) -> None:
    def number_first(session: Session) -> None:
        numbering.register(session, direction="in", at=AT)
        audit.record(session, at=AT, actor="test", act="number-first", subject="letters:1")

    def trail_first(session: Session) -> None:
        audit.record(session, at=AT, actor="test", act="trail-first", subject="letters:1")
        numbering.register(session, direction="out", at=AT)

    def run(act: Callable[[Session], None]) -> None:
        with database.write() as session:
            act(session)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, [number_first, trail_first] * 20))
    assert numbers(database) == list(range(1, 41))
    with database.read() as session:
        assert list(audit.broken_links(session)) == []
