"""Receiving mail from a real Dovecot: whatever happens on the way, each message is one letter with one number."""

import hashlib
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from config import clock
from config.errors import SecretExposed
from config.settings import MailboxSettings
from daemon.house import House
from daemon.polling import MailboxPoller
from ingest.connection import MailboxAccount
from ingest.errors import (
    MailboxCertificateNotTrusted,
    MailboxConnectionLost,
    MailboxError,
    MailboxFolderMissing,
    MailboxLoginRefused,
    MailboxUnreachable,
)
from ingest.folder_ledger import PAUSES, TRIES
from ingest.mailbox import Mailbox
from ingest.receive import PollReport, Reception, receive_mail
from registry.database import Database
from registry.letters import release
from registry.models import AuditEvent, LedgerEntry, Letter, MailboxState, RegisterEntry
from registry.store import FileStore
from tests.support.certificates import make_certificates
from tests.support.dovecot import DovecotServer
from tests.support.factories import tables
from tests.support.house import settings_of
from tests.support.mailboxes import account_on, other_program
from tests.support.mails import mail
from tests.support.ports import free_port

MIB = 1024 * 1024
REAL_NOW = clock.now
# Where the kind of database makes no difference, and time does.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let so much time pass."""
    passed = timedelta()

    def move(time: timedelta) -> None:
        nonlocal passed
        passed += time
        monkeypatch.setattr(clock, "now", lambda: REAL_NOW() + passed)

    return move


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


def not_taken_in(database: Database) -> list[LedgerEntry]:
    with database.read() as session:
        wanted = col(LedgerEntry.outcome).in_(["too-big", "failed"])
        return list(session.exec(select(LedgerEntry).where(wanted)))


def partials(store: FileStore) -> list[Path]:
    return list(store.partials.iterdir())


def letters_of(database: Database) -> int:
    with database.read() as session:
        return len(session.exec(select(Letter.id)).all())


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
    with database.read() as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.act == "renumber")).one()
        assert (event.subject, event.detail["folder"]) == ("mailbox_states:primaria", "INBOX")


