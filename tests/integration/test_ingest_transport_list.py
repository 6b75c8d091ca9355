"""The trial's list of what a mailbox, its server, its staff, the disk and the clock do to us (mail, section 10).

What is not here is in test_ingest_mailbox, test_ingest_receive and test_ingest_faults.
"""

import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from imaplib import IMAP4
from pathlib import Path

import pytest
from imapclient import IMAPClient
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from config import clock
from ingest.connection import MailboxAccount
from ingest.errors import MailboxConnectionLost, MailboxError, MailboxLoginRefused
from ingest.mailbox import Mailbox
from ingest.receive import Reception
from registry import audit
from registry.database import Database
from registry.models import LedgerEntry, Letter, RawFile, RegisterEntry
from registry.store import FileStore
from tests.support import dovecot as dovecot_support
from tests.support.dovecot import DovecotServer
from tests.support.dying import disk_fails_at, listening
from tests.support.fault_line import FaultLine
from tests.support.mailboxes import account_on, other_program
from tests.support.mails import mail, text
from tests.support.meddling_line import MeddlingLine, tells_of
from tests.support.receiver import Job, Nursery, poll_once
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.waiting import wait_until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
REAL_NOW = clock.now
DAY = timedelta(days=1)


@pytest.fixture
def account(dovecot: DovecotServer, mailbox_user: str) -> MailboxAccount:
    return account_on(dovecot, mailbox_user)


@pytest.fixture
def line(dovecot: DovecotServer) -> Iterator[MeddlingLine]:
    with MeddlingLine(dovecot.imap_port) as line:
        yield line


