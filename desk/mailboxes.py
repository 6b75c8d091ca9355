"""How the mailboxes stand: what is on the server against what is in the ledger, when we last looked, what ends soon."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from registry.letters import FINAL_OUTCOMES, Outcome, Source
from registry.models import BalanceDifference, LedgerEntry, MailboxState


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox folder. `in_ledger` counts its messages with a final outcome, `waiting` those to be tried again.

    `problem` is the sentence that the last failed look left; `differences` are the messages that the last full
    comparison (`swept_at`) found on the server and not in the ledger; `stale`: no good look for longer than allowed.
    """

    account: str
    folder: str
    on_server: int
    in_ledger: int
    waiting: int
    last_success_at: datetime | None
    failures: int
    problem: str
    stale: bool
    age_minutes: float | None
    swept_at: datetime | None
    differences: list[BalanceDifference]

    @property
    def balanced(self) -> bool:
        """Whether everything on the server is in the ledger."""
        return self.in_ledger >= self.on_server and not self.waiting and not self.differences


def mailboxes(session: Session, now: datetime, silent_minutes: float) -> list[Mailbox]:
    """Every mailbox folder that was ever polled; stale after `silent_minutes` without a good look."""
    states = session.exec(select(MailboxState).order_by("account", "folder"))
    return [_mailbox(session, state, now, silent_minutes) for state in states]


def _mailbox(session: Session, state: MailboxState, now: datetime, silent_minutes: float) -> Mailbox:
    place = f"{state.account}/{state.folder}/{state.uidvalidity}"
    counted: dict[str, int] = dict(
        session.exec(
            select(LedgerEntry.outcome, func.count())
            .where(LedgerEntry.source == Source.MAILBOX, LedgerEntry.place == place)
            .group_by(col(LedgerEntry.outcome))
        ).all()
    )
    age = (now - state.last_success_at).total_seconds() / 60 if state.last_success_at else None
    return Mailbox(
        account=state.account,
        folder=state.folder,
        on_server=state.on_server,
        in_ledger=sum(counted.get(str(outcome), 0) for outcome in FINAL_OUTCOMES - {Outcome.VANISHED}),
        waiting=counted.get(str(Outcome.WAITING), 0),
        last_success_at=state.last_success_at,
        failures=state.consecutive_failures,
        problem=state.problem,
        stale=age is None or age > silent_minutes,
        age_minutes=age,
        swept_at=state.swept_at,
        differences=list(
            session.exec(
                select(BalanceDifference)
                .where(BalanceDifference.account == state.account, BalanceDifference.folder == state.folder)
                .order_by(col(BalanceDifference.uid))
            )
        ),
    )
