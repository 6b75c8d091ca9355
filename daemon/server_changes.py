"""Flagging or moving on the server what has become a letter, beside the polls and in a connection of its own."""

from collections.abc import Callable

from config import clock
from config.settings import MailboxSettings
from daemon.house import House
from daemon.polling import account_of
from ingest.server_changes import PER_ROUND, plan, work_off


def changer(house: House, mailbox: MailboxSettings) -> Callable[[], object]:
    """One round for this mailbox: what has become a letter is flagged or moved, until nothing more is due."""

    def change() -> None:
        more = True
        while more:
            with house.database.write() as session:
                planned = plan(session, mailbox, clock.now())
            changes = work_off(house.database, house.store, account_of(mailbox, house.tokens))
            more = planned > 0 or changes.total == PER_ROUND

    return change
