"""Incoming letters, the parts they are made of and the pages that were read."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import JSON, Column, Field

from registry.models.base import Base, Moment


class Letter(Base, table=True):
    """One incoming letter, from mail, scan or desk. Its bytes are the raw file of the same hash.

    `content_digest` is the hash of what the mail says (subject, text, files), whatever way it came: two letters of the
    same Message-ID and digest are probably one mail received twice.
    """

    __tablename__ = "letters"

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="register_entries.id", unique=True)
    channel: str = Field(max_length=10)
    raw_sha256: str = Field(foreign_key="raw_files.sha256", unique=True, max_length=64)
    original_name: str = ""
    received_at: datetime = Field(sa_type=Moment)
    registered_at: datetime = Field(sa_type=Moment, index=True)
    status: str = Field(max_length=20, index=True)
    problem: str = ""
    remarks: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    processing_round: int = 1
    subject: str = ""
    sender_name: str = ""
    sender_address: str = Field(default="", index=True)
    reply_address: str = ""
    message_id: str = Field(default="", index=True)
    references: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    text: str = ""
    html: str = ""
    own_text_spans: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    machine_kind: str = Field(default="", max_length=20, index=True)
    machine_rule: str = ""
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    content_digest: str = Field(default="", max_length=64, index=True, sa_column_kwargs={"server_default": sql("''")})
    split_from_id: int | None = Field(default=None, foreign_key="letters.id", index=True)
    continues_id: int | None = Field(default=None, foreign_key="letters.id", index=True)
    intended_department: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": sql("''")})
    archive_sha256: str | None = Field(default=None, foreign_key="raw_files.sha256", max_length=64)


class LetterPart(Base, table=True):
    """One attachment or nested message of a letter, or the scan itself; its bytes are in the file store."""

    __tablename__ = "letter_parts"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    number: int
    path_in_mail: str = ""
    file_name: str = ""
    declared_type: str = ""
    found_type: str = ""
    size: int = 0
    sha256: str = Field(foreign_key="raw_files.sha256", max_length=64)
    content_id: str = ""
    inline: bool = False
    nested: bool = False
    problem: str = ""


class Page(Base, table=True):
    """One page of a part: the text that was read, how sure the reading is, and its picture.

    `words_sha256`: a JSON file of the words with boxes (pixels of the picture) and confidence; `codes`: what the
    bar codes on it say; `pipeline`: version of the reading chain. What people make of a page is in `paper`.
    """

    __tablename__ = "pages"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    part_id: int = Field(foreign_key="letter_parts.id")
    number: int
    text: str = ""
    raw_text: str = ""
    source: str = Field(max_length=12)
    language: str = ""
    mean_confidence: float | None = None
    low_share: float | None = None
    coverage: float | None = None
    tries: int = 0
    angle: float = 0.0
    dpi: int | None = None
    needs_human: bool = False
    reason: str = ""
    image_sha256: str | None = Field(default=None, foreign_key="raw_files.sha256", max_length=64)
    p10_confidence: float | None = None
    psm: int | None = None
    width: int | None = None
    height: int | None = None
    words_sha256: str | None = Field(default=None, foreign_key="raw_files.sha256", max_length=64)
    codes: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    pipeline: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": sql("''")})


class JoinProposal(Base, table=True):
    """A question to a person: does this letter belong to that case? Never answered by the machine.

    `why` is "thread", "reference", "number" (of our answer or register in the text), "duplicate", "label" (printed by
    us) or "continues" (a person says that it is the rest of a letter); `state` is "open", "joined" or "apart".
    """

    __tablename__ = "join_proposals"
    __table_args__ = (UniqueConstraint("letter_id", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    why: str = Field(max_length=12)
    state: str = Field(max_length=10, index=True)
    created_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by_id: int | None = Field(default=None, foreign_key="users.id")