@pytest.fixture
def meddled(account: MailboxAccount, line: MeddlingLine) -> MailboxAccount:
    """The same mailbox, over a line on which things can be done."""
    return replace(account, security="plain", host=line.host, port=line.port)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Set the clock so much ahead of the real one."""

    def move(ahead: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: REAL_NOW() + ahead)

    return move


def letters(database: Database) -> int:
    with database.read() as session:
        return len(session.exec(select(Letter.id)).all())


def kept(database: Database, store: FileStore) -> Counter[bytes]:
    """The bytes of all letters."""
    with database.read() as session:
        return Counter(store.read(sha256) for sha256 in session.exec(select(Letter.raw_sha256)))


def as_kept(raws: list[bytes]) -> Counter[bytes]:
    return Counter(raw.replace(b"\n", b"\r\n") for raw in raws)


def outcomes(database: Database) -> Counter[str]:
    with database.read() as session:
        return Counter(session.exec(select(LedgerEntry.outcome)))


def places(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.exec(select(LedgerEntry.place)))


def assert_whole(database: Database, store: FileStore) -> None:
    """Every letter has its number, the numbers of a year have no gaps, every file is there, the trail holds."""
    with database.read() as session:
        entries = session.exec(select(RegisterEntry.id, RegisterEntry.year, RegisterEntry.number)).all()
        assert {entry for entry, _, _ in entries} == set(session.exec(select(Letter.entry_id)))
        for wanted in {year for _, year, _ in entries}:
            numbers = sorted(number for _, year, number in entries if year == wanted)
            assert numbers == list(range(1, len(numbers) + 1)), wanted
        for sha256 in session.exec(select(RawFile.sha256)):
            store.read(sha256)
        assert list(audit.broken_links(session)) == []


# --- the server's answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", [b"", b"BODY["], ids=["every answer", "the body only"])
def test_a_message_missing_from_an_answer_is_owed_and_comes_later(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    meddled: MailboxAccount,
    line: MeddlingLine,
    item: bytes,
    later: Callable[[timedelta], None],
) -> None:
    raws = [mail() for _ in range(3)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    line.keeps_back = tells_of(2, item)
    report = poll_once(database, store, meddled)
    assert (report.on_server, report.new_letters, report.waiting) == (3, 2, 1)
    assert outcomes(database) == {"stored": 2, "waiting": 1}
    line.keeps_back = lambda answer: False
    later(DAY)
    report = poll_once(database, store, meddled)
    assert (report.new_letters, report.waiting) == (1, 0)
    assert kept(database, store) == as_kept(raws)
    assert_whole(database, store)


@on_sqlite
def test_a_file_removed_under_the_server_is_on_the_ledger_and_the_others_arrive(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    meddled: MailboxAccount,
    line: MeddlingLine,
    later: Callable[[timedelta], None],
) -> None:
    raws = [mail() for _ in range(3)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    line.before[b"BODY.PEEK[]"] = lambda: dovecot.files(account.username)[1].unlink()
    gone_wrong = 0
    for attempt in range(3):  # the server may break the line over it once
        try:
            report = poll_once(database, store, meddled)
        except MailboxError:
            gone_wrong += 1
            continue
        if report.waiting == 0:
            break
        later(DAY * (attempt + 1))
    assert gone_wrong <= 1
    assert letters(database) == 2
    assert kept(database, store) <= as_kept(raws)
    assert outcomes(database)["waiting"] == 0
    assert_whole(database, store)


@on_sqlite
@pytest.mark.parametrize(
    ("budget", "restarted"),
    [(1_300_000, False), (3_000_000, False), (3_000_000, True)],
    ids=["one piece at a time", "two pieces at a time", "two pieces at a time, a new program each time"],
)
def test_a_big_mail_gets_through_a_line_that_breaks_again_and_again(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    later: Callable[[timedelta], None],
    budget: int,
    restarted: bool,
) -> None:
    raws = [mail() + (b"x" * 900 + b"\n") * 13_000, mail()]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    reception = Reception(database, store, account="primaria", folder="INBOX")
    polls = 0
    with FaultLine(dovecot.imaps_port) as line:
        over_it = replace(account, port=line.port)
        while letters(database) < 2:
            polls += 1
            assert polls < 200, f"200 polls and {outcomes(database)}"
            later(DAY * polls)  # the pause after a failed try has gone by
            line.cut_after(budget)
            with suppress(MailboxError):
                if restarted:
                    poll_once(database, store, over_it)
                else:
                    with Mailbox(over_it) as mailbox:
                        reception.poll(mailbox)
    assert polls > 3, "the line was not cut; the test says nothing"
    assert kept(database, store) == as_kept(raws)
    assert_whole(database, store)


# --- UIDVALIDITY ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("removed", [0, 3], ids=["same UIDs", "smaller UIDs"])
def test_after_a_lost_index_old_mail_is_known_and_new_mail_under_a_used_uid_arrives(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount, removed: int
) -> None:
    raws = [mail() for _ in range(6)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
        poll_once(database, store, account)
    with other_program(dovecot, account.username) as client:
        uids = client.search("ALL")
        if removed:
            client.delete_messages(uids[:removed])
            client.expunge(uids[:removed])
    dovecot.renew_uidvalidity(account.username)
    raws += [mail() for _ in range(removed)]
    for raw in raws[6:]:
        dovecot.deliver(account.username, raw)
    report = poll_once(database, store, account)
    assert (report.on_server, report.new_letters, report.waiting) == (6, removed, 0)
    with other_program(dovecot, account.username) as client:
        assert client.search("ALL") == uids  # the same numbers, of other messages if some were removed
    assert kept(database, store) == as_kept(raws)
    assert len(places(database)) == 2
    assert outcomes(database) == {"stored": 6 + removed, "duplicate": 6 - removed}
    assert_whole(database, store)


def test_an_index_lost_in_the_middle_of_a_poll_loses_nothing(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    meddled: MailboxAccount,
    line: MeddlingLine,
) -> None:
    raws = [mail() for _ in range(5)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    for command in (b"SEARCH", b"RFC822.SIZE", b"BODY.PEEK[]"):
        line.before[command] = lambda: dovecot.renew_uidvalidity(account.username)
        wait_until(lambda: _settled(database, store, meddled), what=f"a good poll after a loss before {command!r}")
        assert line.before == {}
        raws.append(mail())
        dovecot.deliver(account.username, raws[-1])
    wait_until(lambda: _settled(database, store, meddled), what="a last good poll")
    assert kept(database, store) == as_kept(raws)
    assert_whole(database, store)


def _settled(database: Database, store: FileStore, account: MailboxAccount) -> bool:
    try:
        return poll_once(database, store, account).waiting == 0
    except MailboxError:
        return False


# --- staff ---------------------------------------------------------------------------------------------------


def _delete(client: IMAPClient, uids: list[int]) -> None:
    client.delete_messages(uids)
    client.expunge(uids)


def _move(client: IMAPClient, uids: list[int]) -> None:
    client.create_folder("Rezolvate")
    client.move(uids, "Rezolvate")


def _read(client: IMAPClient, uids: list[int]) -> None:
    client.fetch(uids, [b"BODY[]"])


@on_sqlite
@pytest.mark.parametrize("command", [b"NOOP", b"SEARCH", b"RFC822.SIZE", b"BODY.PEEK[]", b"LOGOUT"])
@pytest.mark.parametrize("act", [_delete, _move, _read])
def test_staff_at_work_at_any_moment_of_a_poll_cost_only_what_they_took_away(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    meddled: MailboxAccount,
    line: MeddlingLine,
    act: Callable[[IMAPClient, list[int]], None],
    command: bytes,
    later: Callable[[timedelta], None],
) -> None:
    raws = [mail() for _ in range(3)]
    for raw in raws:
        dovecot.deliver(account.username, raw)

    def work() -> None:
        with other_program(dovecot, account.username) as client:
            act(client, client.search("ALL")[1:2])

    line.before[command] = work
    poll_once(database, store, meddled)
    if line.before:  # this way of polling does not say it
        work()
    later(DAY)
    raws.append(mail())
    dovecot.deliver(account.username, raws[-1])
    poll_once(database, store, meddled)
    if act is _move:
        with other_program(dovecot, account.username) as client:
            client.select_folder("Rezolvate")
            client.move(client.search("ALL"), "INBOX")
        poll_once(database, store, meddled)
    if act is _delete and letters(database) == 3:
        assert kept(database, store) <= as_kept(raws)
        with database.read() as session:
            assert set(session.exec(select(LedgerEntry.outcome).where(LedgerEntry.key == "2"))) <= {"vanished"}
    else:
        assert kept(database, store) == as_kept(raws)
    assert set(outcomes(database)) <= {"stored", "duplicate", "vanished"}
    assert_whole(database, store)


def _remove_file(_: IMAPClient, __: list[int]) -> None:
    """Removed under the server, see the caller."""


@on_sqlite
@pytest.mark.parametrize("act", [_delete, _move, _remove_file])
def test_a_big_message_taken_away_while_it_comes_is_no_letter_cut_off(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    meddled: MailboxAccount,
    line: MeddlingLine,
    act: Callable[[IMAPClient, list[int]], None],
    later: Callable[[timedelta], None],
) -> None:
    small, big = mail(), mail() + (b"x" * 900 + b"\n") * 12_000
    for raw in (small, big):
        dovecot.deliver(account.username, raw)

    def work() -> None:
        if act is _remove_file:
            max(dovecot.files(account.username), key=lambda path: path.stat().st_size).unlink()
        with other_program(dovecot, account.username) as client:
            act(client, [2])

    line.before[b"<3145728."] = work
    with suppress(MailboxError):
        poll_once(database, store, meddled)
    assert line.before == {}, "it did not come in pieces; the test says nothing"
    later(DAY)
    wait_until(lambda: _settled(database, store, meddled), what="a good poll")
    assert kept(database, store) == as_kept([small])
    assert outcomes(database) == {"stored": 1, "vanished": 1}
    if act is _move:
        with other_program(dovecot, account.username) as client:
            client.select_folder("Rezolvate")
            client.move(client.search("ALL"), "INBOX")
        poll_once(database, store, meddled)
        assert kept(database, store) == as_kept([small, big])
    assert_whole(database, store)


# --- folders -------------------------------------------------------------------------------------------------


class ReadersDovecot(DovecotServer):
    """A server on which the inbox of everybody may be read and nothing more (ACL rights "lr")."""

    def _configuration(self, certificate: Path, key: Path) -> str:
        acls = self.folder / "acls"
        acls.mkdir()
        (acls / "INBOX").write_text("owner lr\n")
        rules = f"mail_plugins = acl\nplugin {{\n  acl = vfile:{acls}\n}}\n"
        return super()._configuration(certificate, key) + rules


@on_sqlite
def test_the_right_to_read_a_folder_is_enough(database: Database, store: FileStore, mailbox_user: str) -> None:
    if dovecot_support.BINARY is None:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
    server = ReadersDovecot()
    try:
        server.start()
        raws = [mail() for _ in range(4)]
        for raw in raws:
            server.deliver(mailbox_user, raw)
        with pytest.raises(IMAP4.readonly), other_program(server, mailbox_user):
            pass
        account = account_on(server, mailbox_user)
        assert poll_once(database, store, account).new_letters == 4
        raws.append(mail())
        server.deliver(mailbox_user, raws[-1])
        assert poll_once(database, store, account).new_letters == 1
        assert kept(database, store) == as_kept(raws)
    finally:
        server.remove()


@pytest.mark.parametrize(
    "folder", ["Petiții", "Ședințe/Hotărâri & anexe", "INBOX/Întâmpinări", "Beérkezett ügyek – „új”"]
)
@on_sqlite
def test_a_folder_with_diacritics_is_read(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount, folder: str
) -> None:
    folder = folder.replace("/", ".")  # the separator of this server
    with other_program(dovecot, account.username) as client:
        client.create_folder(folder)
        client.append(folder, mail())
        client.append("INBOX", mail())
    there = replace(account, folder=folder)
    assert poll_once(database, store, there).new_letters == 1
    assert poll_once(database, store, there).new_letters == 0
    (place,) = places(database)
    assert folder in place
    assert poll_once(database, store, account).new_letters == 1  # the inbox is another place


# --- passwords -----------------------------------------------------------------------------------------------


@on_sqlite
def test_a_wrong_password_and_then_the_right_one(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    dovecot.deliver(account.username, mail())
    for _ in range(2):
        with pytest.raises(MailboxLoginRefused):
            poll_once(database, store, replace(account, password="învechită"))
    assert poll_once(database, store, account).new_letters == 1


# --- two daemons ---------------------------------------------------------------------------------------------


def _wait_for_letters(database: Database, count: int) -> None:
    wait_until(lambda: letters(database) == count, what=f"{count} letters")


def test_three_daemons_on_one_mailbox_make_each_mail_one_letter(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    nursery: Nursery,
    tmp_path: Path,
) -> None:
    raws = [mail() for _ in range(90)]
    job = Job(database.url, store.folder, account, tmp_path / "receivers.log", pause=0.01)
    receivers = [nursery.start(job) for _ in range(3)]
    for number, raw in enumerate(raws):
        dovecot.deliver(account.username, raw)
        if number % 30 == 29:
            _wait_for_letters(database, number + 1)
    for receiver in receivers:
        nursery.end(receiver, signal.SIGTERM)
    assert poll_once(database, store, account).waiting == 0
    assert kept(database, store) == as_kept(raws)
    with database.read() as session:
        rows = session.exec(select(LedgerEntry.key, LedgerEntry.letter_id)).all()
    assert len(rows) == len({key for key, _ in rows}) == 90
    assert all(letter is not None for _, letter in rows)
    assert_whole(database, store)


# --- the disk ------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 8) as disk:
        if disk is None:
            pytest.skip("only root may mount a small disk; see the next test for each write")
        yield disk


def test_a_disk_that_is_full_at_any_page_leaves_nothing_half_registered(
    disk: SmallDisk, migrated_file: Path, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    shutil.copy(migrated_file, disk.folder / "cabinet.db")
    database = Database(f"sqlite:///{disk.folder / 'cabinet.db'}")
    store = FileStore(disk.folder / "store")
    raws: list[bytes] = []
    failures: Counter[str] = Counter()
    poll_once(database, store, account)  # the daemon runs when the disk fills up
    try:
        for pages in range(200):
            raws += [mail(text("un rand de text\n" * 400)), mail()]
            for raw in raws[-2:]:
                dovecot.deliver(account.username, raw)
            disk.fill(leave_pages=pages)
            try:
                poll_once(database, store, account)
                enough = True
            except (OSError, OperationalError) as failure:
                failures[type(failure).__name__] += 1
                enough = False
            assert_whole(database, store)
            disk.make_room()
            poll_once(database, store, account)
            assert kept(database, store) == as_kept(raws)
            if enough and pages > 20:
                break
        assert failures["OSError"] > 0, "the store never met the full disk"
        assert failures["OperationalError"] > 0, "the record never met the full disk"
        assert outcomes(database) == {"stored": len(raws)}
        assert_whole(database, store)
        store.sweep(clock.now() + 2 * DAY)
        assert list((store.folder / "incoming").iterdir()) == []
    finally:
        database.close()


@on_sqlite
def test_a_write_that_fails_at_any_place_leaves_nothing_half_registered(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raws: list[bytes] = []
    failures: Counter[str] = Counter()
    number = 0
    while True:
        number += 1
        raws += [mail(), mail()]
        for raw in raws[-2:]:
            dovecot.deliver(account.username, raw)
        with disk_fails_at(number) as writes, suppress(OSError):
            poll_once(database, store, account)
        assert_whole(database, store)
        poll_once(database, store, account)
        assert letters(database) == len(raws)
        if len(writes) < number:
            break
        failures[writes[-1]] += 1
    assert kept(database, store) == as_kept(raws)
    assert {"fsync", "rename", "write"} <= set(failures), failures
    assert outcomes(database) == {"stored": len(raws)}


# --- the clock -----------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_changes_neither_letters_nor_numbers(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    later: Callable[[timedelta], None],
) -> None:
    raws: list[bytes] = []
    for ahead in (timedelta(), 3 * 365 * DAY, -2 * 365 * DAY, timedelta(seconds=-1), 3 * 365 * DAY, timedelta()):
        later(ahead)
        raws += [mail(), mail()]
        for raw in raws[-2:]:
            dovecot.deliver(account.username, raw)
        report = poll_once(database, store, account)
        assert (report.new_letters, report.waiting) == (2, 0)
        assert poll_once(database, store, account).new_letters == 0
        assert_whole(database, store)
    assert kept(database, store) == as_kept(raws)


@on_sqlite
def test_a_message_owed_is_not_put_off_for_years_by_a_clock_that_was_ahead(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    meddled: MailboxAccount,
    line: MeddlingLine,
    later: Callable[[timedelta], None],
) -> None:
    dovecot.deliver(account.username, mail())
    line.keeps_back = tells_of(1)
    later(3 * 365 * DAY)
    assert poll_once(database, store, meddled).waiting == 1
    line.keeps_back = lambda answer: False
    later(DAY)
    assert poll_once(database, store, meddled).new_letters == 1


@on_sqlite
def test_a_sweep_by_a_program_whose_clock_is_ahead_costs_one_poll(
    database: Database, store: FileStore, dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raws = [mail() for _ in range(3)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    swept = 0

    def sweep_before_the_rename(_: int, moment: str) -> None:
        nonlocal swept
        if moment == "c_call:rename" and not swept:
            swept += store.sweep(clock.now() + 400 * DAY)

    with listening(sweep_before_the_rename):
        try:
            poll_once(database, store, account)
        except FileNotFoundError:
            assert_whole(database, store)
    assert swept, "nothing was swept; the test says nothing"
    poll_once(database, store, account)
    assert kept(database, store) == as_kept(raws)
    assert_whole(database, store)


# --- crashes -------------------------------------------------------------------------------------------------


def _crash_points(moments: list[str]) -> list[int]:
    """Before and after each kind of durable write and the commits, and a share of all other moments."""
    weighty = [
        number
        for number, moment in enumerate(moments, start=1)
        if moment.rpartition(":")[2] in ("fsync", "rename", "replace", "link", "commit")
    ]
    before_and_after_in_turn = [number for place, number in enumerate(weighty) if place % 4 in (0, 3)]
    return sorted({*before_and_after_in_turn, *range(1, len(moments) + 1, 40)})


def _crash_at(
    points: Callable[[list[str]], list[int]],
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    nursery: Nursery,
    folder: Path,
) -> tuple[int, int]:
    """Let a process that receives two mails die at each of these moments; moments chosen and deaths."""
    job = Job(database.url, store.folder, account, folder / "crashes.log")
    raws: list[bytes] = []

    def two_mails() -> None:
        raws.extend([mail(), mail()])
        for raw in raws[-2:]:
            dovecot.deliver(account.username, raw)

    for _ in range(2):  # the first one makes folders
        two_mails()
        nursery.wait(nursery.start(replace(job, die_at=0)))
    moments = job.log.read_text().rpartition("moments:")[2].split()
    chosen = points(moments)
    for number in chosen:
        two_mails()
        nursery.wait(nursery.start(replace(job, die_at=number)))
        assert_whole(database, store)
        poll_once(database, store, account)
        assert letters(database) == len(raws), f"after a death at {moments[number - 1]} ({number})"
    assert kept(database, store) == as_kept(raws)
    assert outcomes(database) == {"stored": len(raws)}
    assert_whole(database, store)
    store.sweep(clock.now() + 2 * DAY)
    assert list((store.folder / "incoming").iterdir()) == []
    return len(chosen), job.log.read_text().count("dies: ")


def test_a_crash_before_or_after_any_step_loses_and_doubles_nothing(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    nursery: Nursery,
    tmp_path: Path,
) -> None:
    chosen, deaths = _crash_at(_crash_points, database, store, dovecot, account, nursery, tmp_path)
    assert chosen >= 15
    # The process may talk a little less than in the rehearsal, so the very last moments may not come.
    assert deaths >= chosen - 3


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_crash_at_every_single_moment_loses_and_doubles_nothing(
    database: Database,
    store: FileStore,
    dovecot: DovecotServer,
    account: MailboxAccount,
    nursery: Nursery,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def every_one(moments: list[str]) -> list[int]:
        return list(range(1, len(moments) + 1))

    chosen, deaths = _crash_at(every_one, database, store, dovecot, account, nursery, tmp_path)
    with capsys.disabled():
        print(f"\n{database.engine.dialect.name}: {deaths} deaths at {chosen} moments, 0 lost, 0 doubled")
    assert deaths >= chosen - 10


# --- waiting for news ----------------------------------------------------------------------------------------


def _never() -> bool:
    return False


def test_the_server_tells_of_new_mail(dovecot: DovecotServer, account: MailboxAccount, line: MeddlingLine) -> None:
    with Mailbox(replace(account, security="plain", host=line.host, port=line.port)) as mailbox:
        assert mailbox.tells_news
        line.after[b"IDLE"] = lambda: dovecot.deliver_by_lmtp(account.username, mail())
        assert mailbox.wait_for_news(60, _never)
        assert len(mailbox.uids()) == 1
        assert not mailbox.wait_for_news(0.2, _never)


def test_what_staff_delete_is_no_news(dovecot: DovecotServer, account: MailboxAccount, line: MeddlingLine) -> None:
    dovecot.deliver(account.username, mail())
    with Mailbox(replace(account, security="plain", host=line.host, port=line.port)) as mailbox:
        assert len(mailbox.uids()) == 1

        def delete() -> None:
            with other_program(dovecot, account.username) as client:
                _delete(client, client.search("ALL"))

        line.after[b"IDLE"] = delete
        assert not mailbox.wait_for_news(1.5, _never)
        assert line.after == {}
        assert mailbox.uids() == []


@pytest.mark.parametrize("security", ["tls", "plain"])
def test_a_line_that_ends_while_we_wait_for_news_is_noticed(
    dovecot: DovecotServer, account: MailboxAccount, security: str
) -> None:
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    with FaultLine(port) as line:
        there = replace(account, security=security, host=line.host, port=line.port)  # type: ignore[arg-type]
        with Mailbox(there) as mailbox:
            looks = 0

            def cut_at_the_second_look() -> bool:
                nonlocal looks
                looks += 1
                if looks == 2:
                    line.cut_now()
                return False

            with pytest.raises(MailboxConnectionLost):
                mailbox.wait_for_news(250, cut_at_the_second_look)
            with pytest.raises(MailboxConnectionLost):
                mailbox.uids()


def test_who_must_stop_waits_no_longer(account: MailboxAccount) -> None:
    looks: list[int] = []

    def stopped() -> bool:
        looks.append(1)
        return len(looks) > 1

    with Mailbox(account) as mailbox:
        assert not mailbox.wait_for_news(250, stopped)
