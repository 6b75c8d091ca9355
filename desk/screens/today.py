"""The start page: what waits, what is due, how the mailboxes and the sending stand."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from config import clock
from config.i18n import ngettext
from desk.context import TheDesk, TheVisitor
from desk.counts import counts
from desk.letter_rows import letter_rows
from desk.mailboxes import mailboxes
from desk.render import page
from desk.screens.letters import due_first
from desk.states import is_open
from ingest.errors import error_for
from ingest.server_changes import given_up
from registry import switches, tokens
from registry.switches import SwitchName
from responders import acknowledge

router = APIRouter()
MOST_URGENT = 8


@router.get("/")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """The start page."""
    now = clock.now()
    today = clock.local_date(now)
    with desk.database.read() as session:
        values = {
            "counts": counts(session, visitor, today, same_person=desk.settings.desk.same_person_may_approve),
            "mailboxes": mailboxes(session, now, desk.settings.alarms.silent_minutes),
            "warnings": [
                *tokens.warnings(session, desk.settings, now),
                *_not_changed(session),
                acknowledge.alarm(session),
            ],
            "sending": switches.is_on(session, SwitchName.SENDING),
            "smtp_set": desk.settings.smtp is not None,
            "urgent": letter_rows(session, desk.tables, today, is_open(), order=due_first(), limit=MOST_URGENT),
            "today": today,
        }
    return page(request, "today.html", values)


def _not_changed(session: Session) -> list[str]:
    """What should have been flagged or moved on a mail server and was not, by mailbox and reason."""
    return [
        ngettext(
            "{name}: {count} message was not flagged or moved on the server.",
            "{name}: {count} messages were not flagged or moved on the server.",
            count,
        ).format(name=account, count=count)
        + f" {error_for(code).sentence()}"
        for account, code, count in given_up(session)
    ]
