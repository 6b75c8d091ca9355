"""Alembic's entry: runs on the connection of `registry.database`."""

from alembic import context
from sqlalchemy import text
from sqlmodel import SQLModel

import registry.models  # noqa: F401  (fills the metadata)

with context.config.attributes["engine"].begin() as connection:
    if connection.dialect.name == "postgresql":
        # Two programs that start together: the second waits, and then finds nothing to do. (SQLite has one writer.)
        connection.execute(text("SELECT pg_advisory_xact_lock(7201412)"))
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    context.run_migrations()
