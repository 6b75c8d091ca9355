"""The question whether a letter belongs to another case, answered by a person."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response

from config import clock
from desk.context import TheDesk, TheVisitor
from desk.errors import PageMissing
from desk.render import go
from desk.screens.letter import letter_answer
from registry.errors import RecordError
from registry.joins import ProposalState
from registry.models import JoinProposal, User
from responders import joining
from responders.errors import ReplyError

router = APIRouter()


@router.post("/letters/{letter_id}/joins/{proposal_id}")
def decide(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    proposal_id: int,
    choice: Annotated[Literal["join", "apart"], Form()],
) -> Response:
    """Put the letter into the proposed case, or keep it apart; an answered question stays answered."""
    try:
        with desk.database.write() as session:
            proposal = session.get(JoinProposal, proposal_id, with_for_update=True)
            if proposal is None or proposal.letter_id != letter_id:
                raise PageMissing
            if proposal.state == ProposalState.OPEN:
                act = joining.join if choice == "join" else joining.keep_apart
                act(session, proposal, session.get_one(User, visitor.id), clock.now())
    except (RecordError, ReplyError) as error:
        return letter_answer(request, desk, letter_id, error=str(error), status=409)
    return go(f"/letters/{letter_id}", notice="joined" if choice == "join" else "kept-apart")
