"""`cabinet ingest`: mails, mailboxes and documents become letters once, whatever stands between them."""

import os
import signal
import stat
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from daemon import cli
from daemon.entering import BATCH, Entering, Summary
from daemon.errors import NoRoom
from daemon.finding import find
from registry.letters import Outcome
from registry.models import LedgerEntry, Letter, RegisterEntry
from tests.support.house import TestHouse, make_test_house
from tests.support.letters import scanned_page
from tests.support.mail_files import maildir, mbox
from tests.support.mails import mail, text
from tests.support.outlook_files import outlook_file
from tests.support.waiting import wait_until


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_test_house(tmp_path, sending=False)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "vechi"
    folder.mkdir()
    return folder


def enter(house: TestHouse, *paths: Path) -> Summary:
    summary = Summary()
    entering = Entering(house.house, summary, lambda _: None)
    for found in find(paths):
        entering.enter(found)
    entering.record()
    return summary


def ledger(house: TestHouse) -> list[tuple[str, str, str]]:
    with house.house.database.read() as session:
        rows = session.exec(select(LedgerEntry).order_by(LedgerEntry.id)).all()
    return [(row.key.partition(":")[0], row.outcome, row.problem) for row in rows]


def letters(house: TestHouse) -> list[Letter]:
    with house.house.database.read() as session:
        return list(session.exec(select(Letter).order_by(Letter.id)))


def test_every_mail_of_a_mailbox_file_is_one_letter_with_its_own_bytes(house: TestHouse, old: Path) -> None:
    mails = [mail(text(f"Scrisoarea {number}\n")) for number in range(BATCH + 7)]
    (old / "Inbox").write_bytes(mbox(mails))
    assert enter(house, old).new == BATCH + 7
    assert [house.house.store.read(letter.raw_sha256) for letter in letters(house)] == mails
    assert {letter.channel for letter in letters(house)} == {"email"}
    with house.house.database.read() as session:
        assert sorted(session.exec(select(RegisterEntry.number))) == list(range(1, BATCH + 8))


def test_entering_again_after_reading_and_compacting_makes_no_second_letter(house: TestHouse, old: Path) -> None:
    mails = [mail() for _ in range(4)]
    (old / "Inbox").write_bytes(mbox(b"X-Mozilla-Status: 0000\n" + each for each in mails))
    enter(house, old)
    (old / "Inbox").write_bytes(mbox(b"X-Mozilla-Status: 0001\n" + each for each in [*mails[2:], *mails[:2], mail()]))
    again = enter(house, old)
    assert (again.new, again.known, len(letters(house))) == (1, 4, 5)


def test_all_kinds_of_files_lie_side_by_side(house: TestHouse, old: Path) -> None:
    (old / "a.eml").write_bytes(mail())
    (old / "b.msg").write_bytes(outlook_file(text="Bună ziua"))
    (old / "fara-nume").write_bytes(outlook_file(text="Alt mesaj"))
    (old / "mesaj-fara-terminatie").write_bytes(mail())
    (old / "cutie.mbox").mkdir()
    (old / "cutie.mbox" / "mbox").write_bytes(mbox([mail(), mail()]))
    (old / "scan.png").write_bytes(scanned_page(["Domnule Primar"]))
    (old / "note.txt").write_bytes(b"From x@example.ro Mon Nov  2 08:15:00 2026\nSubject: a\n")
    maildir(old / "Maildir", {"1.x": mail(), "2.x:2,S": mail()})
    maildir(old / "Maildir" / ".Arhiva.2025", {"3.x:2,S": mail()})
    summary = enter(house, old)
    assert (summary.new, summary.failed) == (11, [])
    channels = [letter.channel for letter in letters(house)]
    assert (channels.count("email"), channels.count("post")) == (9, 2)


def test_what_is_no_letter_is_left_out_and_stands_in_the_ledger_with_its_reason(house: TestHouse, old: Path) -> None:
    (old / "Inbox").write_bytes(mbox([mail(), b"X-Mozilla-Status: 0009\n" + mail()]))
    (old / "Inbox.msf").write_bytes(b"index")
    (old / "Trash").touch()
    maildir(old / "Maildir", {"1.x:2,T": mail(), "2.x:2,DS": mail()})
    (old / "Maildir" / "dovecot-uidlist").write_bytes(b"3 V1 N5")
    summary = enter(house, old)
    assert (summary.new, summary.failed) == (1, [])
    assert summary.left_out == {"deleted": 2, "system-file": 2, "empty": 1, "draft": 1}
    skipped = {name: problem for name, outcome, problem in ledger(house) if outcome == Outcome.SKIPPED}
    assert skipped == {
        "Inbox#2": "deleted", "Inbox.msf": "system-file", "Trash": "empty", "1.x": "deleted", "2.x": "draft",
        "dovecot-uidlist": "system-file",
    }  # fmt: skip


