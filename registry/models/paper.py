"""What people and separator sheets make of the pages of a scan, and the counters of printed sheets.

Rows name a page by letter, part number and page number, so that they outlive a second reading of the letter.
"""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from registry.models.base import Base, Moment


class PageText(Base, table=True):
    """The text of a page as a person corrected it; the last row counts. Rows are only added."""

    __tablename__ = "page_texts"

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    part_number: int
    page_number: int
    text: str
    made_at: datetime = Field(sa_type=Moment)
    user_id: int = Field(foreign_key="users.id")


class PagePlace(Base, table=True):
    """Where a page belongs. Without a row it stands where it was scanned.

    `position` is its place among the pages of the letter, from 1 (0: as scanned), `turned` the degrees clockwise by
    which a person turned its picture, `moved_to_id` the letter that got the page when the scan was split.
    """

    __tablename__ = "page_places"

    letter_id: int = Field(foreign_key="letters.id", primary_key=True)
    part_number: int = Field(primary_key=True)
    page_number: int = Field(primary_key=True)
    position: int = 0
    turned: int = 0
    moved_to_id: int | None = Field(default=None, foreign_key="letters.id", index=True)


class SplitProposal(Base, table=True):
    """A question to a person: does another letter begin with this page of the scan?

    `why` and `state` are those of `registry.splits`; "split" is a request until the page has gone.
    """

    __tablename__ = "split_proposals"
    __table_args__ = (UniqueConstraint("letter_id", "part_number", "page_number"),)

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int = Field(foreign_key="letters.id", index=True)
    part_number: int
    page_number: int
    why: str = Field(max_length=20)
    state: str = Field(max_length=10, index=True)
    created_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by_id: int | None = Field(default=None, foreign_key="users.id")


class LabelCounter(Base, table=True):
    """How many separator sheets were printed for a department (empty: for all) and day."""

    __tablename__ = "label_counters"

    department: str = Field(primary_key=True, max_length=40)
    day: date = Field(primary_key=True)
    printed: int = 0
