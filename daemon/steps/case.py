"""From an understood letter to a case with due dates and a drafted answer."""

from datetime import datetime

from sqlmodel import Session, col, select

from classifiers.home import home_address
from classifiers.log import latest_decision
from config import clock
from daemon.house import House
from daemon.steps.rows import letter_row
from daemon.steps.splitting import number_labels
from registry import audit, cases, joins, letters
from registry.cases import Petitioner
from registry.labels import label_key, labelled_letter
from registry.letter_pages import letter_pages
from registry.models import Case, Fact, Letter
from registry.statuses import LetterStatus, change_letter
from responders.drafts import create_draft

ACTOR = "worker"


def open_or_join_case(house: House, session: Session, letter_id: int) -> None:
    """Join the case that the letter's own petitioner writes about, else open one with its due dates.

    Where it may belong to somebody else's case, or is probably the same mail again, a person is asked.
    """
    letter = letter_row(session, letter_id)
    if letter.case_id is not None:
        return  # a later round of processing: the case is there already
    now = clock.now()
    related = joins.related_cases(session, letter, _labelled_cases(house, session, letter, now))
    known = joins.case_to_join(related)
    if known is not None:
        cases.join_case(session, letter, known, at=now, actor=ACTOR)
        return
    _open_case(house, session, letter, now)
    joins.propose(session, letter, related, at=now, actor=ACTOR)


def _labelled_cases(house: House, session: Session, letter: Letter, now: datetime) -> list[Case]:
    """The cases of the registration numbers on printed labels of ours on its pages."""
    cases = []
    for label in number_labels(letter_pages(session, letter.id or 0), label_key(house.settings)):
        labelled = labelled_letter(session, label)
        case = session.get(Case, labelled.case_id) if labelled and labelled.case_id else None
        if labelled is not None and labelled.id == letter.id:
            continue
        if case is not None:
            cases.append(case)
        audit.record(
            session,
            at=now,
            actor=ACTOR,
            act="read-label" if case else "label-without-case",
            subject=f"letters:{letter.id}",
            detail={"number": label.number, "year": label.year},
        )
    return cases


def _open_case(house: House, session: Session, letter: Letter, now: datetime) -> None:
    decision = latest_decision(session, letter.id or 0)
    assert decision is not None
    case = cases.open_case(
        session,
        letter,
        petitioner_of(session, letter),
        kind=decision.kind,
        topic=decision.topic,
        department=letter.intended_department or decision.department,
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


def petitioner_of(session: Session, letter: Letter) -> Petitioner:
    """Who wrote, by the facts found in the letter, else as its mail says."""
    facts = session.exec(select(Fact).where(Fact.letter_id == letter.id).order_by(col(Fact.start))).all()
    names = [fact.value for fact in facts if fact.kind == "petitioner"]
    name = names[0] if names else letter.sender_name
    places = [(fact.start, fact.end) for fact in facts if fact.kind == "address"]
    return Petitioner(name=name, email=letter.sender_address, address=home_address(letter.text, name, places))
