"""No loop is possible: two of our own desks, a gateway that hides all signs, robots that answer everything."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import make_msgid
from itertools import count
from pathlib import Path

import pytest
from sqlmodel import col, select

from config import clock
from config.settings import AcknowledgementSettings
from daemon.acknowledging import acknowledger
from daemon.house import House
from daemon.pipeline import dispatch_reply, process_letter
from daemon.polling import account_of
from daemon.running import PlainRunner
from ingest.mailbox import Mailbox
from ingest.receive import receive_mail
from registry.models import Acknowledgement, Case, Letter, Outbox
from registry.statuses import CaseStatus, DispatchState, LetterStatus
from registry.users import Role
from responders import acknowledge, dispatch
from tests.support.dovecot import DovecotServer
from tests.support.exchange import Exchange
from tests.support.factories import make_user
from tests.support.house import TestHouse, make_test_house

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MOST_ROUNDS = 30
_serial = count(1)


class Time:
    """The clock of the test."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass
class Desk:
    """One office of ours with acknowledgements on."""

    frame: TestHouse
    house: House
    address: str

    def work(self) -> int:
        """Receive, process, acknowledge and send until nothing is left to do here; returns how much was done."""
        (mailbox,) = self.house.settings.mailboxes
        with Mailbox(account_of(mailbox, self.house.tokens)) as opened:
            receive_mail(self.house.database, self.house.store, opened, account=mailbox.name, folder=mailbox.folder)
        with self.house.database.read() as session:
            new = session.exec(select(Letter.id).where(Letter.status == LetterStatus.REGISTERED)).all()
        for letter_id in new:
            process_letter(PlainRunner(self.house), letter_id or 0)
        acknowledger(self.house)()
        with self.house.database.read() as session:
            due = dispatch.due_dispatches(session, clock.now())
        for outbox_id in due:
            dispatch_reply(PlainRunner(self.house), outbox_id)
        return len(new) + len(due)

    def acknowledged(self) -> list[str]:
        with self.house.database.read() as session:
            return list(session.exec(select(Acknowledgement.address).order_by(col(Acknowledgement.letter_id))))

    def kinds(self) -> list[str]:
        with self.house.database.read() as session:
            return list(session.exec(select(Letter.machine_kind).order_by(col(Letter.id))))


def open_desk(
    folder: Path, dovecot: DovecotServer, exchange: Exchange, address: str, mailbox_user: str, per_hour: int = 60
) -> Desk:
    folder.mkdir()
    frame = make_test_house(folder, dovecot=dovecot, mailbox_user=mailbox_user, sink=exchange)
    smtp = frame.house.settings.smtp
    assert smtp is not None
    settings = frame.house.settings.model_copy(
        update={
            "smtp": smtp.model_copy(update={"sender_address": address}),
            "acknowledgements": AcknowledgementSettings(per_hour=per_hour),
        }
    )
    office = frame.house.tables.office.model_copy(update={"email": address})
    house = replace(frame.house, settings=settings, tables=replace(frame.house.tables, office=office))
    exchange.mailboxes[address] = mailbox_user
    with house.database.write() as session:
        acknowledge.switch(session, True, make_user(session, role=Role.APPROVER), clock.now())
    return Desk(frame, house, address)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    fixed = Time()
    monkeypatch.setattr(clock, "now", fixed)
    return fixed


@pytest.fixture
def exchange(dovecot: DovecotServer) -> Iterator[Exchange]:
    server = Exchange(dovecot)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def desks(
    tmp_path: Path, dovecot: DovecotServer, exchange: Exchange, mailbox_user: str, time: Time
) -> Iterator[list[Desk]]:
    opened = [
        open_desk(tmp_path / name, dovecot, exchange, f"primaria@{name}.example", f"{mailbox_user}{name}")
        for name in ("medias", "sibiu")
    ]
    yield opened
    for desk in opened:
        desk.frame.stop()


