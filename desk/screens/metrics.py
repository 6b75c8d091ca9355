"""Figures for monitoring, in the form that Prometheus reads: counts and ages, nothing personal."""

from collections.abc import Callable, Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlmodel import Session, col, func, select

from config import clock
from config.network import is_loopback
from desk.context import Desk, TheDesk
from desk.errors import PageMissing
from desk.mailboxes import Mailbox, mailboxes
from registry.models import Letter, MailboxAction, Outbox

router = APIRouter()
NEVER = float("inf")


@router.get("/metrics")
def show(request: Request, desk: TheDesk) -> Response:
    """All figures at this moment; only a program on this machine is answered."""
    if request.client is None or not is_loopback(request.client.host):
        raise PageMissing
    registry = CollectorRegistry()
    registry.register(_Figures(desk))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read everything anew from the record."""
        with self._desk.database.read() as session:
            boxes = mailboxes(session, clock.now(), self._desk.settings.alarms.silent_minutes)
            yield from _of_mailboxes(boxes)
            yield _count(session, "cabinet_letters", "Letters by how far the machine is.", col(Letter.status))
            yield _count(session, "cabinet_dispatches", "Dispatches by state.", col(Outbox.state))
            yield _count(
                session, "cabinet_mailbox_actions", "Changes to make on mail servers.", col(MailboxAction.state)
            )


def _of_mailboxes(boxes: list[Mailbox]) -> Iterator[GaugeMetricFamily]:
    figures: dict[str, tuple[str, Callable[[Mailbox], float]]] = {
        "last_good_poll_age_seconds": (
            "Seconds since the last good look into the mailbox.",
            lambda box: NEVER if box.age_minutes is None else box.age_minutes * 60,
        ),
        "silent": ("1 if the last good look is longer ago than allowed.", lambda box: float(box.stale)),
        "messages_on_server": ("Messages on the server at the last look.", lambda box: box.on_server),
        "messages_in_ledger": ("Messages with a final outcome.", lambda box: box.in_ledger),
        "messages_waiting": ("Messages to be tried again.", lambda box: box.waiting),
        "messages_not_accounted": (
            "Messages that the last sweep found in no ledger.",
            lambda box: len(box.differences),
        ),
        "failures": ("Failed looks since the last good one.", lambda box: box.failures),
    }
    for name, (help_text, value) in figures.items():
        family = GaugeMetricFamily(f"cabinet_mailbox_{name}", help_text, labels=["account", "folder"])
        for box in boxes:
            family.add_metric([box.account, box.folder], value(box))
        yield family


def _count(session: Session, name: str, help_text: str, column: object) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=["state"])
    for state, count in session.exec(select(column, func.count()).group_by(column)):  # type: ignore[call-overload]
        family.add_metric([str(state)], count)
    return family
