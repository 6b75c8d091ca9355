"""Where letters come from: raw files, the ledger of everything ever seen, the state of each mailbox."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from registry.models.base import Base, Moment


class RawFile(Base, table=True):
    """Bytes as they arrived (or were made), kept by their SHA-256 in the file store."""

    __tablename__ = "raw_files"

    sha256: str = Field(primary_key=True, max_length=64)
    size: int
    stored_at: datetime = Field(sa_type=Moment)


class LedgerEntry(Base, table=True):
    """One thing seen at a door (a UID of a mailbox, a file in the scans folder, an upload) and its outcome.

    `place` is `account/folder/UIDVALIDITY` for mail and the folder for scans; `key` the UID or file.
    """

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("source", "place", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=12)
    place: str = Field(max_length=300)
    key: str = Field(max_length=300)
    outcome: str = Field(max_length=12, index=True)
    attempts: int = 0
    sha256: str | None = Field(default=None, foreign_key="raw_files.sha256", max_length=64)
    letter_id: int | None = Field(default=None, foreign_key="letters.id", index=True)
    first_seen_at: datetime = Field(sa_type=Moment)
    last_seen_at: datetime = Field(sa_type=Moment)
    problem: str = ""


class MailboxState(Base, table=True):
    """What the last polls of one mailbox folder found."""

    __tablename__ = "mailbox_states"

    account: str = Field(primary_key=True, max_length=60)
    folder: str = Field(primary_key=True, max_length=200)
    uidvalidity: int | None = Field(default=None, sa_type=BigInteger)
    on_server: int = 0
    last_success_at: datetime | None = Field(default=None, sa_type=Moment)
    last_attempt_at: datetime | None = Field(default=None, sa_type=Moment)
    consecutive_failures: int = 0
    problem: str = ""
