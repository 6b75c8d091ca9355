"""The classification log: every decision of a model or a person, and the facts found in a letter."""

from datetime import datetime
from typing import Any

from sqlalchemy import text as sql
from sqlmodel import JSON, Column, Field

from registry.models.base import Base, Moment


class Decision(Base, table=True):
    """What a letter was taken to be, by which model or person, with the evidence. Rows are only added.

    `views` names the opinions that were pooled ("e5+lexicon+stems"), `unknown_share` is the share of words the model
    had never seen, `nearest` the most similar earlier letters ({"letter_id", "similarity"}).
    """

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
    views: str = Field(default="", max_length=60, sa_column_kwargs={"server_default": sql("''")})
    milliseconds: int | None = None
    unknown_share: float | None = None
    nearest: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class ModelVersion(Base, table=True):
    """A trained classifier: which one decides now, which waits, which was put aside, and the figures it was judged by.

    `state` is "current", "candidate", "former" or "refused"; `folder` lies below the data folder (empty: the model that
    came with the program).
    """

    __tablename__ = "model_versions"

    version: str = Field(primary_key=True, max_length=40)
    state: str = Field(max_length=10, index=True)
    folder: str = ""
    made_at: datetime = Field(sa_type=Moment)
    made_by: str = Field(max_length=80)
    corrections: int = 0
    report: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    current_since: datetime | None = Field(default=None, sa_type=Moment)


class Fact(Base, table=True):
    """A value read in a letter, with its place in the text that was read. A CNP is kept masked.

    `detail` is what is known of the value: the rule a cited law resolves to, whether a checksum is right.
    """

    __tablename__ = "facts"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    kind: str = Field(max_length=30)
    value: str
    start: int
    end: int
    detail: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
