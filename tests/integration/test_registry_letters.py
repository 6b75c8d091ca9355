"""Receiving: one letter, one number, one ledger row per thing seen, whatever door and however often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from registry import audit
from registry.database import Database
from registry.errors import NotFound, StatusRefused
from registry.letters import (
    FINAL_OUTCOMES,
    NOT_TAKEN_IN,
    RESTORED,
    Arrival,
    Outcome,
    Received,
    Seen,
    Source,
    final_keys,
    note,
    number_of,
    open_entries,
    process_again,
    receive,
    receive_many,
    release,
)
from registry.models import AuditEvent, LedgerEntry, Letter, MailboxState, RawFile, RegisterEntry
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


def arrivals(*contents: bytes, store: FileStore, first_key: int = 1) -> list[Arrival]:
    hashes = store.put_many(contents)
    return [Arrival(replace(SEEN, key=str(key)), sha256) for key, sha256 in enumerate(hashes, start=first_key)]


def test_many_letters_are_received_in_one_transaction_in_their_order(database: Database, store: FileStore) -> None:
    take(database, store, replace(SEEN, key="100"))
    contents = [f"Cererea {number}".encode() for number in range(50)]
    batch = arrivals(*contents[:20], RAW, contents[0], *contents[20:], store=store)
    with database.write() as session:
        received = receive_many(session, store, batch, channel="email", at=AT)
    assert [one.new for one in received] == [True] * 20 + [False] * 2 + [True] * 30
    assert received[21].letter_id == received[0].letter_id
    with database.read() as session:
        letters = session.exec(select(Letter).order_by(col(Letter.id))).all()
        assert [store.read(letter.raw_sha256) for letter in letters] == [RAW, *contents]
        assert [number_of(session, letter).number for letter in letters] == list(range(1, 52))
        assert list(audit.broken_links(session)) == []
        events = session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all()
        assert [event.subject for event in events] == [f"letters:{letter.id}" for letter in letters]
        assert [event.detail["number"] for event in events] == list(range(1, 52))
    rows = ledger(database)
    assert [row.key for row in rows] == ["100", *(str(key) for key in range(1, 53))]
    assert [row.outcome for row in rows] == ["stored"] * 21 + ["duplicate"] * 2 + ["stored"] * 30
    with database.write() as session:
        again = receive_many(session, store, batch, channel="email", at=AT)
        assert receive_many(session, store, [], channel="email", at=AT) == []
    assert [one.letter_id for one in again] == [one.letter_id for one in received]
    assert not any(one.new for one in again)
    assert len(ledger(database)) == 53


def test_a_batch_that_is_interrupted_leaves_nothing(database: Database, store: FileStore) -> None:
    batch = arrivals(b"unu", b"doi", store=store)
    with database.write() as session:
        receive_many(session, store, batch, channel="email", at=AT)
        session.rollback()
    assert ledger(database) == []
    with database.write() as session:
        receive_many(session, store, batch, channel="email", at=AT)
    with database.read() as session:
        assert [entry.number for entry in session.exec(select(RegisterEntry))] == [1, 2]


def test_batches_with_the_same_letters_at_several_doors_at_once_are_one_letter_each(
    database: Database, store: FileStore
) -> None:
    contents = [f"Cererea {number}".encode() for number in range(20)]

    def take_all(turn: int) -> int:
        order = contents if turn % 2 else contents[::-1]
        batch = arrivals(*order, store=store, first_key=100 * turn)
        with database.write() as session:
            return sum(one.new for one in receive_many(session, store, batch, channel="email", at=AT))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(take_all, range(12))) == 20
    with database.read() as session:
        assert sorted(entry.number for entry in session.exec(select(RegisterEntry))) == list(range(1, 21))
        assert list(audit.broken_links(session)) == []


# --- messages that were not taken in -------------------------------------------------------------------------


def not_taken_in(session: Session, outcome: Outcome = Outcome.TOO_BIG, seen: Seen = SEEN) -> LedgerEntry:
    session.merge(MailboxState(account="primaria", folder="INBOX", uidvalidity=1))
    return note(session, seen, outcome, at=AT, size=99, subject="Planul casei", sender="Ana <ana@example.ro>")


@pytest.mark.parametrize("outcome", sorted(NOT_TAKEN_IN))
def test_a_message_not_taken_in_is_fetched_again_once_it_is_released(database: Database, outcome: Outcome) -> None:
    with database.write() as session:
        entry = not_taken_in(session, outcome)
        assert (entry.size, entry.subject, entry.sender) == (99, "Planul casei", "Ana <ana@example.ro>")
        assert final_keys(session, Source.MAILBOX, SEEN.place) == {"17"}
        assert open_entries(session, Source.MAILBOX, SEEN.place) == {}
        assert entry.id is not None
        release(session, entry.id, at=AT, actor="otilia")
        assert (entry.released, entry.attempts) == (True, 0)
        assert final_keys(session, Source.MAILBOX, SEEN.place) == set()
        assert list(open_entries(session, Source.MAILBOX, SEEN.place)) == ["17"]
        event = session.exec(select(AuditEvent)).one()
        assert (event.actor, event.act, event.subject) == ("otilia", "release", f"ledger:{entry.id}")
        note(session, SEEN, Outcome.WAITING, at=AT)
        assert (entry.released, entry.subject) == (True, "Planul casei")
        note(session, SEEN, Outcome.FAILED, at=AT)
        assert not entry.released
        assert final_keys(session, Source.MAILBOX, SEEN.place) == {"17"}


def test_what_became_a_letter_is_said_by_the_letter_alone(database: Database, store: FileStore) -> None:
    with database.write() as session:
        not_taken_in(session)
    take(database, store)
    (row,) = ledger(database)
    assert (row.outcome, row.size, row.subject, row.sender, row.released) == ("stored", None, "", "", False)


@pytest.mark.parametrize(
    ("outcome", "seen"),
    [
        (Outcome.WAITING, SEEN),
        (Outcome.VANISHED, SEEN),
        (Outcome.TOO_BIG, replace(SEEN, place="primaria/INBOX/2")),
        (Outcome.TOO_BIG, replace(SEEN, place="alta/INBOX/1")),
        (Outcome.FAILED, Seen(Source.SCANS, "scans", "17", AT)),
    ],
    ids=["still tried", "gone", "an old UIDVALIDITY", "a mailbox never looked into", "a scan"],
)
def test_what_cannot_be_fetched_again_is_not_released(database: Database, outcome: Outcome, seen: Seen) -> None:
    with database.write() as session:
        entry = not_taken_in(session, outcome, seen)
        assert entry.id is not None
        with pytest.raises(StatusRefused):
            release(session, entry.id, at=AT, actor="otilia")
        assert not entry.released
        with pytest.raises(NotFound):
            release(session, entry.id + 1, at=AT, actor="otilia")


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
        assert final_keys(session, Source.MAILBOX, SEEN.place, ["stored", "waiting", "17"]) == {"stored"}
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
