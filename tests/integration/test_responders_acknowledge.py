"""Automatic acknowledgements: by a rule that a person answers for, once an address and day, so many an hour."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from config.settings import AcknowledgementSettings, MailboxSettings, Settings
from registry.database import Database
from registry.models import Acknowledgement, AuditEvent, Case, Letter, Outbox, Reply, User
from registry.statuses import CaseStatus, DispatchState, LetterStatus, ReplyStatus, change_case
from registry.store import FileStore
from registry.switches import SwitchName, turn
from registry.users import Role
from responders import acknowledge, approval
from responders.errors import NotAllowed
from responders.kinds import ReplyKind
from tests.integration.test_responders_dispatch import smtp_settings
from tests.support.factories import AT, make_case, make_decision, make_letter, make_user, tables

_people = count(1)
DAY = timedelta(days=1)


class Office:
    """A record with both switches on, and people who write to it."""

    def __init__(self, database: Database, store: FileStore, folder: Path, *, per_hour: int = 60) -> None:
        self.database, self.store = database, store
        mailbox = MailboxSettings(name="primaria", host="127.0.0.1", username="registratura@example.ro")
        self.settings = Settings(
            data_folder=folder,
            smtp=smtp_settings(2525),
            mailboxes=(mailbox,),
            acknowledgements=AcknowledgementSettings(per_hour=per_hour),
        )
        with database.write() as session:
            turn(session, SwitchName.SENDING, True, at=AT, actor="admin")
            approver = make_user(session, role=Role.APPROVER, username="aprobator")
            acknowledge.switch(session, True, approver, AT)

    def letter(self, sender: str = "", **fields: Any) -> int:
        address = sender or f"om{next(_people)}@example.ro"
        values = {"sender_address": address, "reply_address": address, **fields}
        with self.database.write() as session:
            letter = make_letter(session, self.store, status=LetterStatus.UNDERSTOOD, **values)
            make_decision(session, letter)
            make_case(session, letter)
            letter.status = LetterStatus.READY
            assert letter.id is not None
            return letter.id

    def look(self, after: timedelta = timedelta(minutes=1)) -> int:
        """How many acknowledgements one look makes."""
        with self.database.write() as session:
            return len(acknowledge.acknowledge_waiting(session, tables(), self.settings, AT + after))

    def acknowledged(self) -> list[int]:
        with self.database.read() as session:
            return list(session.exec(select(Acknowledgement.letter_id).order_by(col(Acknowledgement.letter_id))))


@pytest.fixture
def office(database: Database, store: FileStore, tmp_path: Path) -> Office:
    return Office(database, store, tmp_path)


def the(session: Session, letter_id: int) -> tuple[Reply, Outbox]:
    reply = session.exec(select(Reply).where(Reply.letter_id == letter_id)).one()
    return reply, session.exec(select(Outbox).where(Outbox.reply_id == reply.id)).one()


def test_a_letter_is_acknowledged_in_the_name_of_the_one_who_switched_it_on(office: Office) -> None:
    letter_id = office.letter()
    assert office.look() == 1
    assert office.look() == 0
    with office.database.read() as session:
        reply, outbox = the(session, letter_id)
        approver = session.exec(select(User).where(User.username == "aprobator")).one()
        assert (reply.kind, reply.status, reply.decided_by_id) == (
            ReplyKind.ACKNOWLEDGEMENT,
            ReplyStatus.APPROVED,
            approver.id,
        )
        assert (outbox.state, outbox.channel, outbox.content_hash) == (
            DispatchState.QUEUED,
            "email",
            reply.approved_hash,
        )
        approved = session.exec(select(AuditEvent).where(AuditEvent.act == "approve")).one()
        assert approved.actor == "rule:acknowledge"
        case = session.get_one(Case, session.get_one(Letter, letter_id).case_id)
        assert case.status == CaseStatus.REGISTERED
        assert case.closed_at is None


@pytest.mark.parametrize("name", [SwitchName.SENDING, SwitchName.ACKNOWLEDGEMENTS])
def test_nothing_is_made_while_a_switch_is_off(office: Office, name: SwitchName) -> None:
    office.letter()
    with office.database.write() as session:
        turn(session, name, False, at=AT, actor="aprobator")
    assert office.look() == 0
    with office.database.write() as session:
        turn(session, name, True, at=AT, actor="aprobator")
    assert office.look() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"machine_kind": "list", "machine_rule": "list_headers"},
        {"machine_kind": "no-reply", "machine_rule": "asks_for_silence"},
        {"machine_kind": "auto-reply", "machine_rule": "subject_pattern"},
        {"machine_rule": "restored"},
        {"sender_address": ""},
        {"reply_address": "no-reply@example.ro"},
        {"sender_address": "owner-vecini@example.ro"},
        {"reply_address": "bounces+77@example.ro"},
        {"reply_address": "ștefan@example.ro"},
        {"reply_address": "a@example.ro, b@example.ro"},
        {"reply_address": ""},
        {"reply_address": "Primaria@Example.ro"},
        {"reply_address": "registratura+x@example.ro"},
        {"sender_address": tables().office.email},
        {"channel": "post"},
        {"case_id": None},
        {"status": LetterStatus.UNDERSTOOD},
        {"registered_at": AT - DAY},
    ],
)
def test_machines_ourselves_and_unusable_addresses_get_none(office: Office, fields: dict[str, Any]) -> None:
    letter_id = office.letter()
    with office.database.write() as session:
        letter = session.get_one(Letter, letter_id)
        for name, value in fields.items():
            if name == "registered_at":  # the database does not let a registration move
                continue
            setattr(letter, name, value)
    assert office.look(DAY if "registered_at" in fields else timedelta(minutes=1)) == 0


@pytest.mark.parametrize("status", [CaseStatus.APPROVED, CaseStatus.ANSWERED])
def test_who_has_the_answer_needs_no_acknowledgement(office: Office, status: CaseStatus) -> None:
    letter_id = office.letter()
    with office.database.write() as session:
        case = session.get_one(Case, session.get_one(Letter, letter_id).case_id)
        for step in (CaseStatus.DRAFTED, CaseStatus.FOR_APPROVAL, CaseStatus.APPROVED, CaseStatus.ANSWERED):
            change_case(session, case, step, at=AT, actor="worker")
            if step == status:
                break
    assert office.look() == 0


def test_an_address_gets_one_a_day_however_it_is_spelt(office: Office) -> None:
    first = office.letter("Ion.Pop@example.ro")
    office.letter("ion.pop+2@example.ro")
    assert office.look() == 1
    office.letter("ION.POP@EXAMPLE.RO")
    assert office.look() == 0
    assert office.acknowledged() == [first]


def test_letters_of_an_acknowledged_day_do_not_begin_anew_after_midnight(office: Office) -> None:
    first = office.letter("robot@example.ro")
    assert office.look() == 1
    office.letter("robot@example.ro")
    assert office.look(timedelta(hours=15)) == 0  # the next day in Romania, within the window
    third = office.letter("robot@example.ro", at=AT + DAY)
    assert office.look(DAY) == 1
    assert office.acknowledged() == [first, third]


def test_over_the_hourly_cap_letters_wait_and_are_not_dropped(
    database: Database, store: FileStore, tmp_path: Path
) -> None:
    office = Office(database, store, tmp_path, per_hour=3)
    letters = [office.letter() for _ in range(5)]
    assert office.look() == 3
    assert office.look(timedelta(minutes=59)) == 0
    assert office.look(timedelta(minutes=62)) == 2
    assert office.acknowledged() == letters


def test_workers_that_look_at_once_keep_the_cap_and_the_limit_together(
    database: Database, store: FileStore, tmp_path: Path
) -> None:
    office = Office(database, store, tmp_path, per_hour=3)
    for _ in range(3):
        office.letter("robot@example.ro")
    for _ in range(4):
        office.letter()
    with ThreadPoolExecutor(4) as workers:
        made = list(workers.map(lambda _: office.look(), range(4)))
    assert sum(made) == len(office.acknowledged()) == 3


def test_a_draft_with_a_gap_is_withdrawn_and_not_tried_again(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    holey = tables().office.model_copy(update={"municipality": ""})
    without = type(tables())(**{name: getattr(tables(), name) for name in tables().__slots__} | {"office": holey})
    letter_id = office.letter()
    with office.database.write() as session:
        assert acknowledge.acknowledge_waiting(session, without, office.settings, AT) == []
    assert office.look() == 0
    with office.database.read() as session:
        reply = session.exec(select(Reply).where(Reply.letter_id == letter_id)).one()
        assert reply.status == ReplyStatus.WITHDRAWN
        assert session.exec(select(Outbox)).all() == []


def test_the_rule_stops_with_a_sentence_when_nobody_answers_for_it(office: Office) -> None:
    letter_id = office.letter()
    with office.database.write() as session:
        session.exec(select(User).where(User.username == "aprobator")).one().active = False
    assert office.look() == 0
    with office.database.write() as session:
        assert "confirmările automate" in acknowledge.alarm(session).lower()
        other = make_user(session, role=Role.ADMINISTRATOR)
        acknowledge.switch(session, True, other, AT)
        assert acknowledge.alarm(session) == ""
    assert office.look() == 1
    with office.database.read() as session:
        assert the(session, letter_id)[0].decided_by_id == other.id


@pytest.mark.parametrize("role", [Role.CLERK, Role.OPERATOR])
def test_only_who_may_approve_may_switch_it(office: Office, role: Role) -> None:
    with office.database.write() as session:
        person = make_user(session, role=role)
        for on in (True, False):
            with pytest.raises(NotAllowed):
                acknowledge.switch(session, on, person, AT)


def test_the_rule_approves_nothing_but_acknowledgements(office: Office) -> None:
    letter_id = office.letter()
    assert office.look() == 1
    with office.database.write() as session:
        reply, _outbox = the(session, letter_id)
        approver = session.get_one(User, reply.decided_by_id)
        answer = Reply(
            case_id=reply.case_id, letter_id=letter_id, kind="answer", channel="email", status="draft", created_at=AT
        )
        session.add(answer)
        session.flush()
        with pytest.raises(NotAllowed):
            approval.approve_by_rule(session, answer, approver, AT, office=tables().office, rule="acknowledge")


def test_the_database_itself_refuses_a_second_one_for_an_address_and_day(office: Office) -> None:
    first = office.letter("ion@example.ro")
    second = office.letter("ana@example.ro")
    assert office.look() == 2
    with office.database.read() as session:
        made = session.get_one(Acknowledgement, first)
        reply_id = the(session, second)[0].id
    assert reply_id is not None
    again = Acknowledgement(letter_id=second + 1, reply_id=reply_id, address=made.address, day=made.day, made_at=AT)
    with pytest.raises(DBAPIError, match=r"(?i)unique"), office.database.write() as session:
        session.add(again)