def letter(
    sender: str, recipient: str, words: str = "Va rugam sa ne comunicati stadiul lucrarilor la drum."
) -> Message:
    message = Message()
    message["From"], message["To"] = sender, recipient
    message["Subject"] = f"Drum comunal {next(_serial)}"
    message["Message-ID"] = make_msgid(domain="oameni.example")
    message.set_payload(words)
    return message


def until_quiet(desks: list[Desk]) -> int:
    """Let all desks work in turn until none has anything to do; returns the number of rounds."""
    for rounds in range(1, MOST_ROUNDS + 1):
        if sum(desk.work() for desk in desks) == 0:
            return rounds
    raise AssertionError(f"still writing to each other after {MOST_ROUNDS} rounds")


def test_two_desks_that_write_to_each_other_stop_after_one_acknowledgement(
    desks: list[Desk], exchange: Exchange
) -> None:
    medias, sibiu = desks
    exchange.deliver(letter(sibiu.address, medias.address), sibiu.address, medias.address)
    until_quiet(desks)
    assert medias.acknowledged() == [sibiu.address]
    assert sibiu.acknowledged() == []
    assert sibiu.kinds() == ["auto-reply"]
    (message,) = exchange.messages
    assert message["Auto-Submitted"] == "auto-replied"
    assert exchange.envelopes[0].mail_from == "<>"
    with medias.house.database.read() as session:
        assert session.exec(select(Outbox.state)).all() == [DispatchState.SENT]
        (case,) = session.exec(select(Case)).all()
        assert case.status == CaseStatus.DRAFTED  # neither the acknowledgement nor its way out is an answer
        assert case.target_on is not None


def test_a_gateway_that_hides_every_sign_lets_each_acknowledge_once_a_day(
    desks: list[Desk], exchange: Exchange, time: Time
) -> None:
    medias, sibiu = desks
    exchange.strips = True
    exchange.deliver(letter(sibiu.address, medias.address), sibiu.address, medias.address)
    until_quiet(desks)
    assert medias.acknowledged() == [sibiu.address]
    assert sibiu.acknowledged() == [medias.address]
    assert medias.kinds() == ["", ""]  # what came back looks like a letter, and is kept as one
    for hour in (15, 16, 23, 40):  # over midnight and beyond: nothing begins anew by itself
        time.now = START + timedelta(hours=hour)
        until_quiet(desks)
    assert len(medias.acknowledged() + sibiu.acknowledged()) == 2


@pytest.mark.parametrize("spelling", ["robot@{domain}", "robot+{number}@{domain}"])
def test_a_robot_that_answers_everything_three_times_gets_one(
    desks: list[Desk], exchange: Exchange, spelling: str
) -> None:
    medias = desks[0]

    def answers(message: Message, recipient: str) -> list[Message]:
        return [
            letter(spelling.format(domain="robot.example", number=next(_serial)), medias.address, "Am primit!")
            for _ in range(3)
        ]

    exchange.robots["robot.example"] = answers
    exchange.deliver(letter("robot@robot.example", medias.address), "robot@robot.example", medias.address)
    until_quiet([medias])
    assert medias.acknowledged() == ["robot@robot.example"]
    assert len(medias.kinds()) == 4


def test_a_robot_with_a_new_address_each_time_is_held_by_the_hourly_cap(
    tmp_path: Path, dovecot: DovecotServer, exchange: Exchange, mailbox_user: str, time: Time
) -> None:
    medias = open_desk(tmp_path / "capped", dovecot, exchange, "primaria@medias.example", mailbox_user, per_hour=4)
    try:
        exchange.robots["robot.example"] = lambda message, recipient: [
            letter(f"robot{next(_serial)}@robot.example", medias.address, "Am primit!")
        ]
        exchange.deliver(letter("robot@robot.example", medias.address), "robot@robot.example", medias.address)
        until_quiet([medias])
        assert len(medias.acknowledged()) == 4
        assert len(medias.kinds()) == 5  # the fifth waits for room
        time.now += timedelta(minutes=61)
        until_quiet([medias])
        assert len(medias.acknowledged()) == 8
    finally:
        medias.frame.stop()
