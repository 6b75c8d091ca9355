"""Workers on PostgreSQL: the unfinished letters of one that died or froze are finished by another, once."""

import os
import signal
from collections import Counter
from pathlib import Path

from sqlmodel import select

from daemon import checks
from registry.letters import PROCESSING_FAILED
from registry.models import Decision, Executor, Letter, Reply
from registry.statuses import LetterStatus
from tests.support.house import TestHouse, make_test_house
from tests.support.letters import petition_with_scan, plain_petition
from tests.support.postgres import PostgresServer
from tests.support.waiting import wait_until


def test_another_worker_finishes_the_letters_of_a_killed_one(tmp_path: Path, postgres: PostgresServer) -> None:
    house = make_test_house(tmp_path, database_url=postgres.new_database())
    try:
        (tmp_path / "marks").mkdir()
        first = _start_mortal(house, "a", "inside:read_part")
        count = _enter(house, 4)
        first.wait(timeout=60)
        assert first.returncode == -signal.SIGKILL
        _start_mortal(house, "b")
        wait_until(lambda: _ready(house) == count, seconds=90, what=f"all letters ready; {house.logs()[-2000:]}")
        _assert_once(house, count)
        wait_until(lambda: _executors(house) == 1, what="the dead worker being forgotten")
    finally:
        house.stop()


def test_a_frozen_worker_that_wakes_up_changes_nothing(tmp_path: Path, postgres: PostgresServer) -> None:
    house = make_test_house(tmp_path, database_url=postgres.new_database())
    try:
        (tmp_path / "marks").mkdir()
        first = _start_mortal(house, "a", "freeze:read_part")
        count = _enter(house, 3)
        wait_until(lambda: (tmp_path / "marks" / "freeze:read_part").exists(), what="the worker freezing")
        _start_mortal(house, "b")
        wait_until(lambda: _ready(house) == count, seconds=90, what=f"all letters ready; {house.logs()[-2000:]}")
        os.kill(first.pid, signal.SIGCONT)
        wait_until(lambda: _executors(house) == 2, what="the woken worker living again")
        _assert_once(house, count)
    finally:
        house.stop()


def test_a_letter_that_kills_its_worker_is_set_aside_and_its_neighbours_are_finished(tmp_path: Path) -> None:
    house = make_test_house(tmp_path, attempts=3, at_once=1)
    try:
        (tmp_path / "marks").mkdir()
        count = _enter(house, 3)
        deaths = 0
        while True:
            worker = _start_mortal(house, "1", "always:record_text:2")
            wait_until(
                lambda worker=worker: worker.poll() is not None or (_ready(house) == count - 1 and _failed(house)),
                seconds=90,
                what=f"a death or the end; {house.logs()[-2000:]}",
            )
            if worker.poll() is None:
                break
            deaths += 1
        assert deaths == 4  # the first try and three more
        assert _failed(house) == [2]
        assert checks.verify(house.house) == []
    finally:
        house.stop()


def _start_mortal(house: TestHouse, slot: str, *points: str):  # type: ignore[no-untyped-def]
    return house.start(
        "-m", "tests.support.dying_worker", str(house.folder / "marks"), *points, CABINET_WORKER__SLOT=slot
    )


def _enter(house: TestHouse, count: int) -> int:
    from daemon.entering import enter_file

    for number in range(count):
        path = house.folder / f"letter-{number}.eml"
        path.write_bytes(petition_with_scan(number) if number % 2 == 0 else plain_petition(number))
        enter_file(house.house, path)
    return count


def _ready(house: TestHouse) -> int:
    with house.house.database.read() as session:
        return len(session.exec(select(Letter.id).where(Letter.status == LetterStatus.READY)).all())


def _failed(house: TestHouse) -> list[int | None]:
    with house.house.database.read() as session:
        return list(session.exec(select(Letter.id).where(Letter.problem == PROCESSING_FAILED)))


def _executors(house: TestHouse) -> int:
    with house.house.database.read() as session:
        return len(session.exec(select(Executor)).all())


def _assert_once(house: TestHouse, count: int) -> None:
    with house.house.database.read() as session:
        for rows in (Decision, Reply):
            assert set(Counter(row.letter_id for row in session.exec(select(rows)).all()).values()) == {1}, (
                rows.__name__
            )
        assert len(session.exec(select(Decision)).all()) == count
    assert checks.verify(house.house) == []
