"""Alembic's entry: runs on the connection of `registry.database`."""

from alembic import context
from sqlmodel import SQLModel

import registry.models  # noqa: F401  (fills the metadata)

with context.config.attributes["engine"].begin() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    context.run_migrations()
