"""Sending for real, to SMTP servers on loopback that accept, refuse, postpone or vanish; never twice."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from sqlalchemy.exc import DBAPIError

from config.settings import Settings, SmtpSettings
from registry.database import Database
from registry.models import Case, Outbox, RegisterEntry, Reply, User
from registry.statuses import CaseStatus, DispatchState, LetterStatus, ReplyStatus
from registry.store import FileStore
from registry.switches import SwitchName, turn
from registry.users import Role
from responders import approval, dispatch, smtp
from responders.errors import NotConnected
from tests.support.certificates import make_certificates
from tests.support.factories import AT, make_case, make_letter, make_reply, make_user, tables
from tests.support.ports import free_port

BODY = "Bună ziua,\n\n.Groapa de pe șosea a fost reparată.\n\nTemei legal: OG 27/2002, art. 8.\n"


class PostOffice:
    """An SMTP server that answers as told and counts what it took."""

    def __init__(self, **options: Any) -> None:
        self.taken: list[Envelope] = []
        self.data_answer, self.recipient_answer = "250 OK", "250 OK"
        self.drop_after_data = False
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        if self.data_answer.startswith("250"):
            self.taken.append(envelope)
        if self.drop_after_data:
            # The text was taken, but its sender never learns of it.
            assert server.transport is not None
            server.transport.abort()
        return self.data_answer


@contextmanager
def post_office(**options: Any) -> Iterator[PostOffice]:
    office = PostOffice(**options)
    try:
        yield office
    finally:
        office.stop()


@pytest.fixture
def server() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


def smtp_settings(port: int, **changes: Any) -> SmtpSettings:
    values = {
        "host": "127.0.0.1",
        "port": port,
        "security": "plain",
        "sender_address": "primaria@example.ro",
        "sender_name": "Primăria",
        "timeout_seconds": 10.0,
        **changes,
    }
    return SmtpSettings(**values)


@dataclass
class Desk:
    """An approved reply in the outbox, and the means to send it."""

    database: Database
    settings: Settings
    outbox_id: int
    reply_id: int
    case_id: int
    entry_id: int
    user_id: int

    def claim(self, after: timedelta = timedelta(0)) -> int | None:
        with self.database.write() as session:
            return dispatch.claim(session, self.outbox_id, AT + after)

    def send(self, attempt: int) -> dict[str, Any]:
        return dispatch.send(self.database, self.settings, tables(), self.outbox_id, attempt)

    def settle(self, result: dict[str, Any]) -> str:
        with self.database.write() as session:
            return dispatch.settle(session, self.outbox_id, result, AT)

    def whole_way(self) -> str:
        attempt = self.claim()
        assert attempt is not None
        return self.settle(self.send(attempt))

    def row(self) -> Outbox:
        with self.database.read() as session:
            return session.get_one(Outbox, self.outbox_id)

    def due(self, after: timedelta = timedelta(0)) -> list[int]:
        with self.database.read() as session:
            return dispatch.due_dispatches(session, AT + after)

    def turn_sending(self, on: bool) -> None:
        with self.database.write() as session:
            turn(session, SwitchName.SENDING, on, at=AT, actor="admin")

    def decide(self, *, was_sent: bool) -> None:
        with self.database.write() as session:
            approval.decide_unknown(
                session,
                session.get_one(Outbox, self.outbox_id),
                session.get_one(User, self.user_id),
                AT,
                was_sent=was_sent,
            )

    def outcome(self) -> tuple[str, str, bool]:
        with self.database.read() as session:
            return (
                session.get_one(Reply, self.reply_id).status,
                session.get_one(Case, self.case_id).status,
                session.get_one(RegisterEntry, self.entry_id).dispatched_on is not None,
            )


@pytest.fixture
def desk(database: Database, store: FileStore, server: PostOffice, tmp_path: Path) -> Desk:
    with database.write() as session:
        letter = make_letter(session, store, status=LetterStatus.READY, subject="Groapă", references=["<r@example.ro>"])
        case = make_case(session, letter, status=CaseStatus.DRAFTED)
        reply = make_reply(session, case, letter, body=BODY)
        clerk, approver = make_user(session), make_user(session, role=Role.APPROVER)
        approval.submit(session, reply, clerk, AT)
        outbox = approval.approve(session, reply, approver, AT, same_person_may_approve=False, office=tables().office)
        turn(session, SwitchName.SENDING, True, at=AT, actor="admin")
        ids = [outbox.id, reply.id, case.id, letter.entry_id, approver.id]
    # The store of the settings is the one of the fixture: both lie below the same folder.
    settings = Settings(data_folder=tmp_path, smtp=smtp_settings(server.port))
    return Desk(database, settings, *[one for one in ids if one is not None])


def test_an_approved_reply_is_sent_once_and_everything_follows(desk: Desk, server: PostOffice) -> None:
    assert desk.due() == [desk.outbox_id]
    assert desk.whole_way() == DispatchState.SENT
    assert desk.outcome() == (ReplyStatus.DISPATCHED, CaseStatus.ANSWERED, True)
    assert desk.due() == []
    assert desk.claim() is None
    (envelope,) = server.taken
    assert envelope.mail_from == "primaria@example.ro"
    assert envelope.rcpt_tos == ["stefania.moldovan@example.ro"]
    content = envelope.content
    assert isinstance(content, bytes)
    assert b"\r\n.Groapa" in content
    sha256 = desk.row().document_sha256
    assert sha256 is not None
    assert FileStore(desk.settings.store_folder).read(sha256) == content
    assert desk.row().message_id.encode() in content


def test_in_dry_run_nothing_is_due_or_claimed(desk: Desk, server: PostOffice) -> None:
    desk.turn_sending(False)
    assert desk.due() == []
    assert desk.claim() is None
    desk.turn_sending(True)
    assert desk.whole_way() == DispatchState.SENT
    assert len(server.taken) == 1


def test_only_one_worker_gets_a_dispatch(desk: Desk) -> None:
    assert desk.claim() == 1
    assert desk.claim() is None


def test_a_step_that_runs_again_sends_nothing_again(desk: Desk, server: PostOffice) -> None:
    attempt = desk.claim()
    assert attempt is not None
    desk.send(attempt)  # its worker dies before the outcome is written down
    assert desk.send(attempt)["state"] == DispatchState.UNKNOWN
    assert desk.settle(desk.send(attempt)) == DispatchState.UNKNOWN
    assert len(server.taken) == 1
    assert desk.due(timedelta(days=9)) == []


def test_settling_twice_changes_nothing(desk: Desk) -> None:
    attempt = desk.claim()
    assert attempt is not None
    result = desk.send(attempt)
    assert desk.settle(result) == DispatchState.SENT
    assert desk.settle({**result, "state": "queued"}) == DispatchState.SENT


def test_a_late_worker_of_an_earlier_attempt_sends_nothing(desk: Desk, server: PostOffice) -> None:
    assert desk.claim() == 1
    with desk.database.write() as session:
        assert dispatch.settle_interrupted(session, desk.outbox_id, AT) == DispatchState.QUEUED
    assert desk.claim() == 2
    assert desk.send(1)["state"] == DispatchState.UNKNOWN
    assert server.taken == []
    assert desk.settle({"attempt": 1, "state": "sent", "problem": ""}) == DispatchState.SENDING
    assert desk.settle(desk.send(2)) == DispatchState.SENT
    assert len(server.taken) == 1


def test_a_server_that_asks_to_wait_is_tried_again_later_with_growing_pauses(desk: Desk, server: PostOffice) -> None:
    server.data_answer = "451 4.3.0 mai tarziu"
    assert desk.whole_way() == DispatchState.QUEUED
    assert "451" in desk.row().problem
    assert desk.due() == []
    assert desk.due(timedelta(minutes=1)) == [desk.outbox_id]
    server.data_answer, server.recipient_answer = "250 OK", "450 4.2.1 greylisting"
    assert desk.whole_way() == DispatchState.QUEUED
    assert desk.due(timedelta(minutes=1)) == []
    server.recipient_answer = "250 OK"
    assert desk.whole_way() == DispatchState.SENT
    assert len(server.taken) == 1
    assert desk.row().problem == ""


@pytest.mark.parametrize("place", ["recipient_answer", "data_answer"])
def test_a_final_refusal_waits_for_a_person_who_retries_or_prints(desk: Desk, server: PostOffice, place: str) -> None:
    setattr(server, place, "550 5.1.1 nu exista")
    assert desk.whole_way() == DispatchState.REFUSED
    assert "550 5.1.1" in desk.row().problem
    assert desk.due(timedelta(days=9)) == []
    with desk.database.write() as session:
        outbox, user = session.get_one(Outbox, desk.outbox_id), session.get_one(User, desk.user_id)
        approval.retry_refused(session, outbox, user, AT)
    assert desk.whole_way() == DispatchState.REFUSED
    with desk.database.write() as session:
        outbox, user = session.get_one(Outbox, desk.outbox_id), session.get_one(User, desk.user_id)
        approval.print_instead(session, outbox, user, AT)
        approval.mark_posted(session, outbox, user, AT)
    assert desk.outcome() == (ReplyStatus.DISPATCHED, CaseStatus.ANSWERED, True)


@pytest.mark.parametrize("was_sent", [True, False])
def test_a_connection_lost_after_the_text_is_decided_by_a_person(
    desk: Desk, server: PostOffice, was_sent: bool
) -> None:
    server.drop_after_data = True
    assert desk.whole_way() == DispatchState.UNKNOWN
    assert len(server.taken) == 1
    assert desk.due(timedelta(days=9)) == []
    assert desk.claim() is None
    server.drop_after_data = False
    desk.decide(was_sent=was_sent)
    if was_sent:
        assert desk.outcome() == (ReplyStatus.DISPATCHED, CaseStatus.ANSWERED, True)
        assert desk.due(timedelta(days=9)) == []
    else:
        assert desk.whole_way() == DispatchState.SENT


def test_a_worker_that_died_during_the_hand_over_leaves_it_unknown(desk: Desk, server: PostOffice) -> None:
    attempt = desk.claim()
    assert attempt is not None
    desk.send(attempt)
    with desk.database.write() as session:
        assert dispatch.in_flight(session) == {desk.outbox_id}
        assert dispatch.settle_interrupted(session, desk.outbox_id, AT) == DispatchState.UNKNOWN
        assert dispatch.settle_interrupted(session, desk.outbox_id, AT) == DispatchState.UNKNOWN
    assert desk.row().problem


def test_no_server_means_try_again(desk: Desk) -> None:
    desk.settings = desk.settings.model_copy(update={"smtp": smtp_settings(free_port())})
    assert desk.whole_way() == DispatchState.QUEUED
    assert desk.row().problem


def test_no_settings_for_sending_means_try_again_and_say_so(desk: Desk) -> None:
    desk.settings = desk.settings.model_copy(update={"smtp": None})
    assert desk.whole_way() == DispatchState.QUEUED
    assert "[smtp]" in desk.row().problem


def test_the_database_refuses_to_claim_while_sending_is_off(desk: Desk) -> None:
    desk.turn_sending(False)
    with pytest.raises(DBAPIError, match="a_dispatch_is_claimed_once"), desk.database.write() as session:
        session.get_one(Outbox, desk.outbox_id).state = DispatchState.SENDING


def test_pauses_double_up_to_an_hour() -> None:
    pauses = [dispatch.waiting_time(attempt) for attempt in range(1, 12)]
    assert pauses[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert pauses[-1] == timedelta(hours=1)


def test_after_very_many_attempts_a_person_looks(desk: Desk) -> None:
    desk.settings = desk.settings.model_copy(update={"smtp": None})
    with desk.database.write() as session:
        session.get_one(Outbox, desk.outbox_id).attempts = dispatch.MOST_ATTEMPTS - 1
    assert desk.whole_way() == DispatchState.REFUSED


def test_a_plain_connection_is_only_made_to_this_machine() -> None:
    with pytest.raises(NotConnected, match="plain"):
        smtp.greet(smtp_settings(25, host="mail.example.ro"))


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_sending_with_password_and_our_own_authority(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, certificate, key = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    right = (b"primaria", "parolă".encode())

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: Any, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == right, handled=False)

    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True, "decode_data": False}
    options |= {"ssl_context": context, "auth_require_tls": False} if security == "tls" else {"tls_context": context}
    with post_office(**options) as office:
        trusted = smtp_settings(office.port, security=security, ca_file=ca, username="primaria", host="localhost")
        monkeypatch.setenv("CABINET_SMTP_PASSWORD", "greșită")
        with pytest.raises(NotConnected, match="535"):
            smtp.greet(trusted)
        monkeypatch.setenv("CABINET_SMTP_PASSWORD", "parolă")
        with pytest.raises(NotConnected, match=r"(?i)certificate"):
            smtp.greet(trusted.model_copy(update={"ca_file": None}))
        smtp.deliver(trusted, b"Subject: x\r\n\r\n.\r\n..\r\nx", "a@example.ro", ["b@example.ro"])
        (envelope,) = office.taken
        assert envelope.content == b"Subject: x\r\n\r\n.\r\n..\r\nx\r\n"
