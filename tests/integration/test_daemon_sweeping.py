"""The daily sweep: servers against the ledger, kept files against the record, and who has been silent for too long."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from config import clock
from daemon import sweeping
from daemon.polling import account_of
from ingest.balance import compare
from ingest.mailbox import Mailbox
from registry.models import BalanceDifference, LedgerEntry, Letter, MailboxState
from tests.support.dovecot import DovecotServer
from tests.support.house import TestHouse, make_test_house
from tests.support.mails import mail


@pytest.fixture
def office(tmp_path: Path, dovecot: DovecotServer, mailbox_user: str) -> TestHouse:
    return make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user)


def state(office: TestHouse) -> MailboxState:
    with office.house.database.read() as session:
        return session.exec(select(MailboxState)).one()


def test_a_sweep_takes_in_what_is_new_and_finds_the_rest_in_balance(
    office: TestHouse, dovecot: DovecotServer, mailbox_user: str
) -> None:
    for _ in range(3):
        dovecot.deliver(mailbox_user, mail())
    balance = sweeping.sweep_mailbox(office.house, office.house.settings.mailboxes[0])
    assert (balance.on_server, balance.accounted, balance.differences) == (3, 3, ())
    assert (state(office).not_accounted, state(office).swept_at is not None) == (0, True)


def test_a_difference_is_named_by_sender_and_subject(
    office: TestHouse, dovecot: DovecotServer, mailbox_user: str
) -> None:
    settings = office.house.settings.mailboxes[0]
    sweeping.sweep_mailbox(office.house, settings)
    dovecot.deliver(mailbox_user, mail(subject="Cerere de urgentare"))
    with Mailbox(account_of(settings, office.house.tokens)) as mailbox:
        (difference,) = compare(
            office.house.database, mailbox, account=settings.name, folder=settings.folder
        ).differences
    assert difference.subject == "Cerere de urgentare"
    assert "@" in difference.sender
    assert difference.arrived_at is not None


def test_what_stays_unaccounted_is_kept_until_a_sweep_finds_it_settled(
    office: TestHouse, dovecot: DovecotServer, mailbox_user: str
) -> None:
    settings = office.house.settings.mailboxes[0]
    dovecot.deliver(mailbox_user, mail(subject="Cerere de urgentare"))
    sweeping.sweep_mailbox(office.house, settings)
    with office.house.database.write() as session:
        # As after a message that could not be fetched and waits for its next try.
        entry = session.exec(select(LedgerEntry)).one()
        entry.outcome, entry.letter_id, entry.sha256, entry.attempts = "waiting", None, None, 3
        entry.last_seen_at = clock.now()
    sweeping.sweep_mailbox(office.house, settings)
    with office.house.database.read() as session:
        assert session.exec(select(BalanceDifference)).one().subject == "Cerere de urgentare"
    assert state(office).not_accounted == 1
    with office.house.database.write() as session:
        session.exec(select(LedgerEntry)).one().last_seen_at = clock.now() - timedelta(days=1)
    sweeping.sweep_mailbox(office.house, settings)
    with office.house.database.read() as session:
        assert session.exec(select(BalanceDifference)).all() == []
        assert len(session.exec(select(Letter)).all()) == 1


def test_the_loop_sweeps_once_a_day_and_only_mailboxes_that_were_read(
    office: TestHouse, dovecot: DovecotServer, mailbox_user: str
) -> None:
    sweep = sweeping.sweeper(office.house)
    sweep()
    with office.house.database.read() as session:
        assert session.exec(select(MailboxState)).all() == []
    sweeping.sweep_mailbox(office.house, office.house.settings.mailboxes[0])
    before = state(office).swept_at
    sweep()
    assert state(office).swept_at == before
    with office.house.database.write() as session:
        session.exec(select(MailboxState)).one().swept_at = clock.now() - timedelta(days=2)
    sweep()
    after = state(office).swept_at
    assert before is not None
    assert after is not None
    assert after > before


def test_a_silent_mailbox_is_an_error_line_without_names(office: TestHouse, capsys: pytest.CaptureFixture[str]) -> None:
    with office.house.database.write() as session:
        session.add(MailboxState(account="primaria", folder="INBOX", consecutive_failures=4))
    sweeping.warn_of_silence(office.house, clock.now())
    assert "mailbox_silent" in capsys.readouterr().out


def test_a_kept_file_that_is_gone_or_shorter_is_counted(
    office: TestHouse, dovecot: DovecotServer, mailbox_user: str
) -> None:
    for _ in range(3):
        dovecot.deliver(mailbox_user, mail())
    sweeping.sweep_mailbox(office.house, office.house.settings.mailboxes[0])
    assert sweeping.missing_files(office.house) == 0
    with office.house.database.read() as session:
        gone, short, _whole = session.exec(select(Letter.raw_sha256)).all()
    office.house.store.path(gone).unlink()
    office.house.store.path(short).write_bytes(b"x")
    assert sweeping.missing_files(office.house) == 2
