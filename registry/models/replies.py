"""Drafted, approved and dispatched replies. Triggers in the migrations guard the approval."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import JSON, Column, Field

from registry.models.base import Base, Moment


class Reply(Base, table=True):
    """One outgoing letter in the making. `version` counts saves and guards against overwriting."""

    __tablename__ = "replies"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    kind: str = Field(max_length=40)
    channel: str = Field(max_length=10)
    language: str = Field(default="ro", max_length=2)
    status: str = Field(max_length=20, index=True)
    recipient_name: str = ""
    recipient_email: str = ""
    recipient_address: str = ""
    subject: str = ""
    body: str = ""
    sources: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    version: int = 1
    created_at: datetime = Field(sa_type=Moment)
    edited_by_id: int | None = Field(default=None, foreign_key="users.id")
    submitted_by_id: int | None = Field(default=None, foreign_key="users.id")
    submitted_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by_id: int | None = Field(default=None, foreign_key="users.id")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    return_reason: str = ""
    approved_hash: str | None = Field(default=None, max_length=64)


class ReplyVersion(Base, table=True):
    """The text as it was saved at one moment; nothing typed is lost."""

    __tablename__ = "reply_versions"

    reply_id: int = Field(foreign_key="replies.id", primary_key=True)
    version: int = Field(primary_key=True)
    subject: str
    body: str
    saved_at: datetime = Field(sa_type=Moment)
    user_id: int | None = Field(default=None, foreign_key="users.id")


class Outbox(Base, table=True):
    """One dispatch of an approved reply. The row and its Message-ID exist before the first attempt."""

    __tablename__ = "outbox"

    id: int | None = Field(default=None, primary_key=True)
    reply_id: int = Field(foreign_key="replies.id", unique=True)
    channel: str = Field(max_length=10)
    state: str = Field(max_length=12, index=True)
    content_hash: str = Field(max_length=64)
    message_id: str = Field(unique=True)
    created_at: datetime = Field(sa_type=Moment)
    attempts: int = 0
    next_try_at: datetime | None = Field(default=None, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    document_sha256: str | None = Field(default=None, foreign_key="raw_files.sha256", max_length=64)
    problem: str = ""


class DeliveryNotice(Base, table=True):
    """What a mail server or mail program says of a dispatch: came back, delayed, absent. One per incoming notice.

    `letter_id` is the notice as it came in; `action` and `status` are RFC 3464's ("failed", "5.1.1"), "auto-reply" for
    an automatic answer.
    """

    __tablename__ = "delivery_notices"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", unique=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    action: str = Field(max_length=40)
    status: str = Field(default="", max_length=20)
    recipient: str = ""
    noted_at: datetime = Field(sa_type=Moment)


class Acknowledgement(Base, table=True):
    """An automatic acknowledgement that was approved by the office's rule: at most one per address and day."""

    __tablename__ = "acknowledgements"
    __table_args__ = (UniqueConstraint("address", "day"),)

    letter_id: int = Field(foreign_key="letters.id", primary_key=True)
    reply_id: int = Field(foreign_key="replies.id", unique=True)
    address: str
    day: date
    made_at: datetime = Field(sa_type=Moment, index=True)