@on_sqlite
def test_what_is_open_under_an_old_uidvalidity_is_closed_for_it_has_a_new_number(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    class Stingy(Mailbox):
        def fetch(self, uids):  # type: ignore[no-untyped-def]
            return {}

    dovecot.deliver(account.username, mail())
    with Stingy(account) as mailbox:
        receive_mail(database, store, mailbox, account="primaria", folder="INBOX")
    dovecot.renew_uidvalidity(account.username)
    assert poll(database, store, account) == PollReport(on_server=1, new_letters=1, waiting=0)
    assert ledger(database) == [("1", "vanished"), ("1", "stored")]


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
        if self.before_fetch:
            self.before_fetch()
        return super().fetch(uids)


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
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    later: Callable[[timedelta], None],
) -> None:
    class Stingy(Mailbox):
        def fetch(self, uids):  # type: ignore[no-untyped-def]
            return super().fetch([uid for uid in uids if uid != 2])

    for _ in range(3):
        dovecot.deliver(account.username, mail())
    for attempt, pause in enumerate([timedelta(), *PAUSES], start=1):
        later(pause)
        for _ in range(3):  # until its time has come again it is left alone
            with Stingy(account) as mailbox:
                report = receive_mail(database, store, mailbox, account="primaria", folder="INBOX")
            assert report.waiting == (1 if attempt < TRIES else 0)
            if pause == timedelta():
                break
    assert outcomes(database) == {"stored": 2, "failed": 1}
    assert numbers(database) == [1, 2]
    (row,) = not_taken_in(database)
    assert (row.subject, row.sender) == ("Groapa din strada Gheorghe Lazar", "Stefania Moldovan <stefania@example.ro>")
    assert (row.attempts, row.problem) == (TRIES, "fetch-failed")
    assert poll(database, store, account) == PollReport(on_server=3, new_letters=0, waiting=0)
    with database.write() as session:
        assert row.id is not None
        release(session, row.id, at=clock.now(), actor="otilia")
    assert poll(database, store, account) == PollReport(on_server=3, new_letters=1, waiting=0)
    assert outcomes(database) == {"stored": 3}


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
def test_a_message_that_waits_and_is_removed_by_staff_is_on_the_ledger_as_vanished(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    class Stingy(Mailbox):
        def fetch(self, uids):  # type: ignore[no-untyped-def]
            return super().fetch([uid for uid in uids if uid != 2])

    for _ in range(2):
        dovecot.deliver(account.username, mail())
    with Stingy(account) as mailbox:
        receive_mail(database, store, mailbox, account="primaria", folder="INBOX")
    with other_program(dovecot, account.username) as client:
        client.delete_messages([2])
        client.expunge([2])
    assert poll(database, store, account) == PollReport(on_server=1, new_letters=0, waiting=0)
    assert ledger(database) == [("1", "stored"), ("2", "vanished")]


# --- messages that are too big -------------------------------------------------------------------------------


def reception(database: Database, store: FileStore, *, limit: int = 64 * MIB) -> Reception:
    return Reception(database, store, account="primaria", folder="INBOX", limit=limit)


def big(size: int) -> bytes:
    """A mail of about this size as the server gives it out; no two pieces of it are the same."""
    lines = b"".join(
        b"%09d si asa mai departe, rand dupa rand, pana la capat\r\n" % number for number in range(size // 60)
    )
    return mail(subject="=?utf-8?q?Planul_casei=2C_=C8=99i_schi=C8=9Ba?=").replace(b"\n", b"\r\n") + lines


@on_sqlite
def test_a_message_over_the_limit_is_on_the_ledger_and_comes_when_it_is_released(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raw = big(10_000)
    for one in (mail(), raw, mail()):
        dovecot.deliver(account.username, one)
    receiving = reception(database, store, limit=5_000)
    for new in (2, 0):
        with Mailbox(account) as mailbox:
            assert receiving.poll(mailbox) == PollReport(on_server=3, new_letters=new, waiting=0)
    assert outcomes(database) == {"stored": 2, "too-big": 1}
    (row,) = not_taken_in(database)
    assert (row.subject, row.sender) == ("Planul casei, și schița", "Stefania Moldovan <stefania@example.ro>")
    assert (row.size, row.attempts, row.problem) == (len(raw), 1, f"{len(raw)} bytes")
    with database.write() as session:
        assert row.id is not None
        release(session, row.id, at=clock.now(), actor="otilia")
    for new in (1, 0):
        with Mailbox(account) as mailbox:
            assert receiving.poll(mailbox) == PollReport(on_server=3, new_letters=new, waiting=0)
    assert kept(database, store)[-1] == raw
    assert not_taken_in(database) == []
    with database.read() as session:
        stored = session.get_one(LedgerEntry, row.id)
        assert (stored.outcome, stored.size, stored.subject, stored.sender) == ("stored", None, "", "")


@on_sqlite
@pytest.mark.parametrize("lie", [-200_000, -1, 1, 200_000])
def test_a_big_message_arrives_whole_whatever_size_the_server_tells(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount, lie: int
) -> None:
    class Liar(Mailbox):
        def sizes(self, uids):  # type: ignore[no-untyped-def]
            return {uid: replace(info, size=info.size + lie) for uid, info in super().sizes(uids).items()}

    raw = big(9 * MIB)
    dovecot.deliver(account.username, raw)
    with Liar(account) as mailbox:
        assert reception(database, store).poll(mailbox).new_letters == 1
    assert kept(database, store) == [raw]
    assert partials(store) == []


@on_sqlite
def test_a_message_that_turns_out_over_the_limit_is_on_the_ledger(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    class Liar(Mailbox):
        def sizes(self, uids):  # type: ignore[no-untyped-def]
            return {uid: replace(info, size=9 * MIB) for uid, info in super().sizes(uids).items()}

    dovecot.deliver(account.username, big(12 * MIB))
    with Liar(account) as mailbox:
        report = reception(database, store, limit=10 * MIB).poll(mailbox)
    assert report == PollReport(on_server=1, new_letters=0, waiting=0)
    assert outcomes(database) == {"too-big": 1}
    assert partials(store) == []


# --- one message among many ----------------------------------------------------------------------------------


@on_sqlite
def test_one_message_that_cannot_be_recorded_keeps_no_other_one_waiting(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    later: Callable[[timedelta], None],
) -> None:
    raws = [mail().replace(b"\n", b"\r\n") for _ in range(6)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    hated = hashlib.sha256(raws[2]).hexdigest()
    with database.write() as session:
        session.connection().execute(
            text(
                f"CREATE TRIGGER no_such_letter BEFORE INSERT ON letters WHEN NEW.raw_sha256 = '{hated}' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )
    for pause in [timedelta(), *PAUSES]:
        later(pause)
        poll(database, store, account)
    assert outcomes(database) == {"stored": 5, "failed": 1}
    assert numbers(database) == [1, 2, 3, 4, 5]
    assert kept(database, store) == [*raws[:2], *raws[3:]]
    (row,) = not_taken_in(database)
    assert (row.problem, row.subject) == ("not-recorded", "Groapa din strada Gheorghe Lazar")
    with database.write() as session:
        session.connection().execute(text("DROP TRIGGER no_such_letter"))
        assert row.id is not None
        release(session, row.id, at=clock.now(), actor="otilia")
    assert poll(database, store, account) == PollReport(on_server=6, new_letters=1, waiting=0)
    assert numbers(database) == [1, 2, 3, 4, 5, 6]


@on_sqlite
@pytest.mark.parametrize("question", ["sizes", "fetch"])
def test_one_message_at_which_the_server_breaks_off_is_given_to_a_person_and_the_others_arrive(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    later: Callable[[timedelta], None],
    question: str,
) -> None:
    class Poisoned(Mailbox):
        def sizes(self, uids):  # type: ignore[no-untyped-def]
            self._swallow("sizes", uids)
            return super().sizes(uids)

        def fetch(self, uids):  # type: ignore[no-untyped-def]
            self._swallow("fetch", uids)
            return super().fetch(uids)

        def _swallow(self, what: str, uids: list[int]) -> None:
            if what == question and 30 in uids:
                raise self._broken("the server does not like this one")

    for _ in range(100):
        dovecot.deliver(account.username, mail())
    receiving = reception(database, store)
    breaks = 0
    for minutes in range(60):
        later(timedelta(minutes=minutes))
        try:
            with Poisoned(account) as mailbox:
                report = receiving.poll(mailbox)
        except MailboxConnectionLost:
            breaks += 1
        else:
            if report.waiting == 0:
                break
        if minutes == 6:
            assert outcomes(database)["stored"] == 99  # the others do not wait for the last try
    assert outcomes(database) == {"stored": 99, "failed": 1}
    assert breaks <= 15
    (row,) = not_taken_in(database)
    assert (row.key, row.problem, row.subject) == ("30", "fetch-failed", "Groapa din strada Gheorghe Lazar")


@on_sqlite
def test_a_worker_that_ends_does_not_wait_for_a_backlog(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    stop = threading.Event()

    class Ended(Mailbox):
        def fetch(self, uids):  # type: ignore[no-untyped-def]
            stop.set()
            return super().fetch(uids)

    for _ in range(120):
        dovecot.deliver(account.username, mail())
    with Ended(account) as mailbox:
        report = reception(database, store).poll(mailbox, stop)
    assert report == PollReport(on_server=120, new_letters=50, waiting=70)
    assert poll(database, store, account).new_letters == 70


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
        }[what]  # type: ignore[arg-type]
    )
    for _ in range(2):
        with pytest.raises(WRONG[what]):
            MailboxPoller(house, wrong).poll()
    with house.database.read() as session:
        state = session.get_one(MailboxState, ("primaria", wrong.folder))
        assert state.consecutive_failures == 2
        assert state.last_success_at is None
        assert any(letter in state.problem for letter in "ăâîșț"), state.problem
        assert state.problem.endswith((".", str(exposed)))
        assert "[" not in state.problem
        assert dovecot.password not in state.problem
    MailboxPoller(house, right).poll()
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
                if 51 in uids:
                    server.kill()
                return super().fetch(uids)

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


class Always(random.Random):
    """Cuts every connection after the same number of bytes (10 to this power)."""

    def __init__(self, power: float) -> None:
        self.power = power

    def uniform(self, a: float, b: float) -> float:
        return self.power


@on_sqlite
@pytest.mark.parametrize("new_process", [False, True])
def test_a_big_message_goes_on_where_a_line_broke_off_that_never_lasts_for_all_of_it(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount, new_process: bool
) -> None:
    raws = [big(14 * MIB), *[mail().replace(b"\n", b"\r\n") for _ in range(3)]]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    with cutting_proxy(dovecot.imap_port, Always(6.6)) as port:  # 4 MB
        broken = replace(account, security="plain", host="127.0.0.1", port=port)
        receiving, failures = reception(database, store), 0
        while letters_of(database) < 4:
            if new_process:
                receiving = reception(database, store)
            try:
                with Mailbox(broken) as mailbox:
                    receiving.poll(mailbox)
            except MailboxConnectionLost:
                failures += 1
            assert failures < 20
    assert failures >= 3
    assert sorted(kept(database, store)) == sorted(raws)
    assert partials(store) == []


@on_sqlite
def test_a_big_message_keeps_no_small_one_waiting(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raws = [big(9 * MIB), *[mail().replace(b"\n", b"\r\n") for _ in range(3)]]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    with cutting_proxy(dovecot.imap_port, Always(6.3)) as port:  # 2 MB
        broken = replace(account, security="plain", host="127.0.0.1", port=port)
        with pytest.raises(MailboxConnectionLost):
            poll(database, store, broken)
    assert sorted(kept(database, store)) == sorted(raws[1:])


@on_sqlite
def test_on_a_line_that_lasts_for_some_kilobytes_everything_arrives(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raws = [mail().replace(b"\n", b"\r\n") for _ in range(60)]
    raws[20] = big(200_000)
    for raw in raws:
        dovecot.deliver(account.username, raw)
    with cutting_proxy(dovecot.imap_port, Always(4.6)) as port:  # 40 kB
        broken = replace(account, security="plain", host="127.0.0.1", port=port)
        receiving = reception(database, store)
        for _ in range(100):
            with suppress(MailboxConnectionLost), Mailbox(broken) as mailbox:
                receiving.poll(mailbox)
            if letters_of(database) == 60:
                break
    assert sorted(kept(database, store)) == sorted(raws)
    assert numbers(database) == list(range(1, 61))
    assert outcomes(database) == {"stored": 60}


@on_sqlite
def test_what_came_of_a_big_message_is_thrown_away_when_the_message_is_gone(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    dovecot.deliver(account.username, big(9 * MIB))
    receiving = reception(database, store)
    with cutting_proxy(dovecot.imap_port, Always(6.6)) as port:
        broken = replace(account, security="plain", host="127.0.0.1", port=port)
        with pytest.raises(MailboxConnectionLost), Mailbox(broken) as mailbox:
            receiving.poll(mailbox)
    assert len(partials(store)) == 1
    with other_program(dovecot, account.username) as client:
        client.delete_messages([1])
        client.expunge([1])
    with Mailbox(account) as mailbox:
        assert receiving.poll(mailbox) == PollReport(on_server=0, new_letters=0, waiting=0)
    assert partials(store) == []


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
