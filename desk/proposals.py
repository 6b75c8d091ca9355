"""Open questions about a letter's case, and what mail servers said of our replies, as the letter's page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from registry.joins import open_proposals
from registry.models import Case, DeliveryNotice, Letter, Outbox, RegisterEntry, Reply


@dataclass(frozen=True, slots=True)
class Proposal:
    """A case to which the letter may belong, by its first letter."""

    id: int
    why: str
    letter_id: int
    number: str
    petitioner: str
    subject: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a mail server or program said of one of our dispatches; `letter_id` and `number` are of the notice."""

    letter_id: int
    number: str
    action: str
    status: str
    at: datetime


def proposals(session: Session, letter: Letter) -> list[Proposal]:
    """The questions about this letter that nobody has answered."""
    found = []
    for one in open_proposals(session, letter.id or 0):
        case = session.get_one(Case, one.case_id)
        first = session.exec(
            select(Letter, RegisterEntry)
            .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
            .where(Letter.case_id == case.id)
            .order_by(col(Letter.id))
        ).first()
        if first is not None:
            other, entry = first
            found.append(
                Proposal(one.id or 0, one.why, other.id or 0, entry.label, case.petitioner_name, other.subject)
            )
    return found


def notices(session: Session, outbox_ids: Iterable[int | None]) -> dict[int, list[Notice]]:
    """The notices about these dispatches, oldest first, by dispatch."""
    rows = session.exec(
        select(DeliveryNotice, RegisterEntry)
        .join(Letter, col(Letter.id) == col(DeliveryNotice.letter_id))
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .where(col(DeliveryNotice.outbox_id).in_([one for one in outbox_ids if one is not None]))
        .order_by(col(DeliveryNotice.id))
    ).all()
    found: dict[int, list[Notice]] = {}
    for one, entry in rows:
        notice = Notice(one.letter_id, entry.label, one.action, one.status, one.noted_at)
        found.setdefault(one.outbox_id, []).append(notice)
    return found


def answered_letter(session: Session, letter: Letter) -> tuple[int, str] | None:
    """Of a notice of a mail server: the letter whose reply it speaks of, by id and number."""
    found = session.exec(
        select(Reply, RegisterEntry)
        .join(Outbox, col(Outbox.reply_id) == col(Reply.id))
        .join(DeliveryNotice, col(DeliveryNotice.outbox_id) == col(Outbox.id))
        .join(Letter, col(Letter.id) == col(Reply.letter_id))
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .where(DeliveryNotice.letter_id == letter.id)
    ).first()
    return (found[0].letter_id, found[1].label) if found else None
