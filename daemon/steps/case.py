"""From an understood letter to a case with due dates and a drafted answer."""

from sqlmodel import Session, col, select

from classifiers.home import home_address
from classifiers.log import latest_decision
from config import clock
from daemon.house import House
from daemon.steps.rows import letter_row
from registry import cases, letters
from registry.cases import Petitioner
from registry.models import Case, Fact, Letter
from registry.statuses import LetterStatus, change_letter
from responders.drafts import create_draft

ACTOR = "worker"


def open_or_join_case(house: House, session: Session, letter_id: int) -> None:
    """Join the case of the same mail thread and sender, else open a case with its due dates."""
    letter = letter_row(session, letter_id)
    if letter.case_id is not None:
        return  # a later round of processing: the case is there already
    now = clock.now()
    known = cases.case_of_thread(session, letter)
    if known is not None:
        cases.join_case(session, letter, known, at=now, actor=ACTOR)
        return
    decision = latest_decision(session, letter_id)
    assert decision is not None
    case = cases.open_case(
        session,
        letter,
        _petitioner(session, letter),
        kind=decision.kind,
        topic=decision.topic,
        department=decision.department,
        tables=house.tables,
        at=now,
        actor=ACTOR,
    )
    entry = letters.number_of(session, letter)
    entry.department = case.department
    entry.correspondent = entry.correspondent or case.petitioner_name


def draft_answer(house: House, session: Session, letter_id: int) -> None:
    """Draft the answer for a person to check; the letter is then ready for the desk."""
    letter = letter_row(session, letter_id)
    case = session.get(Case, letter.case_id)
    assert case is not None
    now = clock.now()
    create_draft(session, letter, case, house.tables, at=now, actor=ACTOR)
    change_letter(session, letter, LetterStatus.READY, at=now, actor=ACTOR)


def _petitioner(session: Session, letter: Letter) -> Petitioner:
    facts = session.exec(select(Fact).where(Fact.letter_id == letter.id).order_by(col(Fact.start))).all()
    names = [fact.value for fact in facts if fact.kind == "petitioner"]
    name = names[0] if names else letter.sender_name
    places = [(fact.start, fact.end) for fact in facts if fact.kind == "address"]
    return Petitioner(name=name, email=letter.sender_address, address=home_address(letter.text, name, places))
