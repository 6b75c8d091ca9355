"""A running worker takes mail over LMTP, the letter goes its way, and the door closes with the worker."""

import signal
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from registry.models import Letter
from registry.statuses import LetterStatus
from tests.support.house import TestHouse, make_test_house
from tests.support.letters import plain_petition
from tests.support.lmtp_client import deliver
from tests.support.ports import free_port
from tests.support.waiting import wait_until


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def house(tmp_path: Path, port: int) -> Iterator[TestHouse]:
    made = make_test_house(tmp_path, sending=False)
    with made.config.open("a", encoding="utf-8") as config:
        config.write(f"\n[lmtp]\nport = {port}\n")
    yield made
    made.stop()


def letter(house: TestHouse) -> Letter | None:
    with house.house.database.read() as session:
        return session.exec(select(Letter)).first()


def is_open(port: int) -> bool:
    try:
        smtplib.LMTP("127.0.0.1", port, timeout=5).quit()
    except OSError:
        return False
    return True


def test_a_mail_handed_over_to_the_worker_becomes_a_letter_with_a_case(house: TestHouse, port: int) -> None:
    worker = house.start_worker()
    wait_until(lambda: is_open(port), what="the listener")
    raw = plain_petition(1)
    assert [deliver(port, raw)[0] for _ in range(2)] == [250, 250]

    def done() -> bool:
        found = letter(house)
        return found is not None and found.status == LetterStatus.READY and found.case_id is not None

    wait_until(done, what="the letter's way to its end")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    assert not is_open(port)
    assert "posta.example" not in house.logs(), "no addresses in the log"
