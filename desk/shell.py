"""Around every request: who is it, in which language, with which headers; and a page when something broke."""

from pathlib import Path
from traceback import extract_tb

import structlog
from anyio.to_thread import run_sync
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config import clock
from config.i18n import gettext as _
from config.i18n import speaking
from desk.context import Desk, Visitor, visitor_from
from desk.render import error_page
from desk.security import HEADERS, PAGE_POLICY, SESSION_COOKIE
from registry import users

log = structlog.get_logger()
STATIC = "/static/"
DEPTH = 8


class Shell:
    """ASGI middleware. Puts the `Visitor` (or None) into the scope and speaks the visitor's language."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        """Wrap `app`."""
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _complete(MutableHeaders(scope=message), scope["path"])
            await send(message)

        request = Request(scope)
        token = "" if scope["path"].startswith(STATIC) else request.cookies.get(SESSION_COOKIE, "")
        try:
            scope["visitor"] = await run_sync(self._visitor, token) if token else None
            with speaking(scope["visitor"].language if scope["visitor"] else "ro"):
                await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if started:
                raise
            log.error("page-failed", path=_pattern(scope), error=type(error).__name__, where=_where(error))
            answer = error_page(
                request,
                500,
                _("Something broke in the desk. What was saved is safe. Try again; if it stays, tell an operator."),
            )
            await answer(scope, receive, send_with_headers)

    def _visitor(self, token: str) -> Visitor | None:
        with self._desk.database.read() as session:
            found = users.session_of(session, token, at=clock.now())
        return visitor_from(found[0], found[1].csrf_token, token) if found else None


def _where(error: Exception) -> list[str]:
    """The last places of the way to an error. Its message is left out: databases quote values of rows in it."""
    frames = extract_tb(error.__traceback__)[-DEPTH:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def _complete(headers: MutableHeaders, path: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    headers.setdefault("Cache-Control", "max-age=3600" if path.startswith(STATIC) else "no-store")


def _pattern(scope: Scope) -> str:
    route = scope.get("route")
    return getattr(route, "path", "")
