"""Receiving mail from a real Dovecot: whatever happens on the way, each message is one letter with one number."""

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, select

from config.errors import SecretExposed
from config.settings import MailboxSettings
from daemon.house import House
from daemon.worker import _poller
from ingest import receive as receive_module
from ingest.connection import MailboxAccount
from ingest.errors import (
    MailboxCertificateNotTrusted,
    MailboxConnectionLost,
    MailboxError,
    MailboxFolderMissing,
    MailboxLoginRefused,
    MailboxUnreachable,
)
from ingest.mailbox import Mailbox
from ingest.receive import TRIES, PollReport, receive_mail
from registry.database import Database
from registry.models import LedgerEntry, Letter, MailboxState, RegisterEntry
from registry.store import FileStore
from tests.support.certificates import make_certificates
from tests.support.dovecot import DovecotServer
from tests.support.factories import tables
from tests.support.house import settings_of
from tests.support.mailboxes import account_on, other_program
from tests.support.mails import mail
from tests.support.ports import free_port

# Where the kind of database makes no difference, and time does.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def account(dovecot: DovecotServer, mailbox_user: str) -> MailboxAccount:
    return account_on(dovecot, mailbox_user)


def poll(database: Database, store: FileStore, account: MailboxAccount) -> PollReport:
    with Mailbox(account) as mailbox:
        return receive_mail(database, store, mailbox, account="primaria", folder="INBOX")


def poll_until_it_works(database: Database, store: FileStore, account: MailboxAccount) -> int:
    """Poll as the worker does, again after every failure; returns how many polls failed."""
    for failures in range(500):
        try:
            poll(database, store, account)
        except MailboxError:
            continue
        return failures
    raise AssertionError("500 polls failed")


def numbers(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.exec(select(RegisterEntry.number).order_by(col(RegisterEntry.number))))


def ledger(database: Database) -> list[tuple[str, str]]:
    """UID and outcome of every row, in order."""
    with database.read() as session:
        rows = session.exec(select(LedgerEntry.key, LedgerEntry.outcome).order_by(col(LedgerEntry.id)))
        return [(key, outcome) for key, outcome in rows]


def outcomes(database: Database) -> Counter[str]:
    return Counter(outcome for _, outcome in ledger(database))


def kept(database: Database, store: FileStore) -> list[bytes]:
    with database.read() as session:
        hashes = session.exec(select(Letter.raw_sha256).order_by(col(Letter.id))).all()
    return [store.read(sha256) for sha256 in hashes]


