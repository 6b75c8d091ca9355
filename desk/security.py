"""Cookies, form tokens and the headers that every answer carries."""

import hmac
import secrets

from fastapi import Request, Response

from config.settings import Settings
from desk.access import ACCESS
from desk.context import visitor_or_none
from desk.errors import FormOutdated, NotAllowed, NotSignedIn

SESSION_COOKIE = "cabinet_session"
DOOR_COOKIE = "cabinet_door"
"""Carries the form token of the sign-in page, where there is no session yet."""
TOKEN_FIELD = "csrf_token"  # noqa: S105 : the name of a form field
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-src 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
PAGE_POLICY = _POLICY.format(ancestors="'none'")
FRAME_POLICY = _POLICY.format(ancestors="'self'")
"""For the one page that is shown inside another: a mail's HTML in its sandbox."""

PDF_POLICY = f"{PAGE_POLICY}; object-src 'self'"
"""Browsers show a PDF as an embedded object of its own page."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def set_cookie(request: Request, response: Response, settings: Settings, name: str, value: str) -> None:
    """Set a cookie for this browser session that scripts cannot read."""
    response.set_cookie(
        name, value, path="/", httponly=True, samesite="lax", secure=_secure(request, settings), max_age=None
    )


def _secure(request: Request, settings: Settings) -> bool:
    if request.url.scheme == "https":
        return True
    return settings.desk.secure_cookies and settings.desk.host not in _LOOPBACK


def new_token() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(32)


async def guard(request: Request) -> None:
    """Before every route: is it in the table, is somebody signed in, may they, does the form carry its token.

    Raises `NotAllowed`, `NotSignedIn` or `FormOutdated`.
    """
    key = (request.method, request.scope["route"].path)
    if key not in ACCESS:
        raise NotAllowed
    roles = ACCESS[key]
    visitor = visitor_or_none(request)
    if roles is not None:
        if visitor is None:
            raise NotSignedIn
        if visitor.role not in roles:
            raise NotAllowed
    if request.method == "POST":
        expected = request.cookies.get(DOOR_COOKIE, "") if roles is None else visitor.csrf_token if visitor else ""
        sent = (await request.form()).get(TOKEN_FIELD, "")
        if not expected or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), expected.encode()):
            raise FormOutdated
