"""Where letters come from: raw files, the ledger of everything ever seen, the state of each mailbox, its tokens."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKeyConstraint, UniqueConstraint, text
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

    `place` is `account/folder/UIDVALIDITY` for mail and the folder for scans; `key` the UID or file. `size` (bytes),
    `subject` and `sender` are kept of what was not taken in; `released`: an operator said to take it in all the same.
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
    size: int | None = None
    subject: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    sender: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    released: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


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
    swept_at: datetime | None = Field(default=None, sa_type=Moment)
    not_accounted: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class BalanceDifference(Base, table=True):
    """One message that the last sweep found on the server and not in the ledger; replaced by the next sweep."""

    __tablename__ = "balance_differences"
    __table_args__ = (ForeignKeyConstraint(["account", "folder"], ["mailbox_states.account", "mailbox_states.folder"]),)

    id: int | None = Field(default=None, primary_key=True)
    account: str = Field(max_length=60, index=True)
    folder: str = Field(max_length=200)
    uid: int = Field(sa_type=BigInteger)
    subject: str = ""
    sender: str = ""
    arrived_at: datetime | None = Field(default=None, sa_type=Moment)
    found_at: datetime = Field(sa_type=Moment)


class MailboxAction(Base, table=True):
    """One change to make on the server after a message became a letter (flag or move), until a search confirms it.

    `state` is "waiting", "done", "gone" (the message is no longer there) or "given-up".
    """

    __tablename__ = "mailbox_actions"

    id: int | None = Field(default=None, primary_key=True)
    ledger_id: int = Field(foreign_key="ledger.id", unique=True)
    account: str = Field(max_length=60, index=True)
    folder: str = Field(max_length=200)
    uidvalidity: int = Field(sa_type=BigInteger)
    uid: int = Field(sa_type=BigInteger)
    action: str = Field(max_length=10)
    target: str = Field(default="", max_length=200)
    state: str = Field(max_length=12, index=True)
    attempts: int = 0
    next_try_at: datetime = Field(sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    problem: str = ""


class OAuthToken(Base, table=True):
    """The refresh token of one mailbox (encrypted), kept anew whenever the provider hands out another one.

    `lease_until`: one program is asking the provider for a new access token; others wait.
    """

    __tablename__ = "oauth_tokens"

    account: str = Field(primary_key=True, max_length=60)
    refresh_token: str
    obtained_at: datetime = Field(sa_type=Moment)
    expires_at: datetime | None = Field(default=None, sa_type=Moment)
    rotations: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=Moment)
    problem: str = ""
