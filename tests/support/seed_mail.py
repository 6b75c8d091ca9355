"""What the mail brings beside plain letters, for tests and pictures of the desk: questions, notices, differences."""

from datetime import datetime, timedelta

from sqlmodel import Session

from registry.letters import Outcome, Seen, Source, note
from registry.models import (
    BalanceDifference,
    DeliveryNotice,
    JoinProposal,
    LedgerEntry,
    Letter,
    MailboxState,
    Outbox,
    Reply,
    User,
)
from registry.statuses import DispatchState, LetterStatus, ReplyStatus, change_dispatch
from registry.store import FileStore
from registry.switches import SwitchName, turn
from tests.support import factories as make
from tests.support.seed import drafted_letter


def asked(session: Session, store: FileStore, now: datetime, why: str = "thread") -> JoinProposal:
    """A letter by somebody else, and the question whether it belongs to an older case."""
    first, case, _reply = drafted_letter(session, store, at=now - timedelta(days=3), subject="Gard căzut în parc")
    letter, _own, _draft = drafted_letter(session, store, at=now, subject="Re: Gard căzut în parc")
    assert letter.id is not None
    assert case.id is not None
    assert first.case_id == case.id
    proposal = JoinProposal(letter_id=letter.id, case_id=case.id, why=why, state="open", created_at=now)
    session.add(proposal)
    session.flush()
    return proposal


def bounced(session: Session, store: FileStore, now: datetime, approver: User) -> tuple[Letter, Reply, Outbox, Letter]:
    """A letter whose sent reply came back: the letter, its reply, the dispatch and the notice as it came in."""
    letter, case, _draft = drafted_letter(session, store, at=now - timedelta(days=2), subject="Trecere de pietoni")
    reply = make.make_reply(session, case, letter, status=ReplyStatus.APPROVED, approver=approver)
    turn(session, SwitchName.SENDING, True, at=now - timedelta(days=20), actor="radu")
    outbox = make.make_dispatch(session, reply, at=now - timedelta(days=1))
    for state in (DispatchState.SENDING, DispatchState.SENT, DispatchState.BOUNCED):
        change_dispatch(session, outbox, state, at=now, actor="worker")
        session.flush()
    notice = make.make_letter(
        session,
        store,
        status=LetterStatus.MACHINE_MAIL,
        subject="Undelivered Mail Returned to Sender",
        sender_name="Mail Delivery System",
        machine_kind="bounce",
        machine_rule="delivery_report",
    )
    assert notice.id is not None
    assert outbox.id is not None
    session.add(DeliveryNotice(letter_id=notice.id, outbox_id=outbox.id, action="failed", status="5.1.1", noted_at=now))
    session.flush()
    return letter, reply, outbox, notice


def unbalanced(session: Session, now: datetime) -> LedgerEntry:
    """A mailbox that nobody could look into for hours, one message in no ledger, one that was too big."""
    session.add(
        MailboxState(
            account="registratura",
            folder="INBOX",
            uidvalidity=7,
            on_server=2,
            last_success_at=now - timedelta(hours=3),
            last_attempt_at=now,
            consecutive_failures=4,
            problem="Serverul de e-mail nu răspunde.",
            swept_at=now - timedelta(hours=5),
            not_accounted=1,
        )
    )
    session.flush()
    session.add(
        BalanceDifference(
            account="registratura",
            folder="INBOX",
            uid=41,
            subject="Cerere de urgentare",
            sender="Vasile Crăciun <vasile@posta.example>",
            arrived_at=now - timedelta(hours=6),
            found_at=now - timedelta(hours=5),
        )
    )
    seen = Seen(source=Source.MAILBOX, place="registratura/INBOX/7", key="40", received_at=now)
    entry = note(session, seen, Outcome.TOO_BIG, at=now)
    entry.size, entry.subject, entry.sender = 90 * 1024 * 1024, "Planșe pentru PUZ", "arhitect@posta.example"
    return entry
