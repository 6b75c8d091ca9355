"""After people changed pages of a letter: turned pages read anew, its text put together anew, understood anew.

A person's word always stands: who corrected the classification, or worked on the draft, keeps it, and due dates
never change by themselves. Every step leaves a request alone that was overtaken by a later one (`round`).
"""

import shutil
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from classifiers.log import latest_decision, record_facts, record_understanding
from classifiers.understand import Understanding
from config import clock
from daemon.house import House
from daemon.steps.case import petitioner_of
from daemon.steps.letter_text import ATTACHED_MAIL_USED, put_text_together
from daemon.steps.pages import as_read, words_file
from daemon.steps.rows import letter_row
from ingest.message import Message
from ingest.reading import page_from_json
from ingest.turned_page import read_turned
from registry import audit, cases
from registry.letter_pages import LetterPage, PageName, letter_pages, with_turn
from registry.models import Case, Decision, Letter, Reply
from registry.page_edits import PROPOSED
from registry.statuses import LetterStatus, change_letter
from registry.store import record_file
from responders.drafts import redraft

ACTOR = "worker"


def pages_to_turn(house: House, letter_id: int) -> list[list[int]]:
    """Pages whose picture does not stand yet as a person turned it, as [part number, page number]."""
    with house.database.read() as session:
        return [list(page.name) for page in letter_pages(session, letter_id) if page.to_turn and page.may_turn]


def revision_round(house: House, letter_id: int) -> int:
    """Which request of this letter is being worked on; 0 when there is none any more."""
    with house.database.read() as session:
        letter = letter_row(session, letter_id)
        return letter.processing_round if letter.status == LetterStatus.PAGES_CHANGED else 0


def read_turned_page(house: House, letter_id: int, name: list[int]) -> dict[str, Any]:
    """Read one turned page in a limited child; its picture and words go into the store."""
    with house.database.read() as session:
        page = _page(session, letter_id, name)
        row, degrees, turned = page.row, page.to_turn, page.turned
    assert row.image_sha256 is not None
    folder = house.work_folder("turned") / f"{letter_id}-{name[0]}-{name[1]}"
    folder.mkdir(exist_ok=True)
    try:
        read = read_turned(
            house.store.path(row.image_sha256),
            degrees,
            row.dpi,
            row.number,
            image_folder=folder,
            engine=house.settings.recognition.engine,
        )
        picture = house.store.put_file(folder / read.image_name) if read.image_name else ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    words = house.store.put(words_file(read.words)) if read.words else ""
    values = asdict(replace(read, words=()))
    return {"page": values, "picture": picture, "words": words, "turned": turned, "from": row.image_sha256}


def record_turned_page(house: House, session: Session, letter_id: int, name: list[int], read: dict[str, Any]) -> None:
    """Put the new reading in the place of the old one; without a picture of it only its reason is noted."""
    row, page = _page(session, letter_id, name).row, page_from_json(read["page"])
    if row.image_sha256 != read["from"]:
        return
    row.needs_human, row.reason = page.needs_human, page.reason
    if not read["picture"]:
        return
    for sha256 in filter(None, (read["picture"], read["words"])):
        record_file(session, house.store, sha256)
    for column, value in as_read(page).items():
        setattr(row, column, value)
    row.image_sha256, row.words_sha256 = read["picture"], read["words"] or None
    row.pipeline = with_turn(page.pipeline, read["turned"])


def record_revised_text(house: House, session: Session, letter_id: int, asked: int, taken: dict[str, Any]) -> None:
    """Put the text together anew from the mail as it came and the pages as they stand now."""
    letter = letter_row(session, letter_id)
    if not _is_current(letter, asked):
        return
    message = Message.from_json(taken["message"]) if taken["message"] else None
    letter.text = message.text if message else ""
    letter.own_text_spans = [list(span) for span in message.new_text_spans] if message else []
    letter.remarks = [code for code in letter.remarks if code != ATTACHED_MAIL_USED]
    put_text_together(session, letter)


def record_revised_decision(
    house: House, session: Session, letter_id: int, asked: int, understanding: dict[str, Any]
) -> None:
    """Write what the model makes of the text now; a letter that a person classified gets only a proposal."""
    letter, now = letter_row(session, letter_id), clock.now()
    if not _is_current(letter, asked):
        return
    found = Understanding.from_json(understanding)
    if by_person(session, letter_id):
        record_facts(session, letter, found)
        _propose(session, letter, found, house, now)
    else:
        decision = record_understanding(session, letter, found, house.tables, at=now)
        _follow(session, letter, decision, now)
    session.flush()
    case = session.get(Case, letter.case_id) if letter.case_id else None
    if case is not None and _opened(session, case, letter):
        cases.rename_petitioner(session, case, petitioner_of(session, letter), at=now, actor=ACTOR)
    for reply in session.exec(select(Reply).where(Reply.letter_id == letter_id)):
        if case is not None:
            redraft(session, reply, letter, case, house.tables, at=now, actor=ACTOR)
    change_letter(session, letter, LetterStatus.READY, at=now, actor=ACTOR)


def by_person(session: Session, letter_id: int) -> bool:
    """Whether a person ever said what the letter is."""
    wanted = select(Decision.id).where(Decision.letter_id == letter_id, col(Decision.user_id).is_not(None))
    return session.exec(wanted.limit(1)).first() is not None


def _is_current(letter: Letter, asked: int) -> bool:
    return letter.status == LetterStatus.PAGES_CHANGED and letter.processing_round == asked


def _follow(session: Session, letter: Letter, decision: Decision, now: datetime) -> None:
    """The case that this letter opened follows topic and department; another legal kind is only proposed."""
    case = session.get(Case, letter.case_id) if letter.case_id else None
    if case is None or case.closed_at is not None or not _opened(session, case, letter):
        return
    department = letter.intended_department or decision.department
    if (case.topic, case.department) != (decision.topic, department):
        cases.reroute(session, case, topic=decision.topic, department=department, at=now, actor=ACTOR)
    if decision.kind != case.kind:
        _note_proposal(session, letter, decision.topic, department, decision.kind, now)


def _propose(session: Session, letter: Letter, found: Understanding, house: House, now: datetime) -> None:
    held = latest_decision(session, letter.id or 0)
    department = found.department or house.tables.departments[0].slug
    if held and (held.topic, held.department, held.kind) != (found.topic, department, found.kind):
        _note_proposal(session, letter, found.topic, department, found.kind, now)


def _note_proposal(session: Session, letter: Letter, topic: str, department: str, kind: str, now: datetime) -> None:
    audit.record(
        session,
        at=now,
        actor=ACTOR,
        act=PROPOSED,
        subject=f"letters:{letter.id}",
        detail={"topic": topic, "department": department, "kind": kind},
    )


def _opened(session: Session, case: Case, letter: Letter) -> bool:
    """Whether the case began with this letter."""
    first = session.exec(select(Letter.id).where(Letter.case_id == case.id).order_by(col(Letter.id)).limit(1)).first()
    return first == letter.id


def _page(session: Session, letter_id: int, name: list[int]) -> LetterPage:
    wanted = PageName(*name)
    return next(page for page in letter_pages(session, letter_id) if page.name == wanted)
