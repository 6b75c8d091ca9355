"""Opening cases, joining letters to them, and their due dates."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from config.clock import local_date
from config.town import Tables
from registry import audit
from registry.deadlines import due_dates
from registry.models import Case, Letter
from registry.statuses import CaseStatus, change_case
from registry.working_days import WorkingCalendar

NO_TERM = [{"rule": "no-term"}]


@dataclass(frozen=True, slots=True)
class Petitioner:
    """Who wrote, as far as the letter says it."""

    name: str = ""
    email: str = ""
    address: str = ""


def open_case(
    session: Session,
    letter: Letter,
    petitioner: Petitioner,
    *,
    kind: str,
    topic: str,
    department: str,
    tables: Tables,
    at: datetime,
    actor: str,
) -> Case:
    """Open a case for a letter, with its due dates counted from the letter's registration."""
    case = Case(
        status=CaseStatus.REGISTERED,
        opened_at=at,
        kind=kind,
        topic=topic,
        department=department,
        petitioner_name=petitioner.name,
        petitioner_email=petitioner.email,
        petitioner_address=petitioner.address,
        registered_on=local_date(letter.registered_at),
    )
    set_due_dates(case, local_date(letter.received_at), tables)
    session.add(case)
    session.flush()
    letter.case_id = case.id
    audit.record(
        session,
        at=at,
        actor=actor,
        act="open-case",
        subject=f"cases:{case.id}",
        detail={
            "letter": letter.id,
            "kind": kind,
            "topic": topic,
            "department": department,
            "due": _iso(case.target_on),
        },
    )
    return case


def join_case(session: Session, letter: Letter, case: Case, *, at: datetime, actor: str) -> None:
    """Put a letter into an existing case (conexare); the letter keeps its own number."""
    letter.case_id = case.id
    audit.record(session, at=at, actor=actor, act="join-case", subject=f"cases:{case.id}", detail={"letter": letter.id})
    if case.status in (CaseStatus.FILED,):
        change_case(session, case, CaseStatus.REGISTERED, at=at, actor=actor)


def reclassify(
    session: Session,
    case: Case,
    letter: Letter,
    *,
    kind: str,
    topic: str,
    department: str,
    tables: Tables,
    at: datetime,
    actor: str,
) -> None:
    """Give a case another topic, department or legal kind; a new kind recomputes the dates from registration."""
    before = {
        "kind": case.kind,
        "topic": case.topic,
        "department": case.department,
        "due": _iso(case.target_on),
    }
    case.kind, case.topic, case.department = kind, topic, department
    set_due_dates(case, local_date(letter.received_at), tables)
    after = {"kind": kind, "topic": topic, "department": department, "due": _iso(case.target_on)}
    audit.record(
        session,
        at=at,
        actor=actor,
        act="reclassify",
        subject=f"cases:{case.id}",
        detail={"before": before, "after": after},
    )


def reroute(session: Session, case: Case, *, topic: str, department: str, at: datetime, actor: str) -> None:
    """Give a case another topic and department; its kind and dates stay as they are."""
    before = {"topic": case.topic, "department": case.department}
    case.topic, case.department = topic, department
    audit.record(
        session,
        at=at,
        actor=actor,
        act="reroute",
        subject=f"cases:{case.id}",
        detail={"before": before, "after": {"topic": topic, "department": department}},
    )


def rename_petitioner(session: Session, case: Case, petitioner: Petitioner, *, at: datetime, actor: str) -> None:
    """Write name and postal address of the petitioner as they were read anew; what was not found stays."""
    name, address = petitioner.name or case.petitioner_name, petitioner.address or case.petitioner_address
    if (name, address) != (case.petitioner_name, case.petitioner_address):
        case.petitioner_name, case.petitioner_address = name, address
        audit.record(session, at=at, actor=actor, act="rename-petitioner", subject=f"cases:{case.id}", detail={})


def set_due_dates(case: Case, received_on: date, tables: Tables) -> None:
    """Compute the three dates and their explanation from the table of legal terms."""
    term = tables.legal_term(case.kind, case.registered_on)
    if term is None:
        case.term_id, case.strict_on, case.target_on, case.legal_on = "", None, None, None
        case.explanation = list(NO_TERM)
        return
    start = received_on if term.start == "receipt" else case.registered_on
    dates = due_dates(term, start, WorkingCalendar(tables.holidays))
    case.term_id = term.id
    case.strict_on, case.target_on, case.legal_on = dates.strict, dates.target, dates.legal
    case.explanation = dates.explanation


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
