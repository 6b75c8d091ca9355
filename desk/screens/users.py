"""Users: list, create, deactivate, new password."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session, col, delete, select

from config import clock
from config.i18n import gettext as _
from desk.context import Desk, TheDesk, TheVisitor, Visitor
from desk.errors import DeskError, OwnAccountKept, PageMissing, ValueUnknown
from desk.render import go, page
from registry import audit, users
from registry.errors import RecordError, UserRefused
from registry.models import LoginSession, User
from registry.users import Role

router = APIRouter()
_NOTHING = {"username": "", "full_name": "", "role": ""}


@router.get("/users")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """All users and the form for a new one."""
    return _page(request, desk)


@router.post("/users")
def create(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    username: Annotated[str, Form(max_length=60)] = "",
    full_name: Annotated[str, Form(max_length=120)] = "",
    role: Annotated[str, Form()] = "",
    password: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Add a user."""
    typed = {"username": username.strip(), "full_name": full_name.strip(), "role": role}
    try:
        if role not in list(Role):
            raise ValueUnknown
        if not typed["username"] or not typed["full_name"]:
            raise UserRefused(_("Enter a user name and the full name."))
        with desk.database.write() as session:
            users.create_user(
                session,
                username=typed["username"],
                full_name=typed["full_name"],
                role=Role(role),
                password=password,
                at=clock.now(),
                actor=visitor.username,
            )
    except (RecordError, DeskError) as error:
        return _page(request, desk, error=_sentence(error), typed=typed)
    return go("/users", notice="user-created")


@router.post("/users/{user_id}/active")
def activate(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    user_id: int,
    active: Annotated[Literal["yes", "no"], Form()],
) -> Response:
    """Let a user in again, or keep them out and end their sessions."""
    try:
        with desk.database.write() as session:
            _set_active(session, visitor, user_id, active == "yes")
    except (RecordError, OwnAccountKept) as error:
        return _page(request, desk, error=_sentence(error))
    return go("/users", notice="user-changed")


@router.post("/users/{user_id}/password")
def new_password(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    user_id: int,
    password: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Give a user a new password; their sessions end."""
    try:
        with desk.database.write() as session:
            user = _user(session, user_id)
            users.set_password(session, user, password, at=clock.now(), actor=visitor.username)
    except RecordError as error:
        return _page(request, desk, error=_sentence(error))
    return go("/users", notice="password-set")


def _set_active(session: Session, visitor: Visitor, user_id: int, active: bool) -> None:
    user = _user(session, user_id)
    if user.id == visitor.id:
        raise OwnAccountKept
    user.active = active
    if not active:
        session.exec(delete(LoginSession).where(col(LoginSession.user_id) == user.id))
    audit.record(
        session,
        at=clock.now(),
        actor=visitor.username,
        act="activate-user" if active else "deactivate-user",
        subject=f"users:{user.id}",
    )


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise PageMissing
    return user


def _sentence(error: RecordError | DeskError) -> str:
    return error.sentence() if isinstance(error, DeskError) else str(error)


def _page(request: Request, desk: Desk, *, error: str = "", typed: dict[str, str] | None = None) -> Response:
    with desk.database.read() as session:
        rows = session.exec(select(User).order_by(col(User.active).desc(), col(User.full_name))).all()
    values = {
        "rows": rows,
        "roles": list(Role),
        "error": error,
        "typed": typed or _NOTHING,
        "now": clock.now(),
    }
    return page(request, "users.html", values, status=422 if error else 200)
