"""Pages from templates: escaping always on, words from gettext, the frame of the house around every page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from config import i18n
from desk import access, formats, words
from desk.context import visitor_or_none

FOLDER = Path(__file__).resolve().parent
NOTICE_COOKIE = "cabinet_notice"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(words=words, may=_may)
    environment.filters.update(
        moment=formats.moment,
        day=formats.day,
        percent=formats.percent,
        exact_percent=formats.exact_percent,
        size=formats.size,
        ago=formats.ago,
    )
    return environment


@pass_context
def _may(context: Context, method: str, path: str) -> bool:
    """In templates: whether the visitor may call a route, so that no button leads to a refusal."""
    visitor = context["visitor"]
    return visitor is not None and access.may(visitor.role, method, path)


_ENVIRONMENT = _environment()


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The page made from `template`; a notice left by the act before is shown once."""
    notice = words.notice(request.cookies.get(NOTICE_COOKIE, ""))
    settings = request.app.state.desk.settings
    frame = {
        "visitor": visitor_or_none(request),
        "path": request.url.path,
        "notice": notice,
        "practice": settings.practice,
        "town": request.app.state.desk.tables.office,
    }
    html = _ENVIRONMENT.get_template(template).render({**frame, **values})
    answer = HTMLResponse(html, status_code=status, headers=dict(headers or {}))
    if NOTICE_COOKIE in request.cookies:
        answer.delete_cookie(NOTICE_COOKIE, path="/")
    return answer


def error_page(request: Request, status: int, sentence: str) -> Response:
    """A page that says what went wrong and what to do."""
    return page(request, "error.html", {"status": status, "sentence": sentence}, status=status)


def go(where: str, *, notice: str = "") -> RedirectResponse:
    """After an act: show the page at `where` (POST-redirect-GET) with a notice by its code (`words.notice`)."""
    answer = RedirectResponse(where, status_code=303)
    if notice:
        answer.set_cookie(NOTICE_COOKIE, notice, path="/", max_age=60, httponly=True, samesite="lax")
    return answer
