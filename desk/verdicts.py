"""Whether the classifier was right about a letter, as far as people have said so.

A correction says what the letter is. A letter whose answer a person approved without correcting it was read rightly.
Of all others nobody has said anything yet.
"""

from typing import Any, Literal

from sqlalchemy import case, literal
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from registry.models import Decision, Reply
from registry.statuses import ReplyStatus
from responders.kinds import ReplyKind

Verdict = Literal["right", "wrong", "open"]
VERDICTS: tuple[Verdict, ...] = ("right", "wrong", "open")


def topic_by_people() -> Any:
    """In a query over decisions: the topic that people gave the letter last, NULL if they gave none."""
    later = aliased(Decision)
    return (
        select(later.topic)
        .where(later.letter_id == Decision.letter_id, col(later.user_id).is_not(None))
        .order_by(col(later.id).desc())
        .limit(1)
        .correlate(Decision)
        .scalar_subquery()
    )


def verdict() -> Any:
    """In a query over decisions: "right", "wrong" or "open"."""
    said = topic_by_people()
    answered = (
        select(Reply.id)
        .where(
            Reply.letter_id == Decision.letter_id,
            Reply.kind == ReplyKind.ANSWER,
            col(Reply.status).in_([ReplyStatus.APPROVED, ReplyStatus.DISPATCHED]),
        )
        .correlate(Decision)
        .exists()
    )
    return case(
        (said == col(Decision.topic), literal("right")),
        (said.is_not(None), literal("wrong")),
        (answered, literal("right")),
        else_=literal("open"),
    )
