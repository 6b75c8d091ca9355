"""A case: one matter of one petitioner, from the first letter to the last answer."""

from datetime import date, datetime
from typing import Any

from sqlmodel import JSON, Column, Field

from registry.models.base import Base, Moment


class Case(Base, table=True):
    """The matter with its legal kind, department, dates (domain rules 5.5) and state."""

    __tablename__ = "cases"

    id: int | None = Field(default=None, primary_key=True)
    status: str = Field(max_length=20, index=True)
    opened_at: datetime = Field(sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    closing_reason: str = ""
    kind: str = Field(max_length=40)
    topic: str = Field(max_length=40)
    department: str = Field(max_length=40, index=True)
    petitioner_name: str = ""
    petitioner_address: str = ""
    petitioner_email: str = ""
    term_id: str = ""
    registered_on: date
    strict_on: date | None = None
    target_on: date | None = Field(default=None, index=True)
    legal_on: date | None = None
    explanation: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
