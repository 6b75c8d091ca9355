"""What comes back is tied to what left: bounces reopen a case, everything else is noted, forged ones do nothing."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from registry import audit, notices
from registry.database import Database
from registry.models import AuditEvent, Case, DeliveryNotice, Letter, Outbox, RegisterEntry, Reply, User
from registry.notices import Report
from registry.statuses import CaseStatus, DispatchState, LetterStatus, ReplyStatus
from registry.store import FileStore
from registry.switches import SwitchName, turn
from registry.users import Role
from responders import approval, dispatch
from responders.progress import follow_replies
from tests.support.factories import AT, make_case, make_letter, make_reply, make_user, tables

BOUNCED_AT = AT + timedelta(hours=1)
BODY = "Groapa a fost reparată.\n\nTemei legal: OG 27/2002, art. 8.\n"
FAILED = Report(recipient="ion@example.ro", action="failed", status="5.1.1")


@dataclass
class Sent:
    """One answer on its way, in a record of its own."""

    database: Database
    store: FileStore
    outbox_id: int
    reply_id: int
    case_id: int
    entry_id: int
    user_id: int
    message_id: str

    def attempt(self, state: str = "sent") -> str:
        with self.database.write() as session:
            attempt = dispatch.claim(session, self.outbox_id, AT)
            result = {"attempt": attempt, "state": state, "problem": "-"}
            return dispatch.settle(session, self.outbox_id, result, AT)

    def comes_in(self, report: Report, *, kind: str = "bounce", named: str = "") -> DeliveryNotice | None:
        with self.database.write() as session:
            letter = make_letter(
                session, self.store, status=LetterStatus.MACHINE_MAIL, machine_kind=kind, machine_rule="delivery_report"
            )
            ids = (named or self.message_id,)
            whole = Report(ids, report.recipient, report.action, report.status)
            return notices.tie(session, letter, whole, at=BOUNCED_AT)

    def state(self) -> tuple[str, str, str, bool]:
        with self.database.read() as session:
            return (
                session.get_one(Outbox, self.outbox_id).state,
                session.get_one(Reply, self.reply_id).status,
                session.get_one(Case, self.case_id).status,
                session.get_one(RegisterEntry, self.entry_id).dispatched_on is not None,
            )


OUT = (DispatchState.SENT, ReplyStatus.DISPATCHED, CaseStatus.ANSWERED, True)
BACK = (DispatchState.BOUNCED, ReplyStatus.APPROVED, CaseStatus.APPROVED, False)


def make_sent(database: Database, store: FileStore, kind: str = "answer") -> Sent:
    with database.write() as session:
        letter = make_letter(session, store, status=LetterStatus.READY)
        case = make_case(session, letter, status=CaseStatus.DRAFTED)
        reply = make_reply(session, case, letter, kind=kind, body=BODY)
        clerk, approver = make_user(session), make_user(session, role=Role.APPROVER)
        approval.submit(session, reply, clerk, AT)
        outbox = approval.approve(session, reply, approver, AT, same_person_may_approve=False, office=tables().office)
        turn(session, SwitchName.SENDING, True, at=AT, actor="admin")
        assert outbox.id is not None
        assert reply.id is not None
        assert case.id is not None
        assert approver.id is not None
        return Sent(
            database=database,
            store=store,
            outbox_id=outbox.id,
            reply_id=reply.id,
            case_id=case.id,
            entry_id=letter.entry_id,
            user_id=approver.id,
            message_id=outbox.message_id.strip("<>"),
        )


@pytest.fixture
def sent(database: Database, store: FileStore) -> Sent:
    return make_sent(database, store)


def test_a_bounce_opens_the_case_again_and_the_register_forgets_the_day(sent: Sent) -> None:
    assert sent.attempt() == DispatchState.SENT
    assert sent.state() == OUT
    notice = sent.comes_in(FAILED)
    assert notice is not None
    assert (notice.outbox_id, notice.action, notice.status) == (sent.outbox_id, "failed", "5.1.1")
    assert sent.state() == BACK
    with sent.database.read() as session:
        outbox = session.get_one(Outbox, sent.outbox_id)
        assert "5.1.1" in outbox.problem
        assert outbox.finished_at is None
        noted = session.exec(select(AuditEvent).where(AuditEvent.act == "note-delivery")).one()
        assert noted.subject == f"outbox:{sent.outbox_id}"
        assert noted.detail == {"letter": notice.letter_id, "action": "failed", "status": "5.1.1"}
        assert list(audit.broken_links(session)) == []


def test_what_came_back_is_sent_again_or_printed_by_a_person(sent: Sent) -> None:
    sent.attempt()
    sent.comes_in(FAILED)
    with sent.database.write() as session:
        outbox, user = session.get_one(Outbox, sent.outbox_id), session.get_one(User, sent.user_id)
        approval.retry_refused(session, outbox, user, AT)
    assert sent.attempt() == DispatchState.SENT
    assert sent.state() == OUT  # the earlier failure is not held against the new attempt
    sent.comes_in(FAILED)
    with sent.database.write() as session:
        outbox, user = session.get_one(Outbox, sent.outbox_id), session.get_one(User, sent.user_id)
        approval.print_instead(session, outbox, user, AT)
        approval.mark_posted(session, outbox, user, AT)
    assert sent.state() == (DispatchState.POSTED, ReplyStatus.DISPATCHED, CaseStatus.ANSWERED, True)


def test_a_bounce_settles_a_dispatch_whose_hand_over_was_in_doubt(sent: Sent) -> None:
    assert sent.attempt("unknown") == DispatchState.UNKNOWN
    sent.comes_in(FAILED)
    assert sent.state() == BACK


@pytest.mark.parametrize("state", ["sent", "unknown"])
def test_a_bounce_that_is_faster_than_our_own_note_is_not_forgotten(sent: Sent, state: str) -> None:
    with sent.database.write() as session:
        attempt = dispatch.claim(session, sent.outbox_id, AT)
    assert sent.comes_in(FAILED) is not None
    with sent.database.write() as session:
        settled = dispatch.settle(session, sent.outbox_id, {"attempt": attempt, "state": state, "problem": "-"}, AT)
    assert settled == DispatchState.BOUNCED
    assert sent.state() == BACK


@pytest.mark.parametrize(
    ("report", "kind", "action"),
    [
        (Report(action="delayed", status="4.4.1"), "bounce", "delayed"),
        (Report(action="delivered", status="2.0.0"), "bounce", "delivered"),
        (Report(status="4.4.7"), "bounce", ""),
        (Report(), "auto-reply", "auto-reply"),
        (Report(action="displayed"), "report", "displayed"),
        (Report(action="failed", status="5.0.0"), "report", ""),
        (Report(action="failed", status="5.0.0"), "auto-reply", "auto-reply"),
    ],
)
def test_everything_that_is_no_failure_is_only_noted(sent: Sent, report: Report, kind: str, action: str) -> None:
    sent.attempt()
    notice = sent.comes_in(report, kind=kind)
    assert notice is not None
    assert notice.action == action
    assert sent.state() == OUT


def test_a_permanent_status_is_a_failure_without_the_word(sent: Sent) -> None:
    sent.attempt()
    sent.comes_in(Report(status="5.2.2"))
    assert sent.state() == BACK


@pytest.mark.parametrize("named", ["cabinet.00000000000000000000000000000000@primariamedias.ro", "x@y", ""])
def test_a_forged_bounce_that_guesses_an_identifier_changes_nothing(sent: Sent, named: str) -> None:
    sent.attempt()
    assert sent.comes_in(FAILED, named=named or "<>") is None
    assert sent.state() == OUT


def test_the_same_notice_processed_again_changes_nothing(sent: Sent) -> None:
    sent.attempt()
    first = sent.comes_in(FAILED)
    assert first is not None
    with sent.database.write() as session:
        outbox, user = session.get_one(Outbox, sent.outbox_id), session.get_one(User, sent.user_id)
        approval.retry_refused(session, outbox, user, AT)
    sent.attempt()
    with sent.database.write() as session:
        letter = session.get_one(Letter, first.letter_id)
        again = notices.tie(session, letter, Report((sent.message_id,), action="failed"), at=BOUNCED_AT)
        assert again is not None
        assert again.id == first.id
    assert sent.state() == OUT


def test_a_case_with_another_open_answer_stays_where_its_people_are(sent: Sent) -> None:
    sent.attempt()
    with sent.database.write() as session:
        case = session.get_one(Case, sent.case_id)
        second = make_letter(session, sent.store, status=LetterStatus.READY, case_id=case.id)
        make_reply(session, case, second)
        follow_replies(session, case, at=AT, actor="worker")
    sent.comes_in(FAILED)
    assert sent.state()[:3] == (DispatchState.BOUNCED, ReplyStatus.APPROVED, CaseStatus.DRAFTED)


def test_a_bounced_acknowledgement_is_noted_and_asks_nobody(database: Database, store: FileStore) -> None:
    sent = make_sent(database, store, kind="acknowledgement")
    sent.attempt()
    before = sent.state()
    notice = sent.comes_in(FAILED)
    assert notice is not None
    assert notice.action == "failed"
    assert sent.state() == before


def test_the_database_keeps_notices_and_refuses_to_take_back_what_never_left(sent: Sent) -> None:
    with pytest.raises(DBAPIError, match="only_what_left_comes_back"), sent.database.write() as session:
        session.get_one(Outbox, sent.outbox_id).state = DispatchState.BOUNCED
    sent.attempt()
    sent.comes_in(FAILED)
    with pytest.raises(DBAPIError, match="notices_are_not_removed"), sent.database.write() as session:
        session.delete(session.exec(select(DeliveryNotice).order_by(col(DeliveryNotice.id))).first())
