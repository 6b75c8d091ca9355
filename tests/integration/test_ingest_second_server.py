"""Receiving from a second IMAP server, pymap, so that nothing of Dovecot's own habits is relied upon."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from ingest.connection import MailboxAccount
from ingest.errors import (
    MailboxCertificateNotTrusted,
    MailboxConnectionLost,
    MailboxError,
    MailboxFolderMissing,
    MailboxLoginRefused,
)
from ingest.mailbox import Mailbox
from registry.database import Database
from registry.models import LedgerEntry, Letter, RegisterEntry
from registry.store import FileStore
from tests.support.fault_line import FaultLine
from tests.support.mails import PDF, Container, file, mail, text
from tests.support.pymap_server import PymapServer, staff_at
from tests.support.receiver import poll_once
from tests.support.waiting import wait_until

IN_PIECES_ABOVE = 8 * 1024 * 1024


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A record on SQLite: what differs here is the mail server."""
    shutil.copy(migrated_file, tmp_path / "cabinet.db")
    record = Database(f"sqlite:///{tmp_path / 'cabinet.db'}")
    yield record
    record.close()


@pytest.fixture(scope="module")
def server() -> Iterator[PymapServer]:
    server = PymapServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def account(server: PymapServer) -> MailboxAccount:
    return server.new_user()


def subjects(database: Database, store: FileStore) -> list[str]:
    """The subject of each letter, in order of subjects; the numbers must have no gaps."""
    with database.read() as session:
        numbers = sorted(session.exec(select(RegisterEntry.number)))
        hashes = session.exec(select(Letter.raw_sha256)).all()
    assert numbers == list(range(1, len(hashes) + 1))
    raws = [store.read(sha256) for sha256 in hashes]
    return sorted(raw.partition(b"Subject: ")[2].partition(b"\n")[0].strip().decode() for raw in raws)


def outcome(database: Database, uid: int) -> str:
    with database.read() as session:
        return session.exec(select(LedgerEntry.outcome).where(LedgerEntry.key == str(uid))).one()


def test_mail_becomes_letters_and_new_mail_too(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount
) -> None:
    for number in range(60):  # more than one batch
        server.deliver(account.username, mail(subject=f"Cerere {number:02}"))
    report = poll_once(database, store, account)
    assert (report.on_server, report.new_letters, report.waiting) == (60, 60, 0)
    assert poll_once(database, store, account).new_letters == 0
    server.deliver(account.username, mail(subject="Cerere 60"))
    assert poll_once(database, store, account).new_letters == 1
    assert subjects(database, store) == [f"Cerere {number:02}" for number in range(61)]


def test_an_attachment_arrives_whole(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount
) -> None:
    raw = mail(Container([text(), file(PDF, "application/pdf", "cerere.pdf")]))
    server.deliver(account.username, raw)
    poll_once(database, store, account)
    with database.read() as session:
        (sha256,) = session.exec(select(Letter.raw_sha256))
    assert store.read(sha256).splitlines() == raw.splitlines()


def test_a_lost_index_is_a_new_uidvalidity_and_no_second_letter(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount
) -> None:
    for number in range(5):
        server.deliver(account.username, mail(subject=f"Cerere {number}"))
    poll_once(database, store, account)
    with Mailbox(account) as mailbox:
        before = mailbox.uidvalidity
    server.lose_index(account.username)
    server.deliver(account.username, mail(subject="Cerere 5"))
    report = poll_once(database, store, account)
    assert (report.on_server, report.new_letters, report.waiting) == (6, 1, 0)
    with Mailbox(account) as mailbox:
        assert mailbox.uidvalidity != before
    assert subjects(database, store) == [f"Cerere {number}" for number in range(6)]


def test_what_staff_delete_and_move_is_neither_lost_nor_doubled(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount
) -> None:
    for number in range(4):
        server.deliver(account.username, mail(subject=f"Cerere {number}"))
    poll_once(database, store, account)
    with staff_at(account) as client:
        read, moved, deleted, *_ = client.search("ALL")
        client.fetch([read], [b"BODY[]"])
        client.create_folder("Rezolvate")
        client.move([moved], "Rezolvate")
        client.delete_messages([deleted])
        client.expunge([deleted])
    server.deliver(account.username, mail(subject="Cerere 4"))
    report = poll_once(database, store, account)
    assert (report.on_server, report.new_letters, report.waiting) == (3, 1, 0)
    with staff_at(account) as client:
        client.select_folder("Rezolvate")
        client.move(client.search("ALL"), "INBOX")
    assert poll_once(database, store, account).new_letters == 0
    assert subjects(database, store) == [f"Cerere {number}" for number in range(5)]


