"""What every screen is given: the opened house, and who is sitting in front of the browser."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from config.settings import Settings
from config.town import Tables
from desk.errors import NotSignedIn
from registry.database import Database
from registry.models import User
from registry.store import FileStore
from registry.users import Role


@dataclass(frozen=True, slots=True)
class Desk:
    """Settings, tables, the record and the file store."""

    settings: Settings
    tables: Tables
    database: Database
    store: FileStore


@dataclass(frozen=True, slots=True)
class Visitor:
    """The signed-in user of a request, with the session's form token (CSRF)."""

    id: int
    username: str
    full_name: str
    role: Role
    language: str
    csrf_token: str
    session_token: str


def visitor_from(user: User, csrf_token: str, session_token: str) -> Visitor:
    """The visitor behind a user row and the two tokens of the session."""
    assert user.id is not None
    return Visitor(
        id=user.id,
        username=user.username,
        full_name=user.full_name,
        role=Role(user.role),
        language=user.language,
        csrf_token=csrf_token,
        session_token=session_token,
    )


def desk_of(request: Request) -> Desk:
    """The desk that serves this request."""
    desk: Desk = request.app.state.desk
    return desk


def visitor_or_none(request: Request) -> Visitor | None:
    """Who is signed in, if anybody."""
    visitor: Visitor | None = request.scope.get("visitor")
    return visitor


def visitor_of(request: Request) -> Visitor:
    """Who is signed in; `NotSignedIn` if nobody is."""
    visitor = visitor_or_none(request)
    if visitor is None:
        raise NotSignedIn
    return visitor


TheDesk = Annotated[Desk, Depends(desk_of)]
TheVisitor = Annotated[Visitor, Depends(visitor_of)]
