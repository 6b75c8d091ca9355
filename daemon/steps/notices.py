"""What machine mail says about letters of ours that left."""

from typing import Any

from sqlmodel import Session

from config import clock
from daemon.house import House
from daemon.steps.rows import letter_row
from ingest.reports import DeliveryReport
from registry import notices


def record_notice(house: House, session: Session, letter_id: int, taken: dict[str, Any]) -> None:
    """Tie a bounce, receipt or automatic answer to the reply it names, if it names one of ours."""
    found = taken["message"] and taken["message"]["report"]
    if not found:
        return
    report = DeliveryReport.from_json(found)
    named = notices.Report((*report.mentions, report.message_id), report.recipient, report.action, report.status)
    notices.tie(session, letter_row(session, letter_id), named, at=clock.now())
