"""The worker: one on a SQLite record, tries of a dispatch with names of their own, loops that go on."""

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from config import clock
from daemon import locks
from daemon.worker import _repeat, beat, dispatch_key, silent_executors
from registry.database import Database
from registry.models import Executor
from registry.statuses import ReplyStatus
from registry.store import FileStore
from registry.switches import SwitchName, turn
from responders import dispatch
from tests.support.factories import AT, make_case, make_dispatch, make_letter, make_reply
from tests.support.house import TestHouse, make_test_house


def cabinet(house: TestHouse, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daemon.cli", *arguments],
        env=house.environment,
        cwd=house.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("command", "lock"), [("run", "run.lock"), ("worker", "worker-sqlite.lock")])
def test_running_twice_on_the_same_record_is_refused_in_one_sentence(tmp_path: Path, command: str, lock: str) -> None:
    house = make_test_house(tmp_path)
    try:
        with locks.hold(tmp_path / "data" / "locks" / lock):
            second = cabinet(house, command)
        assert second.returncode == 1
        (sentence,) = second.stderr.strip().splitlines()
        assert sentence.startswith("Cabinet rulează deja pe aceste date")
    finally:
        house.stop()


def queued(session: Session, store: FileStore) -> int:
    letter = make_letter(session, store)
    reply = make_reply(session, make_case(session, letter), letter, status=ReplyStatus.APPROVED)
    outbox = make_dispatch(session, reply)
    assert outbox.id is not None
    return outbox.id


def test_each_try_of_a_dispatch_has_a_name_of_its_own(database: Database, store: FileStore) -> None:
    with database.write() as session:
        turn(session, SwitchName.SENDING, True, at=AT, actor="test")
        outbox_id = queued(session, store)
        first = dispatch_key(session, outbox_id)
        assert dispatch_key(session, outbox_id) == first
        attempt = dispatch.claim(session, outbox_id, AT)
        dispatch.settle(session, outbox_id, {"attempt": attempt, "state": "queued", "problem": "-"}, AT)
        second = dispatch_key(session, outbox_id)
        turn(session, SwitchName.SENDING, False, at=AT + timedelta(minutes=1), actor="test")
        turn(session, SwitchName.SENDING, True, at=AT + timedelta(minutes=2), actor="test")
        third = dispatch_key(session, outbox_id)
        other = dispatch_key(session, queued(session, store))
    assert len({first, second, third, other}) == 4
    assert {key.split("-")[0] for key in (first, second, third)} == {str(outbox_id)}


def test_a_loop_goes_on_after_failures_and_stops_when_told() -> None:
    stop, looks = threading.Event(), []

    def act() -> None:
        looks.append(len(looks))
        if len(looks) == 4:
            stop.set()
        if len(looks) < 3:
            raise FileNotFoundError

    loop = threading.Thread(target=_repeat, args=("scans", 0.01, act, stop))
    loop.start()
    loop.join(timeout=20)
    assert not loop.is_alive()
    assert len(looks) == 4


@pytest.mark.parametrize("seconds", [1, 120])
def test_an_executor_is_silent_after_the_time_that_is_set(tmp_path: Path, database: Database, seconds: int) -> None:
    house = make_test_house(tmp_path, database_url=database.url)
    try:
        with database.write() as session:
            beat(session, "own")
            beat(session, "other")
            other = session.get_one(Executor, "other")
            other.beat_at = clock.now() - timedelta(seconds=seconds)
        limit = house.house.settings.worker.silence_seconds
        assert silent_executors(house.house, "own") == (["other"] if seconds > limit else [])
        with database.write() as session:
            beat(session, "other")
        assert silent_executors(house.house, "own") == []
    finally:
        house.stop()
