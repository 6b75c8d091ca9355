"""Approval in the record: who may, what stops it, what is frozen; on SQLite and PostgreSQL with all guards."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from registry.database import Database
from registry.errors import ChangedMeanwhile, StatusRefused
from registry.models import Case, Fact, Letter, Outbox, RegisterEntry, Reply, ReplyVersion, User
from registry.statuses import CaseStatus, DispatchState, LetterStatus, ReplyStatus
from registry.store import FileStore
from registry.users import Role
from responders import approval
from responders.content import content_hash
from responders.drafts import create_draft, redraft
from responders.errors import (
    AddressUnusable,
    GapsLeft,
    LegalBasisMissing,
    NotAllowed,
    NotEditable,
    ReasonMissing,
    RecipientMissing,
    ReplyError,
    SamePerson,
    TextMissing,
)
from responders.kinds import ReplyKind
from responders.printing import printed_letter
from tests.support.factories import AT, make_case, make_decision, make_letter, make_user, tables

BODY = (
    "Nr. 1/23.11.2026\n\nBună ziua,\n\nGroapa a fost reparată.\n\nTemei legal: OG 27/2002, art. 8.\n\nPrimar,\nIon Pop"
)
NEW_NUMBERS = tables().office.model_copy(update={"reply_number": "new"})
LATER = AT + timedelta(hours=3)


class House:
    """A letter with its case and the draft of an answer, and two colleagues."""

    def __init__(self, database: Database, store: FileStore, **letter: Any) -> None:
        with database.write() as session:
            row = make_letter(
                session, store, status=LetterStatus.UNDERSTOOD, **{"reply_address": "stefania@example.ro", **letter}
            )
            make_decision(session, row)
            case = make_case(session, row)
            reply = create_draft(session, row, case, tables(), at=AT, actor="worker")
            clerk, approver = make_user(session), make_user(session, role=Role.APPROVER)
            assert reply.id is not None
            self.reply_id, self.clerk_id, self.approver_id = reply.id, clerk.id, approver.id
            self.letter_id, self.case_id = row.id, case.id
        self.database = database

    def rows(self, session: Session) -> tuple[Reply, User, User]:
        return (
            session.get_one(Reply, self.reply_id),
            session.get_one(User, self.clerk_id),
            session.get_one(User, self.approver_id),
        )

    def edit(self, **changes: Any) -> None:
        with self.database.write() as session:
            reply, clerk, _approver = self.rows(session)
            approval.save(session, reply, clerk, AT, **typed(reply, **changes))

    def submit(self) -> None:
        with self.database.write() as session:
            reply, clerk, _approver = self.rows(session)
            approval.submit(session, reply, clerk, AT)

    def approve(
        self, *, by: str = "approver", same: bool = False, office: Any = None, version: int | None = None
    ) -> int:
        with self.database.write() as session:
            reply, clerk, approver = self.rows(session)
            outbox = approval.approve(
                session,
                reply,
                clerk if by == "clerk" else approver,
                LATER,
                same_person_may_approve=same,
                office=office or tables().office,
                expected_version=version,
            )
            assert outbox.id is not None
            return outbox.id

    def reply(self) -> Reply:
        with self.database.read() as session:
            return session.get_one(Reply, self.reply_id)

    def case_status(self) -> str:
        with self.database.read() as session:
            return session.get_one(Case, self.case_id).status

    def texts(self) -> dict[int, str]:
        with self.database.read() as session:
            versions = session.exec(select(ReplyVersion).where(ReplyVersion.reply_id == self.reply_id))
            return {version.version: version.body for version in versions}


def typed(reply: Reply, **changes: Any) -> dict[str, Any]:
    return {
        "subject": reply.subject,
        "body": BODY,
        "recipient_name": reply.recipient_name,
        "recipient_email": reply.recipient_email,
        "recipient_address": reply.recipient_address,
        "expected_version": reply.version,
        **changes,
    }


@pytest.fixture
def house(database: Database, store: FileStore) -> House:
    return House(database, store)


def test_drafting_moves_the_case_and_happens_once(house: House) -> None:
    assert house.case_status() == CaseStatus.DRAFTED
    with house.database.write() as session:
        letter, case = session.get_one(Letter, house.letter_id), session.get_one(Case, house.case_id)
        again = create_draft(session, letter, case, tables(), at=AT, actor="worker")
        other = create_draft(session, letter, case, tables(), kind=ReplyKind.ACKNOWLEDGEMENT, at=AT, actor="worker")
        assert again.id == house.reply_id
        assert other.id != house.reply_id
    assert list(house.texts()) == [1]


def test_a_letter_without_an_address_for_mail_is_answered_by_post(database: Database, store: FileStore) -> None:
    assert House(database, store, reply_address="").reply().channel == "post"


def test_a_correction_of_the_classification_writes_the_draft_anew_until_a_person_worked_on_it(house: House) -> None:
    def again() -> bool:
        with house.database.write() as session:
            reply, _clerk, _approver = house.rows(session)
            letter, case = session.get_one(Letter, house.letter_id), session.get_one(Case, house.case_id)
            case.topic = "iluminat-public" if case.topic != "iluminat-public" else "animale"
            return redraft(session, reply, letter, case, tables(), at=AT, actor="clerk")

    assert again()
    assert "iluminat public" in house.reply().body
    assert house.reply().version == 2
    house.edit()
    assert not again()
    assert house.reply().body == BODY


def test_the_whole_way_to_the_outbox(house: House) -> None:
    house.edit()
    house.submit()
    assert house.case_status() == CaseStatus.FOR_APPROVAL
    outbox_id = house.approve(version=house.reply().version)
    reply = house.reply()
    assert (reply.status, reply.approved_hash) == (ReplyStatus.APPROVED, content_hash(reply))
    assert house.case_status() == CaseStatus.APPROVED
    with house.database.read() as session:
        outbox = session.get_one(Outbox, outbox_id)
        assert (outbox.state, outbox.content_hash) == (DispatchState.QUEUED, reply.approved_hash)
        assert session.exec(select(RegisterEntry).where(RegisterEntry.direction == "out")).all() == []


def test_typed_text_is_tidied_and_saving_the_same_again_makes_no_version(house: House) -> None:
    house.edit(body="Bun\u0103 ziua,\r\n\r\n\r\n\r\nŞi ţara.  \r\n")
    house.edit(body="Bună ziua,\n\nȘi țara.")
    assert house.texts()[2] == "Bună ziua,\n\nȘi țara."
    assert list(house.texts()) == [1, 2]


def test_two_people_save_and_nothing_typed_is_lost(house: House) -> None:
    house.edit(body="prima", expected_version=1)
    with pytest.raises(ChangedMeanwhile):
        house.edit(body="a doua", expected_version=1)
    assert house.reply().body == "prima"
    assert house.texts()[3] == "a doua"
    house.edit(body="a treia", expected_version=2)
    assert (house.reply().version, house.reply().body) == (4, "a treia")


def test_text_typed_after_submitting_or_approving_is_refused_but_kept(house: House) -> None:
    house.edit()
    house.submit()
    with pytest.raises(NotEditable):
        house.edit(body="prea târziu")
    house.approve()
    with pytest.raises(NotEditable):
        house.edit(body="mult prea târziu")
    assert house.reply().body == BODY
    assert list(house.texts().values())[-2:] == ["prea târziu", "mult prea târziu"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"body": BODY + "\n[de completat: data]"}, GapsLeft),
        ({"subject": "Re: [de completat: subiect]"}, GapsLeft),
        ({"body": "Bună ziua.\n\nPrimar,\nIon Pop"}, LegalBasisMissing),
        ({"recipient_email": ""}, RecipientMissing),
        ({"recipient_email": "ștefania@example.ro"}, AddressUnusable),
        ({"channel": "post", "recipient_address": ""}, RecipientMissing),
        ({"subject": " "}, TextMissing),
    ],
)
def test_an_unfinished_reply_is_not_submitted(house: House, changes: dict[str, Any], error: type[ReplyError]) -> None:
    house.edit(**changes)
    with pytest.raises(error):
        house.submit()
    assert house.reply().status == ReplyStatus.DRAFT


def test_a_fresh_draft_has_gaps_and_cannot_be_submitted(house: House) -> None:
    with pytest.raises(GapsLeft):
        house.submit()


def test_a_clerk_may_not_approve(house: House) -> None:
    house.edit()
    house.submit()
    with pytest.raises(NotAllowed):
        house.approve(by="clerk")
    assert house.reply().status == ReplyStatus.FOR_APPROVAL


@pytest.mark.parametrize("part", ["edited", "submitted"])
def test_who_wrote_or_submitted_a_reply_does_not_approve_it_unless_the_office_allows(house: House, part: str) -> None:
    with house.database.write() as session:
        reply, clerk, approver = house.rows(session)
        approval.save(session, reply, approver if part == "edited" else clerk, AT, **typed(reply))
        approval.submit(session, reply, approver if part == "submitted" else clerk, AT)
    with pytest.raises(SamePerson):
        house.approve()
    house.approve(same=True)
    assert house.reply().status == ReplyStatus.APPROVED


def test_a_text_that_changed_since_it_was_on_the_screen_is_not_approved(house: House) -> None:
    house.edit()
    house.submit()
    with pytest.raises(ChangedMeanwhile):
        house.approve(version=1)


def test_a_draft_cannot_be_approved_and_an_approved_reply_not_twice(house: House) -> None:
    house.edit()
    with pytest.raises(StatusRefused):
        house.approve()
    house.submit()
    house.approve()
    with pytest.raises(StatusRefused):
        house.approve()


def test_a_reply_is_returned_with_a_reason_mended_and_approved(house: House) -> None:
    house.edit()
    house.submit()
    with house.database.write() as session:
        reply, clerk, approver = house.rows(session)
        with pytest.raises(NotAllowed):
            approval.return_with_reason(session, reply, clerk, AT, reason="nu")
        with pytest.raises(ReasonMissing):
            approval.return_with_reason(session, reply, approver, AT, reason="  ")
        approval.return_with_reason(session, reply, approver, AT, reason="Lipsește data.")
    assert (house.reply().status, house.reply().return_reason) == (ReplyStatus.RETURNED, "Lipsește data.")
    assert house.case_status() == CaseStatus.DRAFTED
    house.edit(body=BODY.replace("reparată", "reparată la 20.11.2026"))
    house.submit()
    house.approve()
    assert house.reply().status == ReplyStatus.APPROVED


def test_the_database_itself_refuses_a_change_after_approval(house: House) -> None:
    house.edit()
    house.submit()
    house.approve()
    with pytest.raises(DBAPIError, match="approved_text_is_frozen"), house.database.write() as session:
        session.get_one(Reply, house.reply_id).body = "altceva"


def test_an_office_with_new_numbers_gives_the_answer_its_own_line_and_number(
    database: Database, store: FileStore
) -> None:
    house = House(database, store)
    house.edit(body=BODY.replace("1/23.11.2026", "[numărul se dă la aprobare]"))
    house.submit()
    outbox_id = house.approve(office=NEW_NUMBERS)
    with database.write() as session:
        out = session.exec(select(RegisterEntry).where(RegisterEntry.direction == "out")).one()
        letter = session.get_one(Letter, house.letter_id)
        assert out.joined_to_id == letter.entry_id
        assert session.get_one(Reply, house.reply_id).body.startswith(f"Nr. {out.label}\n")
        outbox = session.get_one(Outbox, outbox_id)
        approval.finish(session, outbox, at=LATER, actor="test")
    with database.read() as session:
        dates = session.exec(select(RegisterEntry.dispatched_on).order_by(col(RegisterEntry.id))).all()
        assert dates == [LATER.date(), LATER.date()]
    assert house.reply().approved_hash == content_hash(house.reply())


def test_a_printed_letter_is_kept_once_and_posted(database: Database, store: FileStore) -> None:
    house = House(database, store, channel="post", reply_address="")
    house.edit()
    house.submit()
    outbox_id = house.approve()
    with database.write() as session:
        outbox = session.get_one(Outbox, outbox_id)
        assert outbox.state == DispatchState.TO_PRINT
        first = printed_letter(session, store, outbox, tables())
    with database.write() as session:
        outbox = session.get_one(Outbox, outbox_id)
        assert printed_letter(session, store, outbox, tables()) == first
        approval.mark_posted(session, outbox, session.get_one(User, house.clerk_id), LATER)
    assert house.reply().status == ReplyStatus.DISPATCHED
    assert house.case_status() == CaseStatus.ANSWERED
    with database.read() as session:
        letter = session.get_one(Letter, house.letter_id)
        assert session.get_one(RegisterEntry, letter.entry_id).dispatched_on == LATER.date()


def test_an_acknowledgement_never_answers_a_case(house: House) -> None:
    with house.database.write() as session:
        letter, case = session.get_one(Letter, house.letter_id), session.get_one(Case, house.case_id)
        reply = create_draft(session, letter, case, tables(), kind=ReplyKind.ACKNOWLEDGEMENT, at=AT, actor="worker")
        _reply, clerk, approver = house.rows(session)
        approval.submit(session, reply, clerk, AT)
        outbox = approval.approve(session, reply, approver, AT, same_person_may_approve=False, office=tables().office)
        approval.finish(session, outbox, at=AT, actor="test")
        assert session.get_one(RegisterEntry, letter.entry_id).dispatched_on is None
    assert house.case_status() == CaseStatus.DRAFTED


def test_a_case_with_two_letters_is_answered_when_the_last_answer_is_out(house: House, store: FileStore) -> None:
    house.edit()
    house.submit()
    first = house.approve()
    with house.database.write() as session:
        letter = make_letter(session, store, status=LetterStatus.UNDERSTOOD, reply_address="stefania@example.ro")
        case = session.get_one(Case, house.case_id)
        letter.case_id = case.id
        create_draft(session, letter, case, tables(), at=AT, actor="worker")
        approval.finish(session, session.get_one(Outbox, first), at=LATER, actor="test")
    assert house.case_status() == CaseStatus.DRAFTED  # the first answer is out, the second is still being written
    with house.database.write() as session:
        second = session.exec(select(Reply).where(Reply.id != house.reply_id)).one()
        _reply, clerk, approver = house.rows(session)
        approval.save(session, second, clerk, AT, **typed(second))
        approval.submit(session, second, clerk, AT)
        outbox = approval.approve(session, second, approver, AT, same_person_may_approve=False, office=tables().office)
        approval.finish(session, outbox, at=LATER, actor="test")
    assert house.case_status() == CaseStatus.ANSWERED


def test_facts_of_the_letter_stand_in_the_draft_with_their_place(database: Database, store: FileStore) -> None:
    with database.write() as session:
        text = "Bună ziua, pe strada Gării nr. 5 este o groapă."
        letter = make_letter(session, store, status=LetterStatus.UNDERSTOOD, text=text)
        case = make_case(session, letter)
        start = text.index("strada")
        assert letter.id is not None
        session.add(Fact(letter_id=letter.id, kind="address", value="strada Gării nr. 5", start=start, end=start + 18))
        session.flush()
        reply = create_draft(session, letter, case, tables(), at=AT, actor="worker")
        assert {
            "field": "place",
            "value": "strada Gării nr. 5",
            "source": "letter",
            "place": f"letters:{letter.id} text {start}-{start + 18}",
        } in reply.sources
