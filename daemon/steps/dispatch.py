"""Sending one approved reply by mail, never twice."""

from typing import Any

from sqlmodel import Session

from config import clock
from daemon.house import House
from responders import dispatch


def claim_dispatch(house: House, session: Session, outbox_id: int) -> int | None:
    """Take a queued reply for sending; returns the number of this attempt, None if it is not to be sent now."""
    return dispatch.claim(session, outbox_id, at=clock.now())


def send_dispatch(house: House, outbox_id: int, attempt: int) -> dict[str, Any]:
    """Hand the reply to the mail server. Run again after a crash it sends nothing and says that it does not know."""
    return dispatch.send(house.database, house.settings, house.tables, outbox_id, attempt)


def settle_dispatch(house: House, session: Session, outbox_id: int, result: dict[str, Any]) -> None:
    """Write down what became of the attempt."""
    dispatch.settle(session, outbox_id, result, at=clock.now())
