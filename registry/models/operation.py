"""Switches of the house and the heartbeats of its workers."""

from datetime import datetime

from sqlmodel import Field

from registry.models.base import Base, Moment


class Switch(Base, table=True):
    """A decision of the office that changes what the machine may do, for example `sending`."""

    __tablename__ = "switches"

    name: str = Field(primary_key=True, max_length=40)
    on: bool
    changed_at: datetime = Field(sa_type=Moment)
    changed_by: str = Field(max_length=80)


class Executor(Base, table=True):
    """One worker process under its stable id; silence means that its work must be taken over."""

    __tablename__ = "executors"

    id: str = Field(primary_key=True, max_length=120)
    beat_at: datetime = Field(sa_type=Moment)
    pid: int
    started_at: datetime = Field(sa_type=Moment)
