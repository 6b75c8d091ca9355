"""The one table of allowed status changes. Nothing else sets a status."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from registry import audit
from registry.errors import StatusRefused
from registry.models import Case, Letter, Outbox, Reply


class LetterStatus(StrEnum):
    """How far the machine is with a letter. What could not be read goes on with a `problem` for a person."""

    REGISTERED = "registered"
    TAKEN_APART = "taken-apart"
    READ = "read"
    UNDERSTOOD = "understood"
    READY = "ready"
    PAGES_CHANGED = "pages-changed"
    MACHINE_MAIL = "machine-mail"


class CaseStatus(StrEnum):
    """How far people are with a case."""

    REGISTERED = "registered"
    DRAFTED = "drafted"
    FOR_APPROVAL = "for-approval"
    APPROVED = "approved"
    ANSWERED = "answered"
    FILED = "filed"


class ReplyStatus(StrEnum):
    """How far a reply is."""

    DRAFT = "draft"
    FOR_APPROVAL = "for-approval"
    RETURNED = "returned"
    APPROVED = "approved"
    DISPATCHED = "dispatched"
    WITHDRAWN = "withdrawn"


class DispatchState(StrEnum):
    """How far the dispatch of an approved reply is. `unknown`: only a person may decide."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    REFUSED = "refused"
    TO_PRINT = "to-print"
    POSTED = "posted"


L, C, R, D = LetterStatus, CaseStatus, ReplyStatus, DispatchState

LETTER_CHANGES: dict[str, frozenset[str]] = {
    L.REGISTERED: frozenset({L.TAKEN_APART, L.REGISTERED}),
    L.TAKEN_APART: frozenset({L.READ, L.MACHINE_MAIL, L.REGISTERED}),
    L.READ: frozenset({L.UNDERSTOOD, L.REGISTERED}),
    L.UNDERSTOOD: frozenset({L.READY, L.REGISTERED}),
    L.READY: frozenset({L.PAGES_CHANGED}),
    L.PAGES_CHANGED: frozenset({L.READY, L.REGISTERED}),
    L.MACHINE_MAIL: frozenset({L.REGISTERED}),
}
CASE_CHANGES: dict[str, frozenset[str]] = {
    C.REGISTERED: frozenset({C.DRAFTED, C.FILED}),
    C.DRAFTED: frozenset({C.FOR_APPROVAL, C.FILED}),
    C.FOR_APPROVAL: frozenset({C.DRAFTED, C.APPROVED}),
    C.APPROVED: frozenset({C.ANSWERED, C.DRAFTED}),
    C.ANSWERED: frozenset({C.DRAFTED, C.FOR_APPROVAL, C.APPROVED}),
    C.FILED: frozenset({C.REGISTERED}),
}
REPLY_CHANGES: dict[str, frozenset[str]] = {
    R.DRAFT: frozenset({R.FOR_APPROVAL, R.WITHDRAWN}),
    R.FOR_APPROVAL: frozenset({R.RETURNED, R.APPROVED, R.WITHDRAWN}),
    R.RETURNED: frozenset({R.FOR_APPROVAL, R.WITHDRAWN}),
    R.APPROVED: frozenset({R.DISPATCHED}),
    R.DISPATCHED: frozenset({R.APPROVED}),
    R.WITHDRAWN: frozenset(),
}
DISPATCH_CHANGES: dict[str, frozenset[str]] = {
    D.QUEUED: frozenset({D.SENDING}),
    D.SENDING: frozenset({D.SENT, D.QUEUED, D.UNKNOWN, D.REFUSED}),
    D.UNKNOWN: frozenset({D.SENT, D.QUEUED, D.BOUNCED}),
    D.BOUNCED: frozenset({D.QUEUED, D.TO_PRINT}),
    D.REFUSED: frozenset({D.QUEUED, D.TO_PRINT}),
    D.SENT: frozenset({D.BOUNCED}),
    D.TO_PRINT: frozenset({D.POSTED}),
    D.POSTED: frozenset(),
}


def change_letter(session: Session, letter: Letter, new: LetterStatus, *, at: datetime, actor: str) -> None:
    """Move a letter to `new`, if the table allows it, and write it into the trail."""
    _check(LETTER_CHANGES, "letter", letter.status, new)
    _note(session, "letters", letter.id, letter.status, new, at, actor)
    letter.status = new


def change_case(session: Session, case: Case, new: CaseStatus, *, at: datetime, actor: str) -> None:
    """Move a case to `new`, if the table allows it, and write it into the trail."""
    _check(CASE_CHANGES, "case", case.status, new)
    _note(session, "cases", case.id, case.status, new, at, actor)
    case.status = new
    case.closed_at = at if new in (CaseStatus.ANSWERED, CaseStatus.FILED) else None


def change_reply(session: Session, reply: Reply, new: ReplyStatus, *, at: datetime, actor: str) -> None:
    """Move a reply to `new`, if the table allows it, and write it into the trail."""
    _check(REPLY_CHANGES, "reply", reply.status, new)
    _note(session, "replies", reply.id, reply.status, new, at, actor)
    reply.status = new


def change_dispatch(session: Session, dispatch: Outbox, new: DispatchState, *, at: datetime, actor: str) -> None:
    """Move a dispatch to `new`, if the table allows it, and write it into the trail."""
    _check(DISPATCH_CHANGES, "dispatch", dispatch.state, new)
    _note(session, "outbox", dispatch.id, dispatch.state, new, at, actor)
    dispatch.state = new
    dispatch.finished_at = at if new in (DispatchState.SENT, DispatchState.POSTED) else None


def _check(table: dict[str, frozenset[str]], subject: str, old: str, new: str) -> None:
    if new not in table[old]:
        raise StatusRefused(subject, old, new)


def _note(session: Session, table: str, row: int | None, old: str, new: str, at: datetime, actor: str) -> None:
    audit.record(
        session,
        at=at,
        actor=actor,
        act="status",
        subject=f"{table}:{row}",
        detail={"old": str(old), "new": str(new)},
    )
