"""One's own account: language and password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from config import clock
from config.i18n import LANGUAGES
from desk import security
from desk.context import Desk, TheDesk, TheVisitor, Visitor
from desk.errors import PasswordWrong, ValueUnknown
from desk.render import go, page
from registry import audit, users
from registry.errors import UserRefused
from registry.models import User

router = APIRouter()


@router.get("/account")
def show(request: Request, visitor: TheVisitor) -> Response:
    """The account page."""
    return _page(request)


@router.post("/account/language")
def change_language(desk: TheDesk, visitor: TheVisitor, language: Annotated[str, Form()] = "") -> Response:
    """Speak another language to this user."""
    if language not in LANGUAGES:
        raise ValueUnknown
    with desk.database.write() as session:
        user = session.get_one(User, visitor.id)
        user.language = language
        audit.record(session, at=clock.now(), actor=visitor.username, act="set-language", subject=f"users:{user.id}")
    return go("/account", notice="language")


@router.post("/account/password")
def change_password(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    present: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Set a new password after proving the present one; all other sessions of this user end."""
    try:
        token = _exchange(desk, visitor, present, password)
    except (PasswordWrong, UserRefused) as error:
        sentence = error.sentence() if isinstance(error, PasswordWrong) else str(error)
        return _page(request, error=sentence)
    answer = go("/account", notice="password-set")
    security.set_cookie(request, answer, desk.settings, security.SESSION_COOKIE, token)
    return answer


def _exchange(desk: Desk, visitor: Visitor, present: str, password: str) -> str:
    now = clock.now()
    with desk.database.write() as session:
        # Through sign_in, so that guessing here meets the same brake as at the door.
        proven = users.sign_in(session, visitor.username, present, at=now)
    if proven is None:
        raise PasswordWrong
    with desk.database.write() as session:
        user = session.get_one(User, visitor.id)
        users.set_password(session, user, password, at=now, actor=visitor.username)
        return users.open_session(session, user, at=now, hours=desk.settings.desk.session_hours).token


def _page(request: Request, *, error: str = "") -> Response:
    return page(request, "account.html", {"error": error}, status=422 if error else 200)
