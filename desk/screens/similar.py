"""Whether two letters belong side by side, answered by a person."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response

from config import clock
from desk.context import TheDesk, TheVisitor
from desk.errors import PageMissing
from desk.render import go
from registry.likeness import decide
from registry.models import SimilarLetter, User
from registry.petitioners import ask_to_join

router = APIRouter()


@router.post("/letters/{letter_id}/similar/{similar_id}")
def answer(
    desk: TheDesk,
    visitor: TheVisitor,
    letter_id: int,
    similar_id: int,
    choice: Annotated[Literal["confirm", "dismiss"], Form()],
) -> Response:
    """Note that the letters are alike, or that they are not; letters, cases and replies stay as they are.

    Of two letters of one person the question follows whether they are one case.
    """
    with desk.database.write() as session:
        row = session.get(SimilarLetter, similar_id, with_for_update=True)
        if row is None or letter_id not in (row.letter_id, row.other_id):
            raise PageMissing
        now = clock.now()
        decide(session, row, session.get_one(User, visitor.id), confirmed=choice == "confirm", at=now)
        if choice == "confirm":
            ask_to_join(session, row, at=now, actor=visitor.username)
    return go(
        f"/letters/{letter_id}#similar", notice="similar-confirmed" if choice == "confirm" else "similar-dismissed"
    )
