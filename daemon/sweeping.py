"""The daily look whether all is accounted for: mail servers against the ledger, kept files against the record."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlmodel import select

from config import clock
from config.errors import ConfigurationError
from config.settings import MailboxSettings
from daemon.house import House
from daemon.polling import account_of
from daemon.steps.pages import PAGE_CACHE
from ingest.balance import Balance, compare, note_sweep
from ingest.child import sweep_scratch
from ingest.documents.page_cache import sweep_page_cache
from ingest.errors import IngestError
from ingest.mailbox import Mailbox
from ingest.receive import receive_mail
from registry.models import MailboxState, RawFile

SWEEP_LOOK_SECONDS = 60.0

log = structlog.get_logger()


def sweeper(house: House) -> Callable[[], object]:
    """One look at what is due: mailboxes not compared for longer than the setting says, silent ones, kept files."""
    every = timedelta(hours=house.settings.alarms.sweep_hours)
    files_checked: datetime | None = None

    def sweep() -> None:
        nonlocal files_checked
        now = clock.now()
        for mailbox in house.settings.mailboxes:
            if _is_due(house, mailbox, now - every):
                _sweep_quietly(house, mailbox)
        warn_of_silence(house, now)
        if files_checked is None or files_checked <= now - every:
            files_checked = now
            house.store.sweep(now)
            sweep_scratch(now)
            sweep_page_cache(house.work_folder(PAGE_CACHE), now)
            if missing := missing_files(house):
                log.error("kept_files_missing", count=missing)

    return sweep


def sweep_mailbox(house: House, settings: MailboxSettings) -> Balance:
    """Take in what is new, then compare server and ledger and keep the differences.

    Errors: the ingest room's if the server cannot be reached or goes away.
    """
    with Mailbox(account_of(settings, house.tokens)) as mailbox:
        # What arrives between taking in and counting is no difference, so the second count decides.
        for _ in range(2):
            receive_mail(house.database, house.store, mailbox, account=settings.name, folder=settings.folder)
            balance = compare(house.database, mailbox, account=settings.name, folder=settings.folder)
            if not balance.differences:
                break
    with house.database.write() as session:
        note_sweep(session, balance, clock.now())
    if balance.differences:
        log.error("mailbox_not_balanced", account=settings.name, missing=len(balance.differences))
    else:
        log.info("mailbox_balanced", account=settings.name, on_server=balance.on_server)
    return balance


def warn_of_silence(house: House, now: datetime) -> None:
    """An error line for each mailbox without a good look for longer than allowed."""
    before = now - timedelta(minutes=house.settings.alarms.silent_minutes)
    with house.database.read() as session:
        for state in session.exec(select(MailboxState)):
            if state.last_success_at is None or state.last_success_at < before:
                log.error("mailbox_silent", account=state.account, failures=state.consecutive_failures)


def missing_files(house: House) -> int:
    """How many files of the record are not in the store with their size; `cabinet verify` names them."""
    missing = 0
    with house.database.read() as session:
        for sha256, size in session.exec(select(RawFile.sha256, RawFile.size)):
            path = house.store.path(sha256)
            missing += not path.is_file() or path.stat().st_size != size
    return missing


def _is_due(house: House, settings: MailboxSettings, before: datetime) -> bool:
    """Only folders that were looked into once: the poller comes first."""
    with house.database.read() as session:
        state = session.get(MailboxState, (settings.name, settings.folder))
    return state is not None and state.uidvalidity is not None and (state.swept_at is None or state.swept_at <= before)


def _sweep_quietly(house: House, settings: MailboxSettings) -> None:
    try:
        sweep_mailbox(house, settings)
    except (IngestError, ConfigurationError) as error:
        # The poller says it on the first screen; the sweep stays due.
        log.warning("sweep_failed", account=settings.name, error=type(error).__name__)
