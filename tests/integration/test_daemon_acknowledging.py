"""Acknowledgements in the running house: switched on from the command line, made and sent by the worker."""

import subprocess
import sys
from pathlib import Path

from sqlmodel import select

from config import clock
from registry.models import Acknowledgement, Letter, Switch
from registry.statuses import LetterStatus
from registry.switches import SwitchName, is_on, turn
from registry.users import Role
from tests.support.dovecot import DovecotServer
from tests.support.factories import make_user
from tests.support.house import TestHouse, make_test_house
from tests.support.letters import plain_petition
from tests.support.smtp_sink import SmtpSink
from tests.support.waiting import wait_until


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


def test_the_command_names_the_person_who_answers_for_the_rule(tmp_path: Path) -> None:
    house = make_test_house(tmp_path, sending=False)
    try:
        with house.house.database.write() as session:
            make_user(session, role=Role.APPROVER, username="aprobator")
            make_user(session, role=Role.CLERK, username="referent")
        assert cabinet(house, "acknowledgements", "on").returncode == 2  # nobody named
        refused = cabinet(house, "acknowledgements", "on", "--user", "referent")
        assert refused.returncode == 1
        assert refused.stderr.startswith("Rolul dumneavoastră")
        assert cabinet(house, "acknowledgements", "on", "--user", "nimeni").returncode == 1
        on = cabinet(house, "acknowledgements", "on", "--user", "aprobator")
        assert on.returncode == 0
        assert "răspunde de ele Ion aprobator" in on.stdout
        assert "Trimiterea este oprită" in on.stdout
        with house.house.database.read() as session:
            switch = session.exec(select(Switch).where(Switch.name == SwitchName.ACKNOWLEDGEMENTS)).one()
            assert (switch.on, switch.changed_by) == (True, "aprobator")
        assert cabinet(house, "acknowledgements", "off", "--user", "aprobator").returncode == 0
        with house.house.database.read() as session:
            assert not is_on(session, SwitchName.ACKNOWLEDGEMENTS)
    finally:
        house.stop()


def test_a_worker_acknowledges_as_soon_as_the_office_wants_it(
    tmp_path: Path, dovecot: DovecotServer, mailbox_user: str
) -> None:
    sink = SmtpSink()
    sink.start()
    house = make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user, sink=sink)
    try:
        with house.house.database.write() as session:
            make_user(session, role=Role.APPROVER, username="aprobator")
        dovecot.deliver(mailbox_user, plain_petition())
        house.start_worker()
        wait_until(lambda: ready(house), what="the letter being ready")
        assert sink.messages == []
        assert acknowledgements(house) == 0
        with house.house.database.write() as session:
            turn(session, SwitchName.ACKNOWLEDGEMENTS, True, at=clock.now(), actor="aprobator")
        wait_until(lambda: sink.messages, what="the acknowledgement")
        (message,) = sink.messages
        assert message["Auto-Submitted"] == "auto-replied"
        assert sink.envelopes[0].mail_from == "<>"
        assert "nu ține loc de răspuns" in message.get_content()
        assert acknowledgements(house) == 1
    finally:
        house.stop()
        sink.stop()


def ready(house: TestHouse) -> bool:
    with house.house.database.read() as session:
        return session.exec(select(Letter.id).where(Letter.status == LetterStatus.READY)).first() is not None


def acknowledgements(house: TestHouse) -> int:
    with house.house.database.read() as session:
        return len(session.exec(select(Acknowledgement.letter_id)).all())
