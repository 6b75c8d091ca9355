"""The in/out register: one counter row per year and series, one row per number, never deleted."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from config.clock import local_date
from registry.models.base import Base, Moment


class RegisterCounter(Base, table=True):
    """The last number given out in a series and year."""

    __tablename__ = "register_counters"

    series: str = Field(primary_key=True, max_length=20)
    year: int = Field(primary_key=True)
    last_number: int


class RegisterEntry(Base, table=True):
    """One line of the register, with the fields of Instructions 217/1996 art. 9."""

    __tablename__ = "register_entries"
    __table_args__ = (UniqueConstraint("series", "year", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    series: str = Field(max_length=20)
    year: int
    number: int
    direction: str = Field(max_length=3)
    registered_at: datetime = Field(sa_type=Moment, index=True)
    correspondent: str = ""
    correspondent_number: str = ""
    correspondent_date: date | None = None
    sheets: int | None = None
    annexes: int = 0
    summary: str = ""
    department: str = ""
    addressee: str = ""
    dispatched_on: date | None = None
    resolution: str = ""
    joined_to_id: int | None = Field(default=None, foreign_key="register_entries.id")
    file_code: str = ""
    cancelled_reason: str = ""

    @property
    def label(self) -> str:
        """The number as it is written on letters: `123/24.11.2026`."""

        return f"{self.number}/{local_date(self.registered_at):%d.%m.%Y}"
