"""The balance of a mailbox: every message on its server against the ledger, what differs named for people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, delete

from ingest.mailbox import Mailbox
from ingest.preview import Preview, preview
from ingest.receive import place_of
from registry.database import Database
from registry.letters import Source, final_keys
from registry.models import BalanceDifference, MailboxState

MOST_NAMED: Final = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A message on the server without a final outcome in the ledger; who and what its header says."""

    uid: int
    subject: str = ""
    sender: str = ""
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Messages of one mailbox folder on the server, and those of them that the ledger does not account for.

    The first 100 of them are named, the others have their UID only.
    """

    account: str
    folder: str
    on_server: int
    differences: tuple[Difference, ...] = ()

    @property
    def accounted(self) -> int:
        """How many messages have a final outcome."""
        return self.on_server - len(self.differences)


def compare(database: Database, mailbox: Mailbox, *, account: str, folder: str) -> Balance:
    """Count both sides now. `MailboxConnectionLost` if the server goes away meanwhile."""
    on_server = mailbox.uids()
    with database.read() as session:
        known = final_keys(session, Source.MAILBOX, place_of(account, folder, mailbox))
    missing = [uid for uid in on_server if str(uid) not in known]
    infos = mailbox.sizes(missing[:MOST_NAMED])
    heads: dict[int, Preview] = {uid: preview(mailbox.head(uid)) for uid in infos}
    differences = tuple(
        Difference(uid, heads[uid].subject, heads[uid].sender, infos[uid].internal_date)
        if uid in heads
        else Difference(uid)
        for uid in missing
    )
    return Balance(account, folder, len(on_server), differences)


def note_sweep(session: Session, balance: Balance, at: datetime) -> None:
    """Keep the differences in place of those of the sweep before; the folder must have been looked into once."""
    state = session.get_one(MailboxState, (balance.account, balance.folder))
    state.swept_at, state.not_accounted = at, len(balance.differences)
    session.exec(
        delete(BalanceDifference).where(
            col(BalanceDifference.account) == balance.account, col(BalanceDifference.folder) == balance.folder
        )
    )
    session.add_all(
        BalanceDifference(
            account=balance.account,
            folder=balance.folder,
            uid=one.uid,
            subject=one.subject,
            sender=one.sender,
            arrived_at=one.arrived_at,
            found_at=at,
        )
        for one in balance.differences[:MOST_NAMED]
    )
