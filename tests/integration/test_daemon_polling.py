"""The loop of one mailbox: it keeps its connection, listens between polls, and lives through everything."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select

from config.settings import MailboxSettings
from daemon.house import House
from daemon.polling import MailboxPoller
from registry.database import Database
from registry.models import LedgerEntry, Letter, MailboxState
from registry.store import FileStore
from tests.support.dovecot import DovecotServer
from tests.support.factories import tables
from tests.support.fault_line import FaultLine
from tests.support.house import settings_of
from tests.support.mails import mail
from tests.support.meddling_line import MeddlingLine
from tests.support.ports import free_port
from tests.support.waiting import wait_until

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def house(tmp_path: Path, database: Database, store: FileStore) -> House:
    config = tmp_path / "cabinet.toml"
    config.write_text(f'data_folder = "{tmp_path}"\n')
    return House(settings=settings_of(config), tables=tables(), database=database, store=store)


@pytest.fixture
def settings(dovecot: DovecotServer, mailbox_user: str, monkeypatch: pytest.MonkeyPatch) -> MailboxSettings:
    """A mailbox on the tests' server, without encryption, so that lines can be put in between."""
    for name in ("PRIMARIA", "ALTA"):
        monkeypatch.setenv(f"CABINET_MAILBOX_{name}_PASSWORD", dovecot.password)
    return MailboxSettings(
        name="primaria",
        host="127.0.0.1",
        port=dovecot.imap_port,
        security="plain",
        username=mailbox_user,
        poll_seconds=0.2,
        read_timeout_seconds=5,
    )


def letters(house: House) -> int:
    with house.database.read() as session:
        return len(session.exec(select(Letter.id)).all())


def wait_for_letters(house: House, count: int) -> None:
    wait_until(lambda: letters(house) == count, seconds=40, what=f"letter {count}")


def state(house: House, account: str = "primaria") -> MailboxState | None:
    with house.database.read() as session:
        return session.get(MailboxState, (account, "INBOX"))


def looked(house: House) -> bool:
    now = state(house)
    return now is not None and now.last_success_at is not None and not now.problem


def failed(house: House) -> bool:
    now = state(house)
    return now is not None and now.consecutive_failures > 0


@contextmanager
def running(*pollers: MailboxPoller) -> Iterator[Callable[[], None]]:
    """Their loops, each in its thread; the function ends them, which may not take long."""
    stop = threading.Event()
    threads = [threading.Thread(target=poller.run, args=(stop,), daemon=True) for poller in pollers]
    for thread in threads:
        thread.start()

    def end() -> None:
        stop.set()
        for thread in threads:
            thread.join(timeout=5)
            assert not thread.is_alive(), "the loop goes on after it was told to stop"

    try:
        yield end
    finally:
        end()


def test_one_connection_serves_many_polls_and_each_is_one_examine_and_one_search(
    house: House, dovecot: DovecotServer, settings: MailboxSettings
) -> None:
    dovecot.deliver(settings.username, mail())
    with MeddlingLine(dovecot.imap_port) as line:
        poller = MailboxPoller(house, settings.model_copy(update={"port": line.port}))
        assert [poller.poll().new_letters for _ in range(4)] == [1, 0, 0, 0]
        dovecot.deliver(settings.username, mail())
        assert poller.poll().new_letters == 1
        said = [command.split(maxsplit=1)[-1].upper() for command in line.commands if b" " in command]
    assert sum(b"AUTHENTICATE" in command or b"LOGIN" in command for command in said) == 1
    assert sum(b"EXAMINE" in command for command in said) == 5
    assert sum(b"SEARCH" in command for command in said) == 5
    assert not any(command.startswith((b"SELECT", b"NOOP", b"UID STORE")) for command in said)


def test_a_connection_that_the_server_ended_between_two_polls_is_no_failure(
    house: House, dovecot: DovecotServer, settings: MailboxSettings
) -> None:
    with FaultLine(dovecot.imap_port) as line:
        poller = MailboxPoller(house, settings.model_copy(update={"port": line.port}))
        poller.poll()
        line.cut_now()
        dovecot.deliver(settings.username, mail())
        assert poller.poll().new_letters == 1
    assert not failed(house)