def test_a_file_that_cannot_be_entered_is_named_and_stops_nothing(house: TestHouse, old: Path) -> None:
    (old / "a.eml").touch()
    os.mkfifo(old / "b.eml")
    (old / "c.eml").write_bytes(mail())
    summary = enter(house, old, old / "lipsa.eml")
    assert summary.new == 1
    assert summary.failed == [
        (str(old / "a.eml"), "zero-bytes"), (str(old / "b.eml"), "not-readable"), (str(old / "lipsa.eml"), "missing")
    ]  # fmt: skip
    assert ledger(house)[:2] == [("a.eml", Outcome.FAILED, "zero-bytes"), ("b.eml", Outcome.FAILED, "not-readable")]


def test_names_in_any_bytes_are_entered(house: TestHouse, old: Path) -> None:
    (old / os.fsdecode(b"cerere-\xfe.eml")).write_bytes(mail())
    (old / ("ă" * 120 + ".eml")).write_bytes(mail())
    assert enter(house, old).new == 2
    assert all(len(row[0]) <= 300 for row in ledger(house))


def test_one_mail_that_the_record_refuses_does_not_cost_its_batch(
    house: TestHouse, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import IntegrityError

    from daemon import entering

    (old / "Inbox").write_bytes(mbox([mail(), mail(text("de refuzat\n")), mail()]))
    receive = entering._receive

    def refusing(home, session, waiting, arrivals):  # type: ignore[no-untyped-def]
        if any(b"de refuzat" in home.store.read(arrival.sha256) for arrival in arrivals):
            raise IntegrityError("INSERT", {}, Exception("refused"))
        return receive(home, session, waiting, arrivals)

    monkeypatch.setattr(entering, "_receive", refusing)
    summary = enter(house, old)
    assert (summary.new, summary.failed) == (2, [(f"{old}/Inbox#2", "not-recorded")])


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_a_full_disk_ends_it_with_one_clear_error(house: TestHouse, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (old / "a.eml").write_bytes(mail())
    (old / "b.eml").write_bytes(mail())
    assert enter(house, old / "a.eml").new == 1

    def full(_: object) -> str:
        with open("/dev/full", "wb", buffering=0) as device:
            device.write(b"x")
        return ""

    monkeypatch.setattr(type(house.house.store), "put_many", lambda self, contents: full(contents))
    with pytest.raises(NoRoom):
        enter(house, old / "b.eml")
    monkeypatch.undo()
    assert enter(house, old).new == 1


def test_stopped_with_ctrl_c_what_was_entered_stays_and_the_next_run_goes_on(house: TestHouse, old: Path) -> None:
    mails = [mail(text(f"Scrisoarea {number}\n")) for number in range(600)]
    (old / "Inbox").write_bytes(mbox(mails))
    process = house.start("-m", "daemon.cli", "ingest", str(old))
    wait_until(lambda: len(letters(house)) >= BATCH or process.poll() is not None, what="the first batch")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) in (0, 130)
    before = len(letters(house))
    assert 0 < before <= 600
    again = enter(house, old)
    assert (again.new, again.known) == (600 - before, before)
    with house.house.database.read() as session:
        assert sorted(session.exec(select(RegisterEntry.number))) == list(range(1, 601))


def test_the_command_says_what_became_of_everything(
    house: TestHouse, old: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (old / "Inbox").write_bytes(mbox([mail(), mail(), b"X-Mozilla-Status: 0009\n" + mail()]))
    (old / "gol.pdf").touch()
    (old / "gol.pdf").chmod(stat.S_IRUSR)
    monkeypatch.setenv("CABINET_CONFIG", str(house.config))
    monkeypatch.setattr(sys, "argv", ["cabinet", "ingest", str(old)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert ended.value.code == 1
    assert said.out.splitlines()[-2:] == [
        "2 scrisori noi, 0 deja cunoscute.",
        "Nu sunt scrisori, lăsate deoparte: 1 (șterse în programul de e-mail)",
    ]
    assert said.err.strip() == f"Nu a fost introdus: {old}/gol.pdf: fișierul este gol (0 octeți)"
