"""Putting the desk together: routes, the guard before them, the shell around them, pages for refusals."""

from pathlib import Path

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from config.settings import Settings
from config.town import Tables
from desk.context import Desk
from desk.errors import DeskError, NotSignedIn, PageMissing
from desk.render import error_page, go
from desk.screens import (
    account,
    approvals,
    dashboard,
    dispatches,
    files,
    health,
    joins,
    labels,
    ledger,
    letter,
    letters,
    log,
    mail_frame,
    metrics,
    models,
    pages,
    post,
    reply,
    sending,
    sign_in,
    similar,
    splits,
    today,
    users,
)
from desk.security import guard
from desk.shell import Shell
from registry.database import Database
from registry.errors import NotFound, RecordError
from registry.store import FileStore
from responders.errors import ReplyError
from responders.templates import load_templates

FOLDER = Path(__file__).resolve().parent
MAX_BODY = 1024 * 1024
SCREENS = (
    health,
    metrics,
    sign_in,
    account,
    today,
    letters,
    letter,
    joins,
    similar,
    mail_frame,
    files,
    pages,
    splits,
    reply,
    approvals,
    post,
    dispatches,
    log,
    dashboard,
    models,
    labels,
    ledger,
    users,
    sending,
)


def create_app(settings: Settings, database: Database, tables: Tables) -> FastAPI:
    """The web application over an opened house. The database must be up to date; letter templates are checked here."""
    load_templates()
    app = FastAPI(
        title="Cabinet",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(guard)],
        max_body_size=MAX_BODY,
        redirect_slashes=False,
    )
    app.state.desk = Desk(settings, tables, database, FileStore(settings.store_folder))
    for screen in SCREENS:
        app.include_router(screen.router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    app.add_exception_handler(DeskError, _refused)
    app.add_exception_handler(RecordError, _refused)
    app.add_exception_handler(ReplyError, _refused)
    app.add_exception_handler(RequestValidationError, _misshapen)
    app.add_exception_handler(HTTPException, _http_refused)
    app.add_middleware(Shell, desk=app.state.desk)
    return app


def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, NotSignedIn):
        # A form whose session ended cannot be sent again from here, so the start page follows.
        wanted = request.url.path if request.method == "GET" else "/"
        return go(f"/sign-in?next={wanted}" if wanted != "/" else "/sign-in")
    if isinstance(error, DeskError):
        return error_page(request, error.status, error.sentence())
    return error_page(request, 404 if isinstance(error, NotFound) else 409, str(error))


def _misshapen(request: Request, _error: Exception) -> Response:
    if request.method == "GET":
        return error_page(request, 404, PageMissing().sentence())
    return error_page(request, 400, DeskError().sentence())


def _http_refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    sentence = PageMissing().sentence() if status in (404, 405) else DeskError().sentence()
    return error_page(request, status, sentence)