def test_a_new_uidvalidity_is_noticed_on_a_connection_that_is_kept(
    house: House, dovecot: DovecotServer, settings: MailboxSettings
) -> None:
    dovecot.deliver(settings.username, mail())
    poller = MailboxPoller(house, settings)
    poller.poll()
    dovecot.renew_uidvalidity(settings.username)
    dovecot.deliver(settings.username, mail())
    assert poller.poll().new_letters == 1
    with house.database.read() as session:
        assert len(set(session.exec(select(LedgerEntry.place)))) == 2
    assert letters(house) == 2
    assert not failed(house)


def test_between_polls_that_are_far_apart_the_server_tells_of_new_mail(
    house: House, dovecot: DovecotServer, settings: MailboxSettings
) -> None:
    with MeddlingLine(dovecot.imap_port) as line:

        def listening(times: int) -> bool:
            return sum(command.endswith(b"IDLE\r\n") for command in line.commands) == times

        far_apart = settings.model_copy(update={"poll_seconds": 3600, "port": line.port})
        with running(MailboxPoller(house, far_apart)):
            for count in (1, 2):
                wait_until(partial(listening, count), what="the loop listening")
                dovecot.deliver(settings.username, mail())
                wait_for_letters(house, count)


@pytest.mark.parametrize("idle", [True, False])
def test_mail_arrives_with_the_next_poll_and_the_loop_ends_promptly(
    house: House, dovecot: DovecotServer, settings: MailboxSettings, idle: bool
) -> None:
    with running(MailboxPoller(house, settings.model_copy(update={"idle": idle}))) as end:
        for count in (1, 2, 3):
            dovecot.deliver(settings.username, mail())
            wait_for_letters(house, count)
        end()
    with running(MailboxPoller(house, settings.model_copy(update={"idle": idle, "poll_seconds": 3600}))):
        wait_until(lambda: looked(house), what="a look")


def test_a_server_that_dies_is_said_on_the_first_screen_and_the_loop_goes_on_when_it_is_back(
    house: House, settings: MailboxSettings
) -> None:
    server = DovecotServer()
    try:
        server.start()
        with running(MailboxPoller(house, settings.model_copy(update={"port": server.imap_port}))):
            server.deliver(settings.username, mail())
            wait_until(lambda: letters(house) == 1, what="the first letter")
            server.kill()
            wait_until(lambda: failed(house), what="a failure on record")
            now = state(house)
            assert now is not None
            assert any(letter in now.problem for letter in "ăâîșț")
            server.deliver(settings.username, mail())
            server.start()
            wait_until(lambda: letters(house) == 2, what="the second letter")
            wait_until(lambda: looked(house), what="a good look on record")
    finally:
        server.remove()


def test_a_dead_mailbox_does_not_touch_another_one(
    house: House, dovecot: DovecotServer, settings: MailboxSettings
) -> None:
    dead = settings.model_copy(update={"name": "alta", "port": free_port()})
    with running(MailboxPoller(house, dead), MailboxPoller(house, settings)):
        for count in (1, 2):
            dovecot.deliver(settings.username, mail())
            wait_for_letters(house, count)
        wait_until(lambda: state(house, "alta"), what="the dead one on record")
    assert not failed(house)


def test_a_full_disk_is_said_on_the_first_screen_and_nothing_is_lost(
    house: House, dovecot: DovecotServer, settings: MailboxSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(contents: object) -> list[str]:
        raise OSError(28, "no space left")

    dovecot.deliver(settings.username, mail())
    poller = MailboxPoller(house, settings)
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "put_many", full)
        with pytest.raises(OSError, match="no space"):
            poller.poll()
    now = state(house)
    assert now is not None
    assert now.consecutive_failures == 1
    assert any(letter in now.problem for letter in "ăâîșț")
    assert poller.poll().new_letters == 1
    assert not failed(house)


def test_what_is_bigger_than_the_limit_of_the_mailbox_stays_on_the_server(
    house: House, dovecot: DovecotServer, settings: MailboxSettings
) -> None:
    dovecot.deliver(settings.username, mail() + b"x" * 1_100_000)
    MailboxPoller(house, settings.model_copy(update={"message_limit_mib": 1})).poll()
    assert letters(house) == 0
    assert MailboxPoller(house, settings.model_copy(update={"message_limit_mib": 2})).poll().new_letters == 0
    with house.database.read() as session:
        assert session.exec(select(LedgerEntry.outcome)).all() == ["too-big"]
