"""People who work in the desk and their open sessions."""

from datetime import datetime

from sqlmodel import Field

from registry.models.base import Base, Moment


class User(Base, table=True):
    """Somebody who signs in: clerk, approver, operator or administrator."""

    __tablename__ = "users"

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True, max_length=60)
    full_name: str = Field(max_length=120)
    role: str = Field(max_length=20)
    password_hash: str
    language: str = Field(default="ro", max_length=2)
    active: bool = True
    created_at: datetime = Field(sa_type=Moment)
    failed_attempts: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=Moment)


class LoginSession(Base, table=True):
    """One signed-in browser. Only the hash of its token is kept, so a stolen database opens no session."""

    __tablename__ = "login_sessions"

    token_hash: str = Field(primary_key=True, max_length=64)
    user_id: int = Field(foreign_key="users.id", index=True)
    csrf_token: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)
