"""The shape of the database, step by step (Alembic). `bring_up_to_date` is the only way to make or change it."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from registry.database import Database
from registry.errors import DatabaseOutdated

_FOLDER = Path(__file__).resolve().parent


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = database.engine
    return config


def bring_up_to_date(database: Database) -> None:
    """Create or migrate the record's tables; does nothing when they are current.

    `DatabaseOutdated` if the database was made by a newer program.
    """
    config = _config(database)
    scripts = ScriptDirectory.from_config(config)
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseOutdated
    command.upgrade(config, "head")
