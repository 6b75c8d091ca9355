"""What comes back about letters that left: tying bounces, receipts and automatic answers to the dispatch they name.

Believed is only a Message-ID of our own making, which nobody can guess; so a forged bounce opens no case. An answer
that could not be delivered is no answer: its dispatch becomes "bounced" and its case is open again. Everything else is
noted for people to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from config.i18n import gettext as _
from registry import audit
from registry.dispatch_day import write_dispatch_day
from registry.models import AuditEvent, Case, DeliveryNotice, Letter, Outbox, Reply
from registry.statuses import (
    CaseStatus,
    DispatchState,
    ReplyStatus,
    change_case,
    change_dispatch,
    change_reply,
)

ACTOR = "rule:delivery-notice"
NOTED = "note-delivery"
AUTO_REPLY = "auto-reply"
FAILED = "failed"
_LEFT = frozenset({DispatchState.SENT, DispatchState.UNKNOWN})
_ACKNOWLEDGEMENT = "acknowledgement"


@dataclass(frozen=True, slots=True)
class Report:
    """What a notice says: Message-IDs it names (without brackets), and of whom it tells what (RFC 3464).

    `action` is "failed", "delayed", "delivered", "displayed" and the like, `status` "5.1.1"; "" if it does not say.
    """

    message_ids: Sequence[str] = ()
    recipient: str = ""
    action: str = ""
    status: str = ""


def tie(session: Session, letter: Letter, report: Report, *, at: datetime) -> DeliveryNotice | None:
    """Note what the machine mail `letter` reports at the dispatch that it names, in the caller's transaction.

    None if it names no letter of ours. A bounce that says "failed" for good moves the dispatch to "bounced", its reply
    back to "approved" and an answered case back to "approved". Done again for the same letter it changes nothing.
    """
    known = session.exec(select(DeliveryNotice).where(DeliveryNotice.letter_id == letter.id)).first()
    if known is not None:
        return known
    outbox = _named(session, report.message_ids)
    if outbox is None:
        return None
    assert letter.id is not None
    assert outbox.id is not None
    notice = DeliveryNotice(
        letter_id=letter.id,
        outbox_id=outbox.id,
        action=_action(letter, report),
        status=report.status[:20],
        recipient=report.recipient,
        noted_at=at,
    )
    session.add(notice)
    audit.record(
        session,
        at=at,
        actor=ACTOR,
        act=NOTED,
        subject=f"outbox:{outbox.id}",
        detail={"letter": letter.id, "action": notice.action, "status": notice.status},
    )
    if notice.action == FAILED:
        bring_back(session, outbox, notice.status, at=at)
    return notice


def bring_back(session: Session, outbox: Outbox, status: str, *, at: datetime) -> bool:
    """Take a dispatch that left for undelivered: its answer is approved but not out, its case is open again.

    False, and nothing changed, where there is nothing to do: it is being sent again or printed already, or it is an
    acknowledgement, after which nobody waits.
    """
    reply = session.get_one(Reply, outbox.reply_id)
    if outbox.state not in _LEFT or reply.kind == _ACKNOWLEDGEMENT:
        return False
    change_dispatch(session, outbox, DispatchState.BOUNCED, at=at, actor=ACTOR)
    outbox.next_try_at = None
    outbox.problem = _(
        "The recipient's mail server could not deliver the message (code {status}). Check the address; "
        "then send it again or print it."
    ).format(status=status or "–")
    if reply.status == ReplyStatus.DISPATCHED:
        change_reply(session, reply, ReplyStatus.APPROVED, at=at, actor=ACTOR)
        write_dispatch_day(session, reply, None)
    case = session.get_one(Case, reply.case_id)
    if case.status == CaseStatus.ANSWERED:
        change_case(session, case, CaseStatus.APPROVED, at=at, actor=ACTOR)
    return True


def failure_during_hand_over(session: Session, outbox: Outbox) -> str | None:
    """The status ("" if it gave none) of a failure that was noted after the present attempt to send began.

    A bounce can come in before the attempt's own outcome is written down. The trail tells the order, not the clock,
    which may jump. None if nothing failed since.
    """
    events = select(AuditEvent).where(AuditEvent.subject == f"outbox:{outbox.id}").order_by(col(AuditEvent.id).desc())
    for event in session.exec(events):
        if event.act == NOTED and event.detail["action"] == FAILED:
            return str(event.detail["status"])
        if event.act == "status" and event.detail["new"] == DispatchState.SENDING:
            return None
    return None


def _named(session: Session, message_ids: Sequence[str]) -> Outbox | None:
    """The dispatch of the first Message-ID that is one of ours, locked until the transaction ends."""
    ours = [f"<{one.strip('<> ').lower()}>" for one in message_ids]
    found = session.exec(select(Outbox).where(col(Outbox.message_id).in_(ours))).all()
    if not found:
        return None
    first = min(found, key=lambda outbox: ours.index(outbox.message_id))
    return session.get_one(Outbox, first.id, with_for_update=True, populate_existing=True)


def _action(letter: Letter, report: Report) -> str:
    """The action in our words: only a bounce can say "failed", and a permanent status says it without the word."""
    if letter.machine_kind == "bounce":
        permanent = report.action == FAILED or (not report.action and report.status.startswith("5"))
        return FAILED if permanent else report.action
    return AUTO_REPLY if letter.machine_kind == AUTO_REPLY else report.action if report.action != FAILED else ""
