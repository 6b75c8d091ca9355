"""One scan and several letters: does another letter begin here, and which scans belong together."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from config import clock
from desk.context import TheDesk, TheVisitor
from desk.errors import PageMissing
from desk.render import go
from desk.screens.letter import letter_answer
from registry import page_edits, splits
from registry.errors import NotFound, NumberUnknown, RecordError
from registry.labels import NumberLabel, labelled_letter, numbers_from
from registry.models import SplitProposal, User
from responders import joining
from responders.errors import ReplyError

router = APIRouter()


@router.post("/letters/{letter_id}/splits/{proposal_id}")
def decide(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    proposal_id: int,
    choice: Annotated[Literal["split", "keep"], Form()],
) -> Response:
    """Does another letter begin with this page? An answered question stays answered."""
    try:
        with desk.database.write() as session:
            letter = page_edits.letter_to_edit(session, letter_id)
            proposal = session.get(SplitProposal, proposal_id, with_for_update=True)
            if proposal is None or proposal.letter_id != letter_id:
                raise PageMissing
            user = session.get_one(User, visitor.id)
            splits.decide(session, letter, proposal, split=choice == "split", user=user, at=clock.now())
    except NotFound as error:
        raise PageMissing from error
    except RecordError as error:
        return letter_answer(request, desk, letter_id, error=str(error), status=409)
    return go(f"/letters/{letter_id}", notice="splitting" if choice == "split" else "kept-together")


@router.post("/letters/{letter_id}/continues")
def continue_letter(
    request: Request, desk: TheDesk, visitor: TheVisitor, letter_id: int, number: Annotated[str, Form()] = ""
) -> Response:
    """Say that this scan is the rest of the letter with this number: both then belong to one case."""
    try:
        with desk.database.write() as session:
            letter = page_edits.letter_to_edit(session, letter_id)
            (entry,) = numbers_from(session, [number])
            onto = labelled_letter(session, NumberLabel(entry.number, entry.year))
            if onto is None:
                raise NumberUnknown(number)
            user, now = session.get_one(User, visitor.id), clock.now()
            proposal = splits.join_scans(session, letter, onto, user=user, at=now)
            if proposal is not None:
                joining.join(session, proposal, user, now)
    except NotFound as error:
        raise PageMissing from error
    except (RecordError, ReplyError) as error:
        return letter_answer(request, desk, letter_id, error=str(error), status=409)
    return go(f"/letters/{letter_id}", notice="continued")
