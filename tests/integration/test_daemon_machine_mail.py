"""Machine mail on its whole way: tied to what it speaks of, sorted out or only marked, restored by a click."""

from pathlib import Path

import pytest
from sqlmodel import select

from config import clock
from registry.database import Database
from registry.letters import RESTORED
from registry.models import Case, DeliveryNotice, Outbox, Reply
from registry.statuses import CaseStatus, DispatchState, LetterStatus, ReplyStatus
from registry.switches import SwitchName, turn
from registry.users import Role
from responders import acknowledge, approval, dispatch
from tests.integration.test_daemon_pipeline import Office, on_sqlite, open_office
from tests.support.factories import make_user, tables
from tests.unit.test_ingest_machine_samples import OURS, SAMPLES

ANSWER = "Groapa a fost reparată.\n\nTemei legal: OG 27/2002, art. 8.\n"
LETTER = (
    "From: Ștefania Moldovan <stefania@example.ro>\nTo: primaria@primariamedias.ro\nMessage-ID: <1@example.ro>\n"
    "Subject: Groapa din strada Lazar\nContent-Type: text/plain; charset=utf-8\n\n"
    "Vă rog să reparați groapa din fața casei mele de pe strada Gheorghe Lazăr nr. 14.\n"
).encode()


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    return open_office(tmp_path, database)


def sample(name: str, office: Office, message_id: str = OURS) -> bytes:
    """A sample as it would come to this office, naming this Message-ID."""
    own = tables().office.email
    text = (SAMPLES / f"{name}.eml").read_text(encoding="utf-8")
    text = text.replace(OURS, message_id).replace("primaria@medias.example", own)
    return text.replace("medias.example", own.rpartition("@")[2]).encode()


def send_answer(office: Office, letter_id: int) -> Outbox:
    """Approve the drafted answer to a letter and have the mail server take it."""
    now = clock.now()
    with office.house.database.write() as session:
        reply = session.exec(select(Reply).where(Reply.letter_id == letter_id)).one()
        reply.body = ANSWER
        clerk, approver = make_user(session), make_user(session, role=Role.APPROVER)
        approval.submit(session, reply, clerk, now)
        outbox = approval.approve(session, reply, approver, now, same_person_may_approve=False, office=tables().office)
        turn(session, SwitchName.SENDING, True, at=now, actor="admin")
        assert outbox.id is not None
        attempt = dispatch.claim(session, outbox.id, now)
        dispatch.settle(session, outbox.id, {"attempt": attempt, "state": "sent", "problem": ""}, now)
        return outbox


def state(office: Office, outbox: Outbox) -> tuple[str, str, str]:
    with office.house.database.read() as session:
        reply = session.get_one(Reply, outbox.reply_id)
        return (
            session.get_one(Outbox, outbox.id).state,
            reply.status,
            session.get_one(Case, reply.case_id).status,
        )


OUT = (DispatchState.SENT, ReplyStatus.DISPATCHED, CaseStatus.ANSWERED)
BACK = (DispatchState.BOUNCED, ReplyStatus.APPROVED, CaseStatus.APPROVED)


@pytest.mark.parametrize(
    ("name", "action", "after"),
    [
        ("bounce/postfix-user-unknown", "failed", BACK),
        ("bounce/exchange-online", "failed", BACK),
        ("bounce/yahoo-text-only", "failed", BACK),
        ("bounce/gmail-delay", "delayed", OUT),
        ("auto-reply/outlook-romanian", "auto-reply", OUT),
        ("report/mdn-displayed", "displayed", OUT),
    ],
)
@on_sqlite
def test_a_notice_is_tied_to_the_answer_it_names(
    office: Office, name: str, action: str, after: tuple[str, str, str]
) -> None:
    outbox = send_answer(office, office.put_through("letter.eml", LETTER))
    assert state(office, outbox) == OUT
    notice_id = office.put_through("notice.eml", sample(name, office, outbox.message_id.strip("<>")))
    assert office.letter(notice_id).status == LetterStatus.MACHINE_MAIL
    (notice,) = office.rows(DeliveryNotice, notice_id)
    assert (notice.outbox_id, notice.action) == (outbox.id, action)
    assert state(office, outbox) == after


def test_a_bounce_that_names_no_letter_of_ours_is_kept_and_changes_nothing(office: Office) -> None:
    outbox = send_answer(office, office.put_through("letter.eml", LETTER))
    notice_id = office.put_through("notice.eml", sample("bounce/postfix-user-unknown", office))
    assert office.letter(notice_id).status == LetterStatus.MACHINE_MAIL
    assert office.rows(DeliveryNotice, notice_id) == []
    assert state(office, outbox) == OUT


def test_a_bounce_that_is_restored_as_a_letter_takes_nothing_back_twice(office: Office) -> None:
    outbox = send_answer(office, office.put_through("letter.eml", LETTER))
    notice_id = office.put_through(
        "notice.eml", sample("bounce/postfix-user-unknown", office, outbox.message_id.strip("<>"))
    )
    office.process_again(notice_id)
    office.process(notice_id)
    letter = office.letter(notice_id)
    assert (letter.status, letter.machine_kind, letter.machine_rule) == (LetterStatus.READY, "", RESTORED)
    assert len(office.rows(DeliveryNotice, notice_id)) == 1
    assert state(office, outbox) == BACK


@pytest.mark.parametrize("kind", ["bounce", "auto-reply", "report", "own", "bulk"])
@on_sqlite
def test_sorted_out_mail_of_every_kind_becomes_a_letter_by_one_click(office: Office, kind: str) -> None:
    path = sorted((SAMPLES / kind).glob("*.eml"))[0]
    letter_id = office.put_through("mail.eml", sample(f"{kind}/{path.stem}", office))
    letter = office.letter(letter_id)
    assert (letter.status, letter.machine_kind, letter.case_id) == (LetterStatus.MACHINE_MAIL, kind, None)
    office.process_again(letter_id)
    office.process(letter_id)
    letter = office.letter(letter_id)
    assert (letter.status, letter.machine_kind, letter.machine_rule) == (LetterStatus.READY, "", RESTORED)
    assert letter.case_id is not None
    with office.house.database.write() as session:  # a restored mail is a letter, but its sender may be a robot
        acknowledge.switch(session, True, make_user(session, role=Role.APPROVER), clock.now())
        turn(session, SwitchName.SENDING, True, at=clock.now(), actor="admin")
        assert acknowledge.waiting(session, tables(), office.house.settings, clock.now()) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("list/mailman-2", "list"),
        ("no-reply/court-portal", "no-reply"),
        ("no-reply/web-form-from-our-own-address", "no-reply"),
        ("weak/subject-only-undelivered-parcel-complaint", "bounce"),
    ],
)
@on_sqlite
def test_what_may_be_a_letter_is_marked_and_gets_its_case_and_dates(office: Office, name: str, kind: str) -> None:
    letter_id = office.put_through("mail.eml", sample(name, office))
    letter = office.letter(letter_id)
    assert (letter.status, letter.machine_kind) == (LetterStatus.READY, kind)
    assert letter.machine_rule
    assert office.case(letter_id).registered_on == clock.local_date(letter.registered_at)
    assert office.rows(Reply, letter_id)
