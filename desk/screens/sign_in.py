"""Signing in and out."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from config import clock
from config.i18n import gettext as _
from desk import security
from desk.context import TheDesk, TheVisitor, visitor_or_none
from desk.render import go, page
from registry import users

router = APIRouter()
# A place in this desk: one slash, then no second slash or backslash that browsers take for another host.
_OWN_PLACE = re.compile(r"^/(?![/\\])[^\x00-\x1f\\]*$")


@router.get("/sign-in")
def show(request: Request, desk: TheDesk, next: str = "/") -> Response:
    """The sign-in page."""
    if visitor_or_none(request) is not None:
        return go(own_place(next))
    return _form(request, desk, next)


@router.post("/sign-in")
def sign_in(
    request: Request,
    desk: TheDesk,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Open a session; one sentence for every failure, so that nobody learns which names exist."""
    now = clock.now()
    with desk.database.write() as session:
        user = users.sign_in(session, username.strip(), password, at=now)
        opened = users.open_session(session, user, at=now, hours=desk.settings.desk.session_hours) if user else None
    if opened is None:
        return _form(
            request,
            desk,
            next,
            username=username,
            error=_(
                "Name or password is not right, or the account is locked for some minutes after several attempts. "
                "Try again, or ask an administrator for a new password."
            ),
        )
    answer = go(own_place(next))
    security.set_cookie(request, answer, desk.settings, security.SESSION_COOKIE, opened.token)
    answer.delete_cookie(security.DOOR_COOKIE, path="/")
    return answer


@router.post("/sign-out")
def sign_out(desk: TheDesk, visitor: TheVisitor) -> Response:
    """End the session."""
    with desk.database.write() as session:
        users.close_session(session, visitor.session_token)
    answer = go("/sign-in", notice="signed-out")
    answer.delete_cookie(security.SESSION_COOKIE, path="/")
    return answer


def own_place(wanted: str) -> str:
    """`wanted` if it is a place in this desk, else the start page."""
    return wanted if _OWN_PLACE.match(wanted) else "/"


def _form(request: Request, desk: TheDesk, next: str, *, username: str = "", error: str = "") -> Response:
    token = request.cookies.get(security.DOOR_COOKIE) or security.new_token()
    values = {"next": own_place(next), "username": username, "error": error, "door_token": token}
    answer = page(request, "sign_in.html", values, status=401 if error else 200)
    security.set_cookie(request, answer, desk.settings, security.DOOR_COOKIE, token)
    return answer
