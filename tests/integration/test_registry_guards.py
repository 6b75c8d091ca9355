"""The guards in the database: what they refuse is refused even to somebody who writes SQL by hand."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.database import Database
from registry.migrations.guards import GUARDS
from registry.models import (
    Acknowledgement,
    Case,
    DeliveryNotice,
    Letter,
    ModelVersion,
    Outbox,
    PageText,
    Reply,
    ReplyVersion,
    User,
)
from registry.statuses import ReplyStatus
from registry.store import FileStore
from registry.switches import SwitchName, turn
from registry.users import Role
from tests.support.factories import AT, make_case, make_decision, make_dispatch, make_letter, make_reply, make_user


@dataclass(frozen=True, slots=True)
class Record:
    """One letter with a draft, a reply waiting for approval, an approved reply and a queued dispatch."""

    database: Database
    letter: Letter
    case: Case
    approver: User
    draft: Reply
    waiting: Reply
    approved: Reply
    unsent: Reply
    dispatch: Outbox

    def run(self, statement: str, **values: object) -> int:
        """Run one statement in a transaction of its own; returns how many rows it changed."""
        with self.database.write() as session:
            return self.run_in(session, statement, **values)

    def run_in(self, session: Session, statement: str, **values: object) -> int:
        known = {
            "letter": self.letter.id,
            "case": self.case.id,
            "approver": self.approver.id,
            "draft": self.draft.id,
            "waiting": self.waiting.id,
            "approved": self.approved.id,
            "unsent": self.unsent.id,
            "dispatch": self.dispatch.id,
            "hash": "a" * 64,
            "approved_hash": self.approved.approved_hash,
            "unsent_hash": self.unsent.approved_hash,
            "at": "2026-11-23 08:00:00",
            **values,
        }
        used = {name: value for name, value in known.items() if f":{name}" in statement}
        count: int = session.connection().execute(text(statement), used).rowcount
        return count

    def refused(self, guard: str, statement: str, **values: object) -> None:
        """The statement is refused, and by this guard."""
        with pytest.raises(DBAPIError, match=f"refused: {guard}"):
            self.run(statement, **values)


@pytest.fixture
def record(database: Database, store: FileStore) -> Record:
    with database.write() as session:
        letter = make_letter(session, store)
        make_decision(session, letter)
        case = make_case(session, letter)
        approver = make_user(session, role=Role.APPROVER)
        draft = make_reply(session, case, letter)
        waiting = make_reply(session, case, letter, status=ReplyStatus.FOR_APPROVAL)
        approved = make_reply(session, case, letter, status=ReplyStatus.APPROVED, approver=approver)
        unsent = make_reply(
            session, case, letter, status=ReplyStatus.APPROVED, approver=approver, subject="Alt răspuns"
        )
        dispatch = make_dispatch(session, approved)
        assert draft.id is not None
        session.add(ReplyVersion(reply_id=draft.id, version=1, subject="S", body="B", saved_at=AT))
        assert letter.id is not None
        assert dispatch.id is not None
        session.add(
            Acknowledgement(
                letter_id=letter.id, reply_id=draft.id, address="ana@posta.example", day=AT.date(), made_at=AT
            )
        )
        assert approver.id is not None
        session.add(
            PageText(letter_id=letter.id, part_number=1, page_number=1, text="T", made_at=AT, user_id=approver.id)
        )
        session.add(ModelVersion(version="v1", state="current", made_at=AT, made_by="ana"))
        session.add(DeliveryNotice(letter_id=letter.id, outbox_id=dispatch.id, action="failed", noted_at=AT))
    return Record(database, letter, case, approver, draft, waiting, approved, unsent, dispatch)


INSERT_OUTBOX = (
    "INSERT INTO outbox (reply_id, channel, state, content_hash, message_id, created_at, attempts, problem) "
    "VALUES ({reply}, 'email', '{state}', {hash}, '<x@example.ro>', :at, 0, '')"
)
INSERT_REPLY = (
    "INSERT INTO replies (case_id, letter_id, kind, channel, language, status, recipient_name, recipient_email, "
    "recipient_address, subject, body, sources, version, created_at, return_reason, decided_by_id, approved_hash) "
    "VALUES (:case, :letter, 'answer', 'email', 'ro', 'approved', '', '', '', '', '', '[]', 1, :at, '', :approver, "
    ":hash)"
)
REFUSED = [
    ("trail_is_not_rewritten", "UPDATE audit_events SET actor = 'nobody'"),
    ("trail_is_not_shortened", "DELETE FROM audit_events WHERE id = (SELECT max(id) FROM audit_events)"),
    ("decisions_are_not_rewritten", "UPDATE decisions SET topic = 'altele'"),
    ("decisions_are_not_removed", "DELETE FROM decisions"),
    ("letters_are_not_removed", "DELETE FROM letters WHERE id = :letter"),
    ("letters_keep_number_and_bytes", "UPDATE letters SET registered_at = '2026-11-24 08:00:00'"),
    ("letters_keep_number_and_bytes", "UPDATE letters SET entry_id = entry_id + 1"),
    ("letters_keep_number_and_bytes", "UPDATE letters SET raw_sha256 = :hash"),
    ("raw_files_are_not_removed", "DELETE FROM raw_files"),
    ("numbers_are_not_removed", "DELETE FROM register_entries"),
    ("numbers_are_not_changed", "UPDATE register_entries SET number = 2"),
    ("numbers_are_not_changed", "UPDATE register_entries SET year = 2025"),
    ("numbers_are_not_changed", "UPDATE register_entries SET series = 'other'"),
    ("numbers_are_not_changed", "UPDATE register_entries SET registered_at = '2026-11-20 08:00:00'"),
    ("versions_are_not_rewritten", "UPDATE reply_versions SET body = 'other'"),
    ("versions_are_not_removed", "DELETE FROM reply_versions"),
    ("approval_needs_a_person", "UPDATE replies SET status = 'approved', approved_hash = :hash WHERE id = :waiting"),
    (
        "approval_needs_a_person",
        "UPDATE replies SET status = 'approved', decided_by_id = :approver WHERE id = :waiting",
    ),
    ("replies_are_not_born_approved", INSERT_REPLY),
    ("approved_text_is_frozen", "UPDATE replies SET body = 'other' WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET subject = 'other' WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET channel = 'post' WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET recipient_name = 'other' WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET recipient_email = 'x@example.ro' WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET recipient_address = 'other' WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET approved_hash = :hash WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET approved_hash = NULL, status = 'draft' WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET decided_by_id = decided_by_id - 1 WHERE id = :approved"),
    ("approved_text_is_frozen", "UPDATE replies SET decided_by_id = NULL, status = 'draft' WHERE id = :approved"),
    ("replies_are_not_removed", "DELETE FROM replies WHERE id = :waiting"),
    ("only_approved_replies_are_queued", INSERT_OUTBOX.format(reply=":draft", state="queued", hash=":hash")),
    ("only_approved_replies_are_queued", INSERT_OUTBOX.format(reply=":waiting", state="queued", hash=":hash")),
    ("only_approved_replies_are_queued", INSERT_OUTBOX.format(reply=":unsent", state="queued", hash=":hash")),
    ("dispatches_begin_by_waiting", INSERT_OUTBOX.format(reply=":unsent", state="sending", hash=":unsent_hash")),
    ("dispatches_begin_by_waiting", INSERT_OUTBOX.format(reply=":unsent", state="sent", hash=":unsent_hash")),
    ("dispatches_begin_by_waiting", INSERT_OUTBOX.format(reply=":unsent", state="posted", hash=":unsent_hash")),
    ("a_dispatch_keeps_its_identity", "UPDATE outbox SET message_id = '<other@example.ro>'"),
    ("a_dispatch_keeps_its_identity", "UPDATE outbox SET content_hash = :hash"),
    ("a_dispatch_keeps_its_identity", "UPDATE outbox SET reply_id = :unsent"),
    ("a_dispatch_is_claimed_once", "UPDATE outbox SET state = 'sending'"),  # sending is switched off
    ("sent_follows_sending", "UPDATE outbox SET state = 'sent'"),
    ("posted_follows_printing", "UPDATE outbox SET state = 'posted'"),
    ("dispatches_are_not_removed", "DELETE FROM outbox"),
    ("acknowledgements_are_not_changed", "UPDATE acknowledgements SET day = '2026-11-25'"),
    ("acknowledgements_are_not_removed", "DELETE FROM acknowledgements"),
    ("notices_are_not_removed", "DELETE FROM delivery_notices"),
    ("only_what_left_comes_back", "UPDATE outbox SET state = 'bounced'"),
    ("page_texts_are_not_rewritten", "UPDATE page_texts SET text = 'other'"),
    ("page_texts_are_not_removed", "DELETE FROM page_texts"),
    ("model_versions_are_not_removed", "DELETE FROM model_versions"),
]


def test_every_guard_refuses_the_statements_it_was_made_for(record: Record) -> None:
    accepted = []
    for guard, statement in REFUSED:
        try:
            record.run(statement)
        except DBAPIError as refusal:
            if f"refused: {guard}" not in str(refusal.orig):
                accepted.append((guard, statement, f"refused by another: {refusal.orig}"))
        else:
            accepted.append((guard, statement, "accepted"))
    assert not accepted


def test_every_guard_is_tried_here() -> None:
    # `only_approved_replies_leave` needs a way around the other guards: the test below.
    assert {guard.name for guard in GUARDS} == {guard for guard, _ in REFUSED} | {"only_approved_replies_leave"}


def test_nothing_leaves_whose_approval_was_taken_away_behind_the_guards(record: Record) -> None:
    postgres = not record.database.is_sqlite
    record.run(f"DROP TRIGGER approved_text_is_frozen{' ON replies' if postgres else ''}")
    with record.database.write() as session:
        turn(session, SwitchName.SENDING, True, at=AT, actor="ana")
    record.run("UPDATE replies SET status = 'draft', approved_hash = NULL WHERE id = :approved")
    record.refused("only_approved_replies_leave", "UPDATE outbox SET state = 'sending'")


def test_the_lawful_way_is_open(record: Record) -> None:
    assert record.run("UPDATE letters SET status = 'taken-apart', subject = 'x' WHERE id = :letter") == 1
    assert record.run("UPDATE register_entries SET department = 'juridic', cancelled_reason = 'anulat'") == 1
    assert record.run("UPDATE replies SET body = 'other' WHERE id = :draft") == 1
    assert (
        record.run(
            "UPDATE replies SET status = 'approved', approved_hash = :hash, decided_by_id = :approver "
            "WHERE id = :waiting"
        )
        == 1
    )
    assert record.run(INSERT_OUTBOX.format(reply=":unsent", state="to-print", hash=":unsent_hash")) == 1
    assert record.run("UPDATE outbox SET state = 'posted' WHERE reply_id = :unsent") == 1
    with record.database.write() as session:
        turn(session, SwitchName.SENDING, True, at=AT, actor="ana")
    assert record.run("UPDATE outbox SET state = 'sending' WHERE id = :dispatch") == 1
    assert record.run("UPDATE outbox SET state = 'sent' WHERE id = :dispatch") == 1
    assert record.run("UPDATE replies SET status = 'dispatched' WHERE id = :approved") == 1


@pytest.mark.parametrize("state", ["sent", "unknown", "refused"])
def test_what_was_tried_is_not_claimed_again_without_being_queued(record: Record, state: str) -> None:
    with record.database.write() as session:
        turn(session, SwitchName.SENDING, True, at=AT, actor="ana")
    record.run("UPDATE outbox SET state = 'sending'")
    record.run(f"UPDATE outbox SET state = '{state}'")
    record.refused("a_dispatch_is_claimed_once", "UPDATE outbox SET state = 'sending'")
    if state != "sent":
        record.run("UPDATE outbox SET state = 'queued'")
        assert record.run("UPDATE outbox SET state = 'sending'") == 1


def test_switching_sending_off_stops_what_is_queued(record: Record) -> None:
    with record.database.write() as session:
        turn(session, SwitchName.SENDING, True, at=AT, actor="ana")
        turn(session, SwitchName.SENDING, False, at=AT, actor="ana")
    record.refused("a_dispatch_is_claimed_once", "UPDATE outbox SET state = 'sending'")


def test_a_row_cannot_be_replaced_by_one_of_the_same_key(record: Record) -> None:
    if not record.database.is_sqlite:
        pytest.skip("only SQLite has REPLACE INTO")
    record.refused("trail_is_not_shortened", "REPLACE INTO audit_events SELECT * FROM audit_events WHERE id = 1")
    record.refused("numbers_are_not_removed", "REPLACE INTO register_entries SELECT * FROM register_entries")


def test_a_reply_and_its_dispatch_are_one_to_one(record: Record) -> None:
    statement = INSERT_OUTBOX.format(reply=":approved", state="queued", hash=":approved_hash")
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        record.run(statement)