@pytest.mark.parametrize("moment", ["after the search", "after the sizes", "in its fourth piece"])
def test_a_message_that_vanishes_during_a_poll_is_on_the_ledger_and_no_empty_letter(
    database: Database,
    store: FileStore,
    server: PymapServer,
    account: MailboxAccount,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    big = text(("x" * 900 + "\n") * 10_000)
    files = [
        server.deliver(
            account.username,
            mail(big if moment == "in its fourth piece" and number == 1 else None, subject=f"Cerere {number}"),
        )
        for number in range(3)
    ]
    name, when = {
        "after the search": ("uids", 1),
        "after the sizes": ("sizes", 1),
        "in its fourth piece": ("piece", 3),
    }[moment]
    asked = getattr(Mailbox, name)
    gone: list[int] = []
    times = 0

    def ask_and_lose(mailbox: Mailbox, *about: object) -> object:
        nonlocal times
        answer = asked(mailbox, *about)
        times += 1
        if times == when:
            gone.append(_uid_of(server, account, files[1].name))
            for path in (server.mail / account.username).rglob(f"{files[1].name}*"):
                path.unlink()
        return answer

    monkeypatch.setattr(Mailbox, name, ask_and_lose)
    report = poll_once(database, store, account)
    assert subjects(database, store) == ["Cerere 0", "Cerere 2"]
    assert (report.new_letters, report.waiting) == (2, 0)
    assert outcome(database, gone[0]) == "vanished"


def _uid_of(server: PymapServer, account: MailboxAccount, key: str) -> int:
    lines = (server.mail / account.username / "dovecot-uidlist").read_text().splitlines()
    return next(int(line.split()[0]) for line in lines if f":{key}" in line)


def test_a_big_mail_comes_in_pieces(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount
) -> None:
    raw = mail(text(("x" * 900 + "\n") * (IN_PIECES_ABOVE // 900 + 1000)))
    server.deliver(account.username, raw)
    server.deliver(account.username, mail())
    assert poll_once(database, store, account).new_letters == 2
    with database.read() as session:
        sizes = [store.size(sha256) for sha256 in session.exec(select(Letter.raw_sha256))]
    assert max(sizes) > IN_PIECES_ABOVE
    assert len(raw) in sizes


def test_wrong_passwords_certificates_and_folders_are_refused_by_name(
    server: PymapServer, account: MailboxAccount
) -> None:
    for wrong, error in (
        ({"password": "greșită"}, MailboxLoginRefused),
        ({"ca_file": None}, MailboxCertificateNotTrusted),
        ({"folder": "Petiții"}, MailboxFolderMissing),
    ):
        with pytest.raises(error):
            Mailbox(replace(account, **wrong))


def test_a_folder_with_diacritics_is_read(database: Database, store: FileStore, account: MailboxAccount) -> None:
    with staff_at(account) as client:
        client.create_folder("Petiții și cereri")
        client.append("Petiții și cereri", mail(subject="Cerere"))
    assert poll_once(database, store, replace(account, folder="Petiții și cereri")).new_letters == 1


def test_a_server_killed_and_started_again_costs_nothing(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount
) -> None:
    for number in range(10):
        server.deliver(account.username, mail(subject=f"Cerere {number}"))
    with Mailbox(account) as mailbox:
        assert len(mailbox.uids()) == 10
        server.kill()
        with pytest.raises(MailboxConnectionLost):
            mailbox.uids()
    with pytest.raises(MailboxError):
        poll_once(database, store, account)
    server.start()
    assert poll_once(database, store, account).new_letters == 10
    assert subjects(database, store) == [f"Cerere {number}" for number in range(10)]


@pytest.mark.parametrize("budget", [500, 3_000, 6_000, 20_000, 60_000])
def test_a_line_cut_anywhere_loses_and_doubles_nothing(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount, budget: int
) -> None:
    for number in range(10):
        server.deliver(account.username, mail(text("un rand de text\n" * 500), subject=f"Cerere {number}"))
    with FaultLine(server.port) as line:
        line.cut_after(budget)
        with pytest.raises(MailboxError):
            poll_once(database, store, replace(account, port=line.port))
        assert line.cuts == 1
        assert wait_until(lambda: poll_once(database, store, replace(account, port=line.port)).on_server == 10)
    assert subjects(database, store) == [f"Cerere {number}" for number in range(10)]


def test_reading_marks_nothing_as_read(
    database: Database, store: FileStore, server: PymapServer, account: MailboxAccount
) -> None:
    for _ in range(3):
        server.deliver(account.username, mail())
    poll_once(database, store, account)
    with staff_at(account) as client:
        assert not any(b"\\Seen" in flags for flags in client.get_flags(client.search("ALL")).values())


def test_the_server_tells_of_new_mail(server: PymapServer, account: MailboxAccount) -> None:
    with Mailbox(account) as mailbox:
        assert mailbox.tells_news
        looks = 0

        def append_at_the_second_look() -> bool:
            nonlocal looks
            looks += 1
            if looks == 2:
                with staff_at(account) as client:
                    client.append("INBOX", mail())
            return False

        assert mailbox.wait_for_news(60, append_at_the_second_look)
        assert len(mailbox.uids()) == 1


def test_a_server_killed_while_we_wait_for_news_is_noticed(server: PymapServer, account: MailboxAccount) -> None:
    looks = 0

    def kill_at_the_second_look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:
            server.kill()
        return False

    try:
        with Mailbox(account) as mailbox, pytest.raises(MailboxConnectionLost):
            mailbox.wait_for_news(250, kill_at_the_second_look)
    finally:
        server.start()
