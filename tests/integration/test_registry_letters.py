"""Receiving: one letter, one number, one ledger row per thing seen, whatever door and however often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from registry.database import Database
from registry.errors import StatusRefused
from registry.letters import (
    FINAL_OUTCOMES,
    RESTORED,
    Outcome,
    Received,
    Seen,
    Source,
    final_keys,
    note,
    number_of,
    process_again,
    receive,
)
from registry.models import AuditEvent, LedgerEntry, Letter, RawFile, RegisterEntry
from registry.statuses import LETTER_CHANGES, LetterStatus
from registry.store import FileStore
from tests.support.factories import AT, make_letter

RAW = b"Subject: Sesizare\r\n\r\nGroapa din strada Aries.\r\n"
SEEN = Seen(source=Source.MAILBOX, place="primaria/INBOX/1", key="17", received_at=AT - timedelta(hours=1))


def take(database: Database, store: FileStore, seen: Seen = SEEN, raw: bytes = RAW) -> Received:
    sha256 = store.put(raw)
    with database.write() as session:
        return receive(session, store, seen, sha256, channel="email", at=AT, original_name="sesizare.eml")


def ledger(database: Database) -> list[LedgerEntry]:
    with database.read() as session:
        return list(session.exec(select(LedgerEntry).order_by(col(LedgerEntry.id))))


def test_received_bytes_become_a_numbered_letter_on_record(database: Database, store: FileStore) -> None:
    received = take(database, store)
    assert received.new
    with database.read() as session:
        letter = session.get_one(Letter, received.letter_id)
        assert store.read(letter.raw_sha256) == RAW
        assert (letter.channel, letter.status, letter.original_name) == ("email", "registered", "sesizare.eml")
        assert letter.received_at == AT - timedelta(hours=1)
        assert letter.registered_at == AT
        entry = number_of(session, letter)
        assert (entry.label, entry.direction) == ("1/23.11.2026", "in")
        event = session.exec(select(AuditEvent)).one()
        assert (event.actor, event.act, event.subject) == ("door:mailbox", "register", f"letters:{letter.id}")
        assert session.get_one(RawFile, letter.raw_sha256).size == len(RAW)
    (row,) = ledger(database)
    assert (row.outcome, row.letter_id, row.attempts) == ("stored", received.letter_id, 1)


def test_the_same_bytes_at_the_same_place_are_the_same_letter(database: Database, store: FileStore) -> None:
    first, second = take(database, store), take(database, store)
    assert second == Received(letter_id=first.letter_id, new=False)
    (row,) = ledger(database)
    assert (row.outcome, row.attempts) == ("stored", 2)


@pytest.mark.parametrize(
    "again",
    [
        replace(SEEN, key="18"),
        replace(SEEN, place="primaria/INBOX/2"),
        replace(SEEN, place="cabinet/INBOX/1"),
        Seen(source=Source.SCANS, place="scans", key="17", received_at=AT),
        Seen(source=Source.DESK, place="desk", key="sesizare.eml", received_at=AT),
    ],
    ids=["another UID", "another UIDVALIDITY", "another account", "a scan", "an upload"],
)
def test_the_same_bytes_at_another_place_are_noted_as_a_duplicate(
    database: Database, store: FileStore, again: Seen
) -> None:
    first, second = take(database, store), take(database, store, again)
    assert second == Received(letter_id=first.letter_id, new=False)
    assert [(row.outcome, row.letter_id) for row in ledger(database)] == [
        ("stored", first.letter_id),
        ("duplicate", first.letter_id),
    ]
    with database.read() as session:
        assert len(session.exec(select(RegisterEntry)).all()) == 1


def test_other_bytes_are_another_letter_even_at_one_place(database: Database, store: FileStore) -> None:
    first = take(database, store)
    second = take(database, store, replace(SEEN, key="18"), RAW + b"PS\r\n")
    assert second.new
    assert second.letter_id != first.letter_id


def test_the_same_bytes_at_several_doors_at_once_are_one_letter(database: Database, store: FileStore) -> None:
    with ThreadPoolExecutor(6) as pool:
        received = list(pool.map(lambda key: take(database, store, replace(SEEN, key=str(key))), range(18)))
    assert sum(one.new for one in received) == 1
    assert len({one.letter_id for one in received}) == 1
    outcomes = [row.outcome for row in ledger(database)]
    assert sorted(outcomes) == ["duplicate"] * 17 + ["stored"]
    with database.read() as session:
        assert [entry.number for entry in session.exec(select(RegisterEntry))] == [1]


def test_an_interrupted_receipt_leaves_nothing_and_is_done_again(database: Database, store: FileStore) -> None:
    sha256 = store.put(RAW)
    with database.write() as session:
        receive(session, store, SEEN, sha256, channel="email", at=AT)
        session.rollback()
    assert ledger(database) == []
    received = take(database, store)
    assert received.new
    with database.read() as session:
        assert number_of(session, session.get_one(Letter, received.letter_id)).number == 1


def test_bytes_that_are_not_kept_cannot_become_a_letter(database: Database, store: FileStore) -> None:
    with pytest.raises(FileNotFoundError), database.write() as session:
        receive(session, store, SEEN, "0" * 64, channel="email", at=AT)
    assert ledger(database) == []


def test_every_try_is_counted_and_the_last_outcome_stands(database: Database) -> None:
    with database.write() as session:
        note(session, SEEN, Outcome.WAITING, at=AT, problem="cut off")
        note(session, SEEN, Outcome.TOO_BIG, at=AT + timedelta(minutes=1), problem="too big")
    (row,) = ledger(database)
    assert (row.outcome, row.attempts, row.problem) == ("too-big", 2, "too big")
    assert (row.first_seen_at, row.last_seen_at) == (AT, AT + timedelta(minutes=1))


@pytest.mark.parametrize("later", [Outcome.VANISHED, Outcome.FAILED, Outcome.WAITING, Outcome.TOO_BIG])
def test_a_stored_letter_is_never_unnoted(database: Database, store: FileStore, later: Outcome) -> None:
    received = take(database, store)
    with database.write() as session:
        note(session, SEEN, later, at=AT, problem="gone")
    (row,) = ledger(database)
    assert (row.outcome, row.letter_id, row.problem, row.attempts) == ("stored", received.letter_id, "", 2)


def test_only_what_has_a_final_outcome_is_not_fetched_again(database: Database) -> None:
    with database.write() as session:
        for outcome in Outcome:
            note(session, replace(SEEN, key=str(outcome)), outcome, at=AT)
        note(session, replace(SEEN, place="primaria/INBOX/2", key="other"), Outcome.STORED, at=AT)
        assert final_keys(session, Source.MAILBOX, SEEN.place) == {str(outcome) for outcome in FINAL_OUTCOMES}
        assert Outcome.WAITING not in FINAL_OUTCOMES
        assert final_keys(session, Source.SCANS, SEEN.place) == set()


def _again(session: Session, letter: Letter) -> None:
    process_again(session, letter, at=AT, actor="ana")


def test_machine_mail_that_is_a_letter_after_all_goes_through_again(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letter = make_letter(
            session, store, status=LetterStatus.MACHINE_MAIL, machine_kind="auto-reply", machine_rule="auto-submitted"
        )
        _again(session, letter)
        assert (letter.status, letter.machine_kind, letter.machine_rule) == ("registered", "", RESTORED)
        assert letter.processing_round == 2


@pytest.mark.parametrize(
    "status", [status for status in LetterStatus if LetterStatus.REGISTERED in LETTER_CHANGES[status]]
)
def test_a_letter_whose_work_failed_goes_through_again(
    database: Database, store: FileStore, status: LetterStatus
) -> None:
    with database.write() as session:
        letter = make_letter(session, store, status=status, problem="processing-failed")
        _again(session, letter)
        assert (letter.status, letter.problem, letter.processing_round) == ("registered", "", 2)


def test_a_letter_that_is_ready_does_not_go_through_again(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letter = make_letter(session, store, status=LetterStatus.READY)
        with pytest.raises(StatusRefused):
            _again(session, letter)
        assert (letter.status, letter.processing_round) == ("ready", 1)
