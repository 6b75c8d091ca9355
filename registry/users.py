"""Users of the desk: roles, passwords (argon2), sign-in with a brake, sessions."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, delete, select

from config.i18n import gettext as _
from registry import audit
from registry.errors import UserRefused
from registry.models import LoginSession, User

MINIMUM_PASSWORD = 10
ATTEMPTS_BEFORE_LOCK = 5
LOCK_MINUTES = 5
_hasher = PasswordHasher()
# Verified against when there is no such user, so that the answer takes the same time.
_NOBODY = _hasher.hash("nobody has this password")


class Role(StrEnum):
    """What a user may do in the desk (see desk.access)."""

    CLERK = "clerk"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What the browser gets after sign-in."""

    token: str
    csrf_token: str


def create_user(
    session: Session, *, username: str, full_name: str, role: Role, password: str, at: datetime, actor: str
) -> User:
    """Add a user; `UserRefused` if the name is taken or the password too short."""
    check_password_rules(password)
    if session.exec(select(User).where(User.username == username)).first():
        raise UserRefused(_("The user name “{name}” is taken. Choose another.").format(name=username))
    user = User(username=username, full_name=full_name, role=role, password_hash=_hasher.hash(password), created_at=at)
    session.add(user)
    session.flush()
    audit.record(session, at=at, actor=actor, act="create-user", subject=f"users:{user.id}", detail={"role": str(role)})
    return user


def set_password(session: Session, user: User, password: str, *, at: datetime, actor: str) -> None:
    """Give a user a new password and end all of that user's sessions."""
    check_password_rules(password)
    user.password_hash = _hasher.hash(password)
    user.failed_attempts, user.locked_until = 0, None
    session.exec(delete(LoginSession).where(col(LoginSession.user_id) == user.id))
    audit.record(session, at=at, actor=actor, act="set-password", subject=f"users:{user.id}")


def check_password_rules(password: str) -> None:
    """`UserRefused` unless the password is long enough."""
    if len(password) < MINIMUM_PASSWORD:
        raise UserRefused(_("The password needs at least {count} characters.").format(count=MINIMUM_PASSWORD))


def sign_in(session: Session, username: str, password: str, *, at: datetime) -> User | None:
    """The user, if name and password are right and the account is not locked; otherwise None.

    After five wrong passwords the account is locked for five minutes, whatever the next password is.
    """
    user = session.exec(select(User).where(User.username == username, User.active)).first()
    right = _matches(user.password_hash if user else _NOBODY, password)
    if user is None or (user.locked_until and user.locked_until > at):
        return None
    if not right:
        user.failed_attempts += 1
        if user.failed_attempts >= ATTEMPTS_BEFORE_LOCK:
            user.failed_attempts, user.locked_until = 0, at + timedelta(minutes=LOCK_MINUTES)
            audit.record(session, at=at, actor="rule:login-lock", act="lock-user", subject=f"users:{user.id}")
        return None
    user.failed_attempts, user.locked_until = 0, None
    audit.record(session, at=at, actor=user.username, act="sign-in", subject=f"users:{user.id}")
    return user


def open_session(session: Session, user: User, *, at: datetime, hours: float) -> OpenedSession:
    """Start a browser session of `hours`; sessions that ended are cleared away."""
    assert user.id is not None
    session.exec(delete(LoginSession).where(col(LoginSession.expires_at) < at))
    opened = OpenedSession(token=secrets.token_urlsafe(32), csrf_token=secrets.token_urlsafe(32))
    session.add(
        LoginSession(
            token_hash=_token_hash(opened.token),
            user_id=user.id,
            csrf_token=opened.csrf_token,
            created_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )
    return opened


def session_of(session: Session, token: str, *, at: datetime) -> tuple[User, LoginSession] | None:
    """The user and session behind a browser's token, while it is valid."""
    found = session.get(LoginSession, _token_hash(token))
    if found is None or found.expires_at <= at:
        return None
    user = session.get(User, found.user_id)
    return (user, found) if user and user.active else None


def close_session(session: Session, token: str) -> None:
    """End a browser session."""
    session.exec(delete(LoginSession).where(col(LoginSession.token_hash) == _token_hash(token)))


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
