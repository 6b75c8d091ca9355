"""Looking into the mailboxes."""

from collections.abc import Callable

from config.errors import ConfigurationError
from config.settings import MailboxSettings
from daemon.house import House
from ingest.connection import MailboxAccount
from ingest.errors import IngestError
from ingest.mailbox import Mailbox
from ingest.receive import note_failure, receive_mail


def poller(house: House, settings: MailboxSettings) -> Callable[[], object]:
    """One look into this mailbox: what is new becomes letters; a failure is noted for the first screen and raised."""

    def poll() -> None:
        try:
            with Mailbox(account_of(settings)) as mailbox:
                receive_mail(house.database, house.store, mailbox, account=settings.name, folder=settings.folder)
        except (IngestError, ConfigurationError) as error:
            problem = error.sentence() if isinstance(error, IngestError) else str(error)
            note_failure(house.database, settings.name, settings.folder, problem)
            raise

    return poll


def account_of(settings: MailboxSettings) -> MailboxAccount:
    """The mailbox with its password, read at the moment of use so that a new one needs no restart."""
    return MailboxAccount(
        name=settings.name,
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password=settings.password(),
        folder=settings.folder,
        ca_file=settings.ca_file,
        connect_timeout=settings.connect_timeout_seconds,
        read_timeout=settings.read_timeout_seconds,
    )
