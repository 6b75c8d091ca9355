"""Looking into the mailboxes, each by itself: a loop that keeps its connection and lives through everything."""

import random
import threading
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.errors import ConfigurationError
from config.settings import MailboxSettings
from daemon.house import House
from ingest.connection import MailboxAccount
from ingest.errors import IngestError, MailboxConnectionLost, MailboxError, MailboxLoginRefused
from ingest.folder_ledger import note_failure
from ingest.mailbox import Mailbox
from ingest.receive import PollReport, Reception
from ingest.tokens import AccessTokens

LONGEST_PAUSE: Final = 900.0
LONGEST_LISTENING: Final = 600.0
_AFTER_FAILURE: Final = 5.0
# A server that is asked again and again with a wrong password locks the account.
_AFTER_REFUSAL: Final = 60.0
_MIB: Final = 1024 * 1024

log = structlog.get_logger()


class MailboxPoller:
    """Receives one mailbox. `poll` looks once; `run` goes on until it is stopped. For one thread."""

    def __init__(self, house: House, settings: MailboxSettings) -> None:
        self._house, self._settings = house, settings
        self._mailbox: Mailbox | None = None
        self._reception = Reception(
            house.database,
            house.store,
            account=settings.name,
            folder=settings.folder,
            limit=settings.message_limit_mib * _MIB,
        )

    def run(self, stop: threading.Event) -> None:
        """Look, wait for the next time or for news, and look again. After a failure wait longer each time."""
        failures = 0
        while not stop.is_set():
            try:
                self.poll(stop)
                failures = 0
                self._wait(stop)
            except Exception as error:  # noqa: BLE001  (a loop that dies would lose letters silently)
                failures += 1
                pause = pause_after(failures, error, self._settings.poll_seconds)
                log.error(
                    "mailbox_poll_failed",
                    account=self._settings.name,
                    error=error.code if isinstance(error, IngestError) else type(error).__name__,
                    failures=failures,
                    retry_seconds=round(pause, 1),
                )
                stop.wait(pause)
        if self._mailbox is not None:
            self._mailbox.leave()

    def poll(self, stop: threading.Event | None = None) -> PollReport:
        """One look: what is new becomes letters. A failure is noted for the first screen and raised."""
        try:
            return self._reception.poll(self._opened(), stop)
        except Exception as error:
            self._drop()
            with suppress(SQLAlchemyError):  # the record may be what failed
                note_failure(self._house.database, self._settings.name, self._settings.folder, _sentence(error))
            raise

    def _opened(self) -> Mailbox:
        """The folder, opened anew over the connection of the last time if that still works."""
        if self._mailbox is not None:
            try:
                self._mailbox.examine()
            except MailboxError:
                # Servers end connections when they like, and Dovecot opens no folder twice when its index is lost.
                self._drop()
            else:
                return self._mailbox
        self._mailbox = Mailbox(account_of(self._settings, self._house.tokens))
        return self._mailbox

    def _wait(self, stop: threading.Event) -> None:
        seconds = self._settings.poll_seconds * random.uniform(0.9, 1.1)  # noqa: S311
        if self._mailbox is None or not self._settings.idle or not self._mailbox.tells_news:
            stop.wait(seconds)
            return
        try:
            self._mailbox.wait_for_news(min(seconds, LONGEST_LISTENING), stop.is_set)
        except MailboxConnectionLost as error:
            # No failure: the next look says how the server is. Not at once, or a server that ends every
            # connection here would be asked without pause.
            log.info("mailbox_news_lost", account=self._settings.name, detail=error.detail)
            self._drop()
            stop.wait(seconds)

    def _drop(self) -> None:
        if self._mailbox is not None:
            self._mailbox.drop()
            self._mailbox = None


def pause_after(failures: int, error: Exception, poll_seconds: float) -> float:
    """Seconds to wait after so many failures in a row (at least one), with jitter; longer when a login was refused."""
    if isinstance(error, MailboxLoginRefused):
        pause = max(_AFTER_REFUSAL, poll_seconds) * 4.0 ** (min(failures, 10) - 1)
    else:
        pause = min(_AFTER_FAILURE, poll_seconds) * 2.0 ** min(failures, 20)
    return min(LONGEST_PAUSE, pause * random.uniform(0.8, 1.2))  # noqa: S311


def _sentence(error: Exception) -> str:
    if isinstance(error, ConfigurationError):
        return str(error)
    return error.sentence() if isinstance(error, IngestError) else MailboxError().sentence()


def account_of(settings: MailboxSettings, tokens: AccessTokens) -> MailboxAccount:
    """The mailbox with its password (or tokens), read at the moment of use so that a new one needs no restart."""
    oauth = settings.oauth
    return MailboxAccount(
        name=settings.name,
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password="" if oauth else settings.password(),
        folder=settings.folder,
        ca_file=settings.ca_file,
        connect_timeout=settings.connect_timeout_seconds,
        read_timeout=settings.read_timeout_seconds,
        tokens=tokens.of(settings) if oauth else None,
        mechanism=oauth.mechanism if oauth else "xoauth2",
    )
