"""What every step needs at hand: settings, tables, the record, the file store, the model."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy.exc import ArgumentError, OperationalError

from classifiers.understand import Understander
from config.settings import Settings
from config.town import Tables, load_tables
from daemon.errors import DatabaseUnreachable
from daemon.likeness import LettersOnRecord
from daemon.models import CurrentModel
from ingest.tokens import AccessTokens
from registry.database import Database
from registry.migrations import bring_up_to_date
from registry.store import FileStore
from registry.token_key import token_key


@dataclass(frozen=True)
class House:
    """The opened house. Make it with `open_house`; close its database at the end."""

    settings: Settings
    tables: Tables
    database: Database
    store: FileStore

    @cached_property
    def current_model(self) -> CurrentModel:
        """Where the trained pipeline is asked for."""
        return CurrentModel(self.settings, self.tables, self.database)

    @property
    def understander(self) -> Understander:
        """The pipeline that decides now, loaded at first use (the desk and the command line do not need it).

        Ask for it anew for each letter: another model may have been put to work. Never inside a transaction.
        """
        return self.current_model.understander()

    @cached_property
    def letters_on_record(self) -> LettersOnRecord:
        """What a new letter is compared with."""
        return LettersOnRecord(self.database)

    @cached_property
    def tokens(self) -> AccessTokens:
        """Access tokens of the mailboxes that sign in with OAuth; one object, so that they are asked for once."""
        return AccessTokens(self.database, token_key(self.settings))

    def require_model(self) -> None:
        """Load the pipeline now; a model that is missing or does not fit the topics is one clear error at start."""
        assert self.understander

    def work_folder(self, name: str) -> Path:
        """A scratch folder of this name, made if needed."""
        folder = self.settings.work_folder / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


def open_house(settings: Settings) -> House:
    """Check the tables, create or migrate the database and open the file store.

    `DatabaseUnreachable` if the database does not open; errors of tables and record as they are.
    """
    tables = load_tables(settings.tables_folder)
    settings.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        database = Database(settings.database)
        bring_up_to_date(database)
    except (ArgumentError, OperationalError) as error:
        raise DatabaseUnreachable from error
    return House(settings=settings, tables=tables, database=database, store=FileStore(settings.store_folder))


def own_addresses(house: House) -> frozenset[str]:
    """Addresses from which this office writes, by which its own letters are recognised when they come back."""
    smtp = house.settings.smtp
    return frozenset({house.tables.office.email.lower()} | ({smtp.sender_address.lower()} if smtp else set()))


def own_domain(house: House) -> str:
    """Domain of the Message-IDs that this office gives its letters (see `responders.mail.new_message_id`)."""
    return house.tables.office.email.rpartition("@")[2].lower()
