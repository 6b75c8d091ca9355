"""One letter and its case on one page, and the acts on them: correct the classification, process again."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session, select

from classifiers import log
from config import clock
from config.town import LETTER_KINDS
from desk.context import Desk, TheDesk, TheVisitor
from desk.errors import PageMissing, ValueUnknown
from desk.letter_page import ReplyForm, letter_page
from desk.render import go, page
from desk.scan_notes import reclassification
from desk.similar import nearest_views, similar_views
from registry import audit, letters, switches
from registry.errors import RecordError
from registry.models import Case, Letter, Reply, User
from registry.page_edits import KEPT
from registry.switches import SwitchName
from responders.drafts import redraft
from responders.errors import ReplyError
from responders.templates import load_templates

router = APIRouter()


@router.get("/letters/{letter_id}")
def show(request: Request, desk: TheDesk, visitor: TheVisitor, letter_id: int, view: str = "") -> Response:
    """The page of a letter; `view=mail` shows the mail as its sender laid it out."""
    return letter_answer(request, desk, letter_id, view=view)


def letter_answer(
    request: Request,
    desk: Desk,
    letter_id: int,
    *,
    view: str = "",
    typed: dict[int, ReplyForm] | None = None,
    reason: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    """The page of a letter; after a refused act with its sentence and, by reply, what had been typed."""
    with desk.database.read() as session:
        shown = letter_page(session, desk, letter_id)
        sending = switches.is_on(session, SwitchName.SENDING)
        similar = similar_views(session, letter_id)
        nearest = nearest_views(session, desk.tables, letter_id)
    has_text = any(piece.text.strip() for piece in shown.text)
    values = {
        "shown": shown,
        "similar": similar,
        "nearest": nearest,
        "view": "mail" if shown.letter.html and (view == "mail" or not has_text) else "text",
        "typed": typed or {},
        "reason": reason,
        "error": error,
        "sending": sending,
        "tables": desk.tables,
        "topics": desk.tables.topics,
        "departments": desk.tables.departments,
        "same_person_may_approve": desk.settings.desk.same_person_may_approve,
    }
    return page(request, "letter.html", values, status=status)


@router.post("/letters/{letter_id}/classification")
def correct(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    topic: Annotated[str, Form()] = "",
    department: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
) -> Response:
    """A person says what the letter is; dates are counted anew and untouched drafts are written anew."""
    try:
        with desk.database.write() as session:
            notice = correct_classification(session, desk, visitor.id, letter_id, topic, department, kind)
    except (RecordError, ReplyError, ValueUnknown) as error:
        sentence = error.sentence() if isinstance(error, ValueUnknown) else str(error)
        return letter_answer(request, desk, letter_id, error=sentence, status=422)
    return go(f"/letters/{letter_id}", notice=notice)


def correct_classification(
    session: Session, desk: Desk, user_id: int, letter_id: int, topic: str, department: str, kind: str
) -> str:
    """Write the correction and draft untouched replies anew; returns the code of the notice."""
    letter = session.get(Letter, letter_id)
    if letter is None or letter.case_id is None:
        raise PageMissing
    if kind not in LETTER_KINDS:
        raise ValueUnknown
    user, now = session.get_one(User, user_id), clock.now()
    try:
        log.correct(session, letter, user, topic=topic, department=department, kind=kind, tables=desk.tables, at=now)
    except KeyError as error:
        raise ValueUnknown from error
    case, templates = session.get_one(Case, letter.case_id), load_templates()
    replies = session.exec(select(Reply).where(Reply.letter_id == letter_id)).all()
    redrafted = [
        redraft(session, reply, letter, case, desk.tables, templates, at=now, actor=user.username) for reply in replies
    ]
    if not replies:
        return "corrected"
    return "corrected-redrafted" if all(redrafted) else "corrected-kept"


@router.post("/letters/{letter_id}/reclassification")
def decide_reclassification(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    choice: Annotated[Literal["adopt", "keep"], Form()],
) -> Response:
    """A person answers what the classifier proposed after the text of the letter was corrected."""
    try:
        with desk.database.write() as session:
            letter = session.get(Letter, letter_id)
            case = session.get(Case, letter.case_id) if letter and letter.case_id else None
            proposed = reclassification(session, letter, case) if letter else None
            if letter is None or proposed is None:
                raise PageMissing
            if choice == "adopt":
                notice = correct_classification(
                    session, desk, visitor.id, letter_id, proposed.topic, proposed.department, proposed.kind
                )
            else:
                subject = f"letters:{letter_id}"
                audit.record(session, at=clock.now(), actor=visitor.username, act=KEPT, subject=subject, detail={})
                notice = "classification-kept"
    except (RecordError, ReplyError, ValueUnknown) as error:
        sentence = error.sentence() if isinstance(error, ValueUnknown) else str(error)
        return letter_answer(request, desk, letter_id, error=sentence, status=422)
    return go(f"/letters/{letter_id}", notice=notice)


@router.post("/letters/{letter_id}/process-again")
def process_again(request: Request, desk: TheDesk, visitor: TheVisitor, letter_id: int) -> Response:
    """Machine mail that is a letter after all, or a letter whose processing failed, goes through the machine anew."""
    try:
        with desk.database.write() as session:
            letter = session.get(Letter, letter_id)
            if letter is None:
                raise PageMissing
            letters.process_again(session, letter, at=clock.now(), actor=visitor.username)
    except RecordError as error:
        return letter_answer(request, desk, letter_id, error=str(error), status=409)
    return go(f"/letters/{letter_id}", notice="processing")
