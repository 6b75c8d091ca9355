"""The switches of the office: sending by e-mail, and automatic acknowledgements."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session, col, func, select

from config import clock
from desk.context import Desk, TheDesk, TheVisitor
from desk.errors import ConfirmationMissing
from desk.history import names
from desk.render import go, page
from registry import switches
from registry.models import Outbox, Switch, User
from registry.statuses import DispatchState
from registry.switches import SwitchName
from responders import acknowledge
from responders.kinds import Channel

router = APIRouter()


@router.get("/sending")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """Whether sending is on, since when and by whom, and the button to change it."""
    return _page(request, desk)


@router.post("/sending")
def switch(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    to: Annotated[Literal["on", "off"], Form()],
    confirmed: Annotated[str, Form()] = "",
) -> Response:
    """Turn sending on (only with the box ticked) or off (at once)."""
    if to == "on" and not confirmed:
        return _page(request, desk, error=ConfirmationMissing().sentence())
    with desk.database.write() as session:
        switches.turn(session, SwitchName.SENDING, to == "on", at=clock.now(), actor=visitor.username)
    return go("/sending", notice=f"sending-{to}")


@router.post("/sending/acknowledgements")
def switch_acknowledgements(
    request: Request, desk: TheDesk, visitor: TheVisitor, to: Annotated[Literal["on", "off"], Form()]
) -> Response:
    """Turn automatic acknowledgements on or off; from then on they are approved in the name of who turned them on."""
    with desk.database.write() as session:
        acknowledge.switch(session, to == "on", session.get_one(User, visitor.id), clock.now())
    return go("/sending", notice=f"acknowledgements-{to}")


def _page(request: Request, desk: Desk, *, error: str = "") -> Response:
    with desk.database.read() as session:
        row = session.get(Switch, SwitchName.SENDING)
        acknowledging = session.get(Switch, SwitchName.ACKNOWLEDGEMENTS)
        values = {
            "sending": row is not None and row.on,
            "changed_at": row.changed_at if row else None,
            "changed_by": names(session).get(row.changed_by, row.changed_by) if row else "",
            "waiting": _waiting(session),
            "acknowledging": acknowledging is not None and acknowledging.on,
            "acknowledged_by": names(session).get(acknowledging.changed_by, "") if acknowledging else "",
            "acknowledging_since": acknowledging.changed_at if acknowledging else None,
            "per_hour": desk.settings.acknowledgements.per_hour,
            "smtp_set": desk.settings.smtp is not None,
            "error": error,
        }
    return page(request, "sending.html", values, status=422 if error else 200)


def _waiting(session: Session) -> int:
    return session.exec(
        select(func.count(col(Outbox.id))).where(Outbox.state == DispatchState.QUEUED, Outbox.channel == Channel.EMAIL)
    ).one()
