"""A case follows its answers: its status is that of the answer which is furthest behind."""

from datetime import datetime

from sqlmodel import Session, select

from config.clock import local_date
from registry.dispatch_day import write_dispatch_day
from registry.models import Case, Reply
from registry.statuses import CASE_CHANGES, CaseStatus, ReplyStatus, change_case
from responders.kinds import ReplyKind

_ORDER = (CaseStatus.DRAFTED, CaseStatus.FOR_APPROVAL, CaseStatus.APPROVED, CaseStatus.ANSWERED)
_STAGE = {
    ReplyStatus.DRAFT: CaseStatus.DRAFTED,
    ReplyStatus.RETURNED: CaseStatus.DRAFTED,
    ReplyStatus.FOR_APPROVAL: CaseStatus.FOR_APPROVAL,
    ReplyStatus.APPROVED: CaseStatus.APPROVED,
    ReplyStatus.DISPATCHED: CaseStatus.ANSWERED,
}


def follow_replies(session: Session, case: Case, *, at: datetime, actor: str) -> None:
    """Move a case to where its answers are. Acknowledgements do not count (domain rule 7.4).

    Forward it goes step by step, so that every step is in the trail; backward only where the table of changes allows
    it. A case that was filed away stays so.
    """
    session.flush()
    answers = session.exec(select(Reply).where(Reply.case_id == case.id, Reply.kind != ReplyKind.ACKNOWLEDGEMENT))
    stages = [_STAGE[ReplyStatus(reply.status)] for reply in answers if reply.status != ReplyStatus.WITHDRAWN]
    if not stages or case.status == CaseStatus.FILED:
        return
    goal = min(_ORDER.index(stage) for stage in stages)
    here = _ORDER.index(CaseStatus(case.status)) if case.status in _ORDER else -1
    path = _ORDER[here + 1 : goal + 1] if goal > here else (_ORDER[goal],)
    for step in path:
        if case.status != step and step in CASE_CHANGES[case.status]:
            change_case(session, case, step, at=at, actor=actor)


def note_dispatch(session: Session, reply: Reply, *, at: datetime) -> None:
    """Write an answer's day of dispatch into the register; an acknowledgement is none."""
    if reply.kind != ReplyKind.ACKNOWLEDGEMENT:
        write_dispatch_day(session, reply, local_date(at))
