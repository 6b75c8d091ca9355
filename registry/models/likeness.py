"""Letters that are like earlier ones: what they are compared by, and the pairs that were found."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from registry.models.base import Base, Moment


class LetterSignature(Base, table=True):
    """By what a letter is found to be like another: hashes of its folded character shingles, its meaning as a vector.

    `shingles` are sorted unsigned 32-bit integers, `vector` half-precision floats (empty without the embedding view).
    """

    __tablename__ = "letter_signatures"

    letter_id: int = Field(foreign_key="letters.id", primary_key=True)
    made_at: datetime = Field(sa_type=Moment, index=True)
    shingles: bytes = b""
    vector: bytes = b""


class SimilarLetter(Base, table=True):
    """A letter that is like an earlier one; nothing follows from it but what a person decides.

    `why` is "near-copy", "similar", "same-petitioner" or "campaign"; `state` is "open", "confirmed" or "dismissed".
    """

    __tablename__ = "similar_letters"
    __table_args__ = (UniqueConstraint("letter_id", "other_id", "why"),)

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    other_id: int = Field(foreign_key="letters.id", index=True)
    why: str = Field(max_length=20)
    score: float
    state: str = Field(max_length=10, index=True)
    created_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by_id: int | None = Field(default=None, foreign_key="users.id")