def test_each_message_becomes_one_letter_with_the_next_number(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raws = [mail() for _ in range(5)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    assert poll(database, store, account) == PollReport(on_server=5, new_letters=5, waiting=0)
    assert numbers(database) == [1, 2, 3, 4, 5]
    assert sorted(kept(database, store)) == sorted(raw.replace(b"\n", b"\r\n") for raw in raws)
    with database.read() as session:
        state = session.get_one(MailboxState, ("primaria", "INBOX"))
        assert (state.on_server, state.problem, state.consecutive_failures) == (5, "", 0)
        assert state.last_success_at is not None


def test_a_second_poll_finds_nothing_new_and_a_later_message_gets_the_next_number(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    for _ in range(3):
        dovecot.deliver(account.username, mail())
    poll(database, store, account)
    assert poll(database, store, account) == PollReport(on_server=3, new_letters=0, waiting=0)
    dovecot.deliver(account.username, mail())
    assert poll(database, store, account).new_letters == 1
    assert numbers(database) == [1, 2, 3, 4]


def test_the_same_message_delivered_twice_is_one_letter_and_two_lines_of_the_ledger(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raw = mail()
    dovecot.deliver(account.username, raw)
    dovecot.deliver(account.username, raw)
    assert poll(database, store, account).new_letters == 1
    assert outcomes(database) == {"stored": 1, "duplicate": 1}
    assert numbers(database) == [1]


def test_a_new_uidvalidity_leads_to_no_second_letter(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    for _ in range(4):
        dovecot.deliver(account.username, mail())
    poll(database, store, account)
    dovecot.renew_uidvalidity(account.username)
    dovecot.deliver(account.username, mail())
    assert poll(database, store, account) == PollReport(on_server=5, new_letters=1, waiting=0)
    assert numbers(database) == [1, 2, 3, 4, 5]
    assert outcomes(database) == {"stored": 5, "duplicate": 4}
    with database.read() as session:
        assert len(set(session.exec(select(LedgerEntry.place)).all())) == 2
    assert poll(database, store, account).new_letters == 0


def test_what_staff_do_in_the_mailbox_loses_and_doubles_nothing(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    for _ in range(4):
        dovecot.deliver(account.username, mail())
    dovecot.deliver(account.username, mail(), seen=True)
    poll(database, store, account)
    with other_program(dovecot, account.username) as client:
        read, deleted, moved, *_ = client.search("ALL")
        client.add_flags([read], [b"\\Seen"])
        client.create_folder("Rezolvate")
        client.copy([moved], "Rezolvate")
        client.delete_messages([deleted, moved])
        client.expunge([deleted, moved])
    dovecot.deliver(account.username, mail())
    assert poll(database, store, account) == PollReport(on_server=4, new_letters=1, waiting=0)
    with other_program(dovecot, account.username) as client:
        client.select_folder("Rezolvate")
        client.copy("1:*", "INBOX")
    assert poll(database, store, account).new_letters == 0  # moved back: another UID, the same bytes
    assert numbers(database) == [1, 2, 3, 4, 5, 6]


@on_sqlite
def test_polling_leaves_the_mailbox_as_it_was(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    for number in range(6):
        dovecot.deliver(account.username, mail(), seen=number % 2 == 0)
    poll(database, store, account)
    before = contents(dovecot, account.username)
    for _ in range(3):
        poll(database, store, account)
    assert contents(dovecot, account.username) == before
    assert sum(name.endswith("S") for name, _ in before) == 3


def contents(dovecot: DovecotServer, user: str) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in dovecot.files(user)]


class Meddled(Mailbox):
    """A real mailbox in which somebody does something just before the chosen question is asked."""

    before_sizes: Callable[[], None] | None = None
    before_fetch: Callable[[], None] | None = None

    def sizes(self, uids):  # type: ignore[no-untyped-def]
        if self.before_sizes:
            self.before_sizes()
        return super().sizes(uids)

    def fetch(self, uids):  # type: ignore[no-untyped-def]
        wanted = list(uids)
        if self.before_fetch:
            self.before_fetch()
        return super().fetch(wanted)


@pytest.mark.parametrize("moment", ["before_sizes", "before_fetch"])
def test_a_message_that_vanishes_during_the_poll_is_on_the_ledger_as_vanished(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount, moment: str
) -> None:
    for _ in range(3):
        dovecot.deliver(account.username, mail())
    with Meddled(account) as mailbox:
        gone = mailbox.uids()[1]

        def remove() -> None:
            with other_program(dovecot, account.username) as client:
                client.delete_messages([gone])
                client.expunge([gone])

        setattr(mailbox, moment, remove)
        report = receive_mail(database, store, mailbox, account="primaria", folder="INBOX")
    assert report == PollReport(on_server=3, new_letters=2, waiting=0)
    assert (str(gone), "vanished") in ledger(database)
    assert numbers(database) == [1, 2]


def test_a_message_that_the_server_keeps_back_is_owed_and_then_given_to_a_person(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    class Stingy(Mailbox):
        def fetch(self, uids):  # type: ignore[no-untyped-def]
            return super().fetch([uid for uid in uids if uid != 2])

    for _ in range(3):
        dovecot.deliver(account.username, mail())
    for attempt in range(1, TRIES + 1):
        with Stingy(account) as mailbox:
            report = receive_mail(database, store, mailbox, account="primaria", folder="INBOX")
        assert report.waiting == (1 if attempt < TRIES else 0)
    assert outcomes(database) == {"stored": 2, "failed": 1}
    assert numbers(database) == [1, 2]


@on_sqlite
def test_a_message_kept_back_once_arrives_with_the_next_poll(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    class WithoutSizes(Mailbox):
        def sizes(self, uids):  # type: ignore[no-untyped-def]
            return {uid: info for uid, info in super().sizes(uids).items() if uid != 1}

    for _ in range(2):
        dovecot.deliver(account.username, mail())
    with WithoutSizes(account) as mailbox:
        report = receive_mail(database, store, mailbox, account="primaria", folder="INBOX")
    assert report == PollReport(on_server=2, new_letters=1, waiting=1)
    assert poll(database, store, account) == PollReport(on_server=2, new_letters=1, waiting=0)
    assert outcomes(database) == {"stored": 2}


@on_sqlite
def test_a_message_over_the_limit_is_on_the_ledger_and_the_others_arrive(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receive_module, "SIZE_LIMIT", 5_000)
    for padding in (0, 10_000, 0):
        dovecot.deliver(account.username, mail() + b"x" * padding)
    assert poll(database, store, account) == PollReport(on_server=3, new_letters=2, waiting=0)
    assert outcomes(database) == {"stored": 2, "too-big": 1}
    with database.read() as session:
        problem = session.exec(select(LedgerEntry.problem).where(LedgerEntry.outcome == "too-big")).one()
    assert problem.endswith(" bytes")
    assert poll(database, store, account).new_letters == 0


# --- what is wrong with the connection is said in one Romanian sentence ------------------------------------


@pytest.fixture
def house(tmp_path: Path, database: Database, store: FileStore) -> House:
    config = tmp_path / "cabinet.toml"
    config.write_text(f'data_folder = "{tmp_path}"\n')
    return House(settings=settings_of(config), tables=tables(), database=database, store=store)


@pytest.fixture
def right(dovecot: DovecotServer, mailbox_user: str, tmp_path: Path) -> MailboxSettings:
    return MailboxSettings(
        name="primaria",
        host="localhost",
        port=dovecot.imaps_port,
        username=mailbox_user,
        ca_file=dovecot.ca_file,
        password_file=secret(tmp_path / "right", dovecot.password),
    )


def secret(path: Path, password: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(password)
    return path


WRONG = {
    "password": MailboxLoginRefused,
    "port": MailboxUnreachable,
    "certificate": MailboxCertificateNotTrusted,
    "folder": MailboxFolderMissing,
    "exposed password file": SecretExposed,
}


@on_sqlite
@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_stands_on_the_first_screen_until_it_is_cured(
    what: str, house: House, right: MailboxSettings, dovecot: DovecotServer, tmp_path: Path
) -> None:
    dovecot.deliver(right.username, mail())
    exposed = tmp_path / "exposed"
    exposed.touch(mode=0o644)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    wrong = right.model_copy(
        update={
            "password": {"password_file": secret(tmp_path / "wrong", "greșită")},
            "port": {"port": free_port()},
            "certificate": {"ca_file": make_certificates(stranger)[0]},
            "folder": {"folder": "Petiții"},
            "exposed password file": {"password_file": exposed},
        }[what]
    )
    for _ in range(2):
        with pytest.raises(WRONG[what]):
            _poller(house, wrong)()
    with house.database.read() as session:
        state = session.get_one(MailboxState, ("primaria", wrong.folder))
        assert state.consecutive_failures == 2
        assert state.last_success_at is None
        assert any(letter in state.problem for letter in "ăâîșț"), state.problem
        assert state.problem.endswith((".", str(exposed)))
        assert "[" not in state.problem
        assert dovecot.password not in state.problem
    _poller(house, right)()
    with house.database.read() as session:
        state = session.get_one(MailboxState, ("primaria", "INBOX"))
        assert (state.problem, state.consecutive_failures, state.on_server) == ("", 0, 1)
    assert numbers(house.database) == [1]


# --- the line breaks -----------------------------------------------------------------------------------------


@on_sqlite
def test_a_server_killed_in_the_middle_of_a_poll_costs_nothing(
    database: Database, store: FileStore, mailbox_user: str
) -> None:
    server = DovecotServer()
    try:
        server.start()
        for _ in range(120):  # three batches
            server.deliver(mailbox_user, mail())
        account = account_on(server, mailbox_user)

        class KilledOnTheWay(Mailbox):
            def fetch(self, uids):  # type: ignore[no-untyped-def]
                for count, one in enumerate(super().fetch(uids)):
                    if count == 30:
                        server.kill()
                    yield one

        with pytest.raises(MailboxConnectionLost), KilledOnTheWay(account) as mailbox:
            receive_mail(database, store, mailbox, account="primaria", folder="INBOX")
        assert len(numbers(database)) == 50
        server.start()
        assert poll(database, store, account) == PollReport(on_server=120, new_letters=70, waiting=0)
    finally:
        server.remove()
    assert numbers(database) == list(range(1, 121))
    assert outcomes(database) == {"stored": 120}


def test_two_hundred_mails_over_a_line_that_keeps_breaking_arrive_once_each(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    chance = random.Random(20261123)
    raws = [mail() + b"rand de text\n" * chance.randrange(0, 400) for _ in range(200)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    with cutting_proxy(dovecot.imap_port, chance) as port:
        broken = replace(account, security="plain", host="127.0.0.1", port=port)
        failures = poll_until_it_works(database, store, broken)
    assert failures >= 3, "the line was not cut; the test says nothing"
    assert sorted(kept(database, store)) == sorted(raw.replace(b"\n", b"\r\n") for raw in raws)
    assert numbers(database) == list(range(1, 201))
    assert outcomes(database) == {"stored": 200}
    assert poll(database, store, account).new_letters == 0


@contextmanager
def cutting_proxy(target: int, chance: random.Random) -> Iterator[int]:
    """A port that passes connections on to `target` and cuts each after a random number of bytes to the client."""
    listener = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, sink: socket.socket, left: int) -> None:
        with suppress(OSError):
            while left > 0 and (data := source.recv(min(left, 65_536))):
                sink.sendall(data)
                left -= len(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", target))
                budget = int(10 ** chance.uniform(2.5, 5.6))
                with client, server:
                    up = threading.Thread(target=carry, args=(client, server, 100_000_000), daemon=True)
                    up.start()
                    carry(server, client, budget)
                    up.join()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=10)
