"""Status changes on rows: allowed ones are written into the trail, refused ones leave no trace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from config.i18n import speaking
from registry.database import Database
from registry.errors import StatusRefused
from registry.models import AuditEvent, Case, Letter, Outbox, Reply
from registry.statuses import (
    CASE_CHANGES,
    DISPATCH_CHANGES,
    LETTER_CHANGES,
    REPLY_CHANGES,
    CaseStatus,
    DispatchState,
    LetterStatus,
    ReplyStatus,
    change_case,
    change_dispatch,
    change_letter,
    change_reply,
)
from tests.support.factories import AT

# The rows of a pair need not be stored: what counts is the row's own field and the trail.
KINDS: list[tuple[str, type[Any], str, dict[str, frozenset[str]], Callable[..., None], type[Any]]] = [
    ("letters", LetterStatus, "status", LETTER_CHANGES, change_letter, Letter),
    ("cases", CaseStatus, "status", CASE_CHANGES, change_case, Case),
    ("replies", ReplyStatus, "status", REPLY_CHANGES, change_reply, Reply),
    ("outbox", DispatchState, "state", DISPATCH_CHANGES, change_dispatch, Outbox),
]


def events(session: Session) -> list[AuditEvent]:
    return list(session.exec(select(AuditEvent).order_by(col(AuditEvent.id))))


@pytest.mark.parametrize(("table", "statuses", "field", "allowed", "change", "row"), KINDS, ids=[k[0] for k in KINDS])
def test_every_pair_is_done_and_noted_or_refused_without_a_trace(
    database: Database,
    table: str,
    statuses: type[Any],
    field: str,
    allowed: dict[str, frozenset[str]],
    change: Callable[..., None],
    row: type[Any],
) -> None:
    with database.write() as session:
        noted = 0
        for old in statuses:
            for new in statuses:
                one = row(id=7, **{field: old})
                if new in allowed[old]:
                    change(session, one, new, at=AT, actor="ana")
                    noted += 1
                    assert getattr(one, field) == new
                    last = events(session)[-1]
                    assert (last.actor, last.act, last.subject) == ("ana", "status", f"{table}:7")
                    assert last.detail == {"old": str(old), "new": str(new)}
                else:
                    with pytest.raises(StatusRefused):
                        change(session, one, new, at=AT, actor="ana")
                    assert getattr(one, field) == old
        assert len(events(session)) == noted


def test_a_refusal_tells_the_person_what_to_do_and_the_program_what_it_was() -> None:
    with speaking("en"):
        refusal = StatusRefused("case", "answered", "filed")
    assert str(refusal).endswith("Reload the page.")
    assert (refusal.subject, refusal.old, refusal.new) == ("case", "answered", "filed")


def test_a_case_is_closed_when_answered_or_filed_and_open_otherwise(database: Database) -> None:
    case = Case(
        id=1,
        status=CaseStatus.APPROVED,
        opened_at=AT,
        kind="petitie",
        topic="altele",
        department="juridic",
        registered_on=AT.date(),
    )
    with database.write() as session:
        change_case(session, case, CaseStatus.ANSWERED, at=AT, actor="ana")
        assert case.closed_at == AT
        change_case(session, case, CaseStatus.DRAFTED, at=AT, actor="ana")
        assert case.closed_at is None
        change_case(session, case, CaseStatus.FILED, at=AT + timedelta(days=1), actor="ana")
        assert case.closed_at == AT + timedelta(days=1)


def test_a_dispatch_is_finished_when_sent_or_posted(database: Database) -> None:
    common: dict[str, Any] = {"channel": "email", "content_hash": "a" * 64, "created_at": AT}
    sent = Outbox(id=1, reply_id=1, message_id="1", state=DispatchState.SENDING, **common)
    posted = Outbox(id=2, reply_id=2, message_id="2", state=DispatchState.TO_PRINT, **common)
    with database.write() as session:
        change_dispatch(session, sent, DispatchState.UNKNOWN, at=AT, actor="ana")
        assert sent.finished_at is None
        change_dispatch(session, sent, DispatchState.SENT, at=AT, actor="ana")
        change_dispatch(session, posted, DispatchState.POSTED, at=AT, actor="ana")
    assert sent.finished_at == posted.finished_at == AT
