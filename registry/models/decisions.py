"""The classification log: every decision of a model or a person, and the facts found in a letter."""

from datetime import datetime
from typing import Any

from sqlmodel import JSON, Column, Field

from registry.models.base import Base, Moment


class Decision(Base, table=True):
    """What a letter was taken to be, by which model or person, with the evidence. Rows are only added."""

    __tablename__ = "decisions"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    made_at: datetime = Field(sa_type=Moment, index=True)
    user_id: int | None = Field(default=None, foreign_key="users.id")
    model_version: str = ""
    topic: str = Field(max_length=40, index=True)
    second_topic: str = ""
    department: str = Field(max_length=40)
    kind: str = Field(max_length=40)
    language: str = Field(default="ro", max_length=5)
    urgent: bool = False
    confidence: float = 0.0
    abstained: bool = False
    abstain_reason: str = ""
    probabilities: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    evidence: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    replaces_id: int | None = Field(default=None, foreign_key="decisions.id")


class Fact(Base, table=True):
    """A value read in a letter, with its place in the text that was read. A CNP is kept masked."""

    __tablename__ = "facts"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    kind: str = Field(max_length=30)
    value: str
    start: int
    end: int
