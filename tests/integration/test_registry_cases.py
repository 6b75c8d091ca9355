"""Cases: opened with their dates, joined by thread, recomputed from registration when the legal kind changes."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session, select

from registry import cases
from registry.database import Database
from registry.deadlines import explain
from registry.models import AuditEvent, Case, Letter
from registry.statuses import CaseStatus
from registry.store import FileStore
from tests.support.factories import AT, PETITIONER, make_case, make_letter, tables

RECEIVED = datetime(2026, 11, 21, 17, tzinfo=UTC)  # Saturday evening; registered on Monday


def dates(case: Case) -> tuple[date | None, date | None, date | None]:
    return case.strict_on, case.target_on, case.legal_on


def reclassify(session: Session, case: Case, kind: str) -> None:
    letter = session.exec(select(Letter).where(Letter.case_id == case.id)).first()
    assert letter is not None
    cases.reclassify(
        session,
        case,
        letter,
        kind=kind,
        topic="altele",
        department="juridic",
        tables=tables(),
        at=AT,
        actor="ana",
    )


def test_a_case_is_opened_with_its_three_dates_and_their_explanation(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letter = make_letter(session, store, received_at=RECEIVED)
        case = make_case(session, letter)
        assert letter.case_id == case.id
        assert (case.status, case.term_id, case.registered_on) == ("registered", "petition", date(2026, 11, 23))
        assert dates(case) == (date(2026, 12, 23), date(2026, 12, 23), date(2026, 12, 24))
        case_id = case.id
    with database.read() as session:
        kept = session.get_one(Case, case_id)
        assert explain(kept.explanation[0]).startswith("Termen: Petiție, 30 de zile.")
        assert kept.petitioner_name == PETITIONER.name
        event = session.exec(select(AuditEvent).where(AuditEvent.act == "open-case")).one()
        assert event.detail["due"] == "2026-12-23"
        assert PETITIONER.name not in str(event.detail)


def test_the_day_of_registration_is_the_romanian_one(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letter = make_letter(session, store, at=datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
        assert make_case(session, letter).registered_on == date(2027, 1, 1)


def test_another_kind_recomputes_from_registration_and_keeps_both_on_record(
    database: Database, store: FileStore
) -> None:
    with database.write() as session:
        case = make_case(session, make_letter(session, store, received_at=RECEIVED))
        reclassify(session, case, "informatii-publice")
        assert dates(case) == (date(2026, 12, 3), date(2026, 12, 3), date(2026, 12, 4))
        assert (case.topic, case.department, case.term_id) == ("altele", "juridic", "public-information")
        reclassify(session, case, "petitie")
        assert dates(case) == (date(2026, 12, 23), date(2026, 12, 23), date(2026, 12, 24))
        events = session.exec(select(AuditEvent).where(AuditEvent.act == "reclassify")).all()
        assert [event.detail["before"]["due"] for event in events] == ["2026-12-23", "2026-12-03"]
        assert [event.detail["after"]["kind"] for event in events] == ["informatii-publice", "petitie"]


def test_a_data_protection_request_counts_from_receipt(database: Database, store: FileStore) -> None:
    with database.write() as session:
        case = make_case(session, make_letter(session, store, received_at=RECEIVED), kind="date-personale")
        assert dates(case) == (date(2026, 12, 21), date(2026, 12, 21), date(2026, 12, 21))


def test_a_kind_without_term_has_no_dates_and_says_so(database: Database, store: FileStore) -> None:
    with database.write() as session:
        case = make_case(session, make_letter(session, store, received_at=RECEIVED))
        reclassify(session, case, "act-instanta")
        assert dates(case) == (None, None, None)
        assert case.term_id == ""
        assert [line["rule"] for line in case.explanation] == ["no-term"]


def test_a_joined_letter_keeps_its_number_and_reopens_a_filed_case(database: Database, store: FileStore) -> None:
    with database.write() as session:
        case = make_case(session, make_letter(session, store), status=CaseStatus.FILED)
        assert case.closed_at == AT
        second = make_letter(session, store)
        number = second.entry_id
        cases.join_case(session, second, case, at=AT, actor="ana")
        assert (second.case_id, second.entry_id) == (case.id, number)
        assert case.status == "registered"
        assert case.closed_at is None


@pytest.mark.parametrize("status", [CaseStatus.DRAFTED, CaseStatus.APPROVED, CaseStatus.ANSWERED])
def test_a_joined_letter_leaves_the_state_of_any_other_case(
    database: Database, store: FileStore, status: CaseStatus
) -> None:
    with database.write() as session:
        case = make_case(session, make_letter(session, store), status=status)
        cases.join_case(session, make_letter(session, store), case, at=AT, actor="ana")
        assert case.status == status
