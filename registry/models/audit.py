"""The append-only trail of acts, each carrying the hash of the one before."""

from datetime import datetime
from typing import Any

from sqlmodel import JSON, Column, Field

from registry.models.base import Base, Moment


class AuditEvent(Base, table=True):
    """Who did what to which row. The hash covers every other field and the previous hash."""

    __tablename__ = "audit_events"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Moment)
    actor: str = Field(max_length=80)
    act: str = Field(max_length=60)
    subject: str = Field(max_length=60, index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    previous_hash: str = Field(max_length=64, unique=True)
    hash: str = Field(max_length=64, unique=True)
