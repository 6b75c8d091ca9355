"""Letters that are like earlier ones: what they are compared by is kept, and what is found is only ever proposed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, delete, func, or_, select

from registry import audit
from registry.models import Letter, LetterSignature, SimilarLetter, User

HASH_BYTES = 4
CAMPAIGN_SENDERS = 3
"""From so many different senders of one text on it is a campaign."""
MOST_COPIES = 3
"""So many earlier near copies are named for a letter; a campaign has one row to its first letter."""


class Likeness(StrEnum):
    """Why two letters belong side by side."""

    NEAR_COPY = "near-copy"
    SIMILAR = "similar"
    SAME_PETITIONER = "same-petitioner"
    CAMPAIGN = "campaign"


class LikenessState(StrEnum):
    """What a person said to it."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Like:
    """An earlier letter that a letter is like; `score` between 0 and 1."""

    other_id: int
    why: Likeness
    score: float


@dataclass(frozen=True, slots=True)
class Signature:
    """What one letter is compared by: the beginning of its sorted hashes, how many there are, its vector."""

    letter_id: int
    made_at: datetime
    sample: bytes
    size: int
    vector: bytes


def keep_signature(session: Session, letter_id: int, shingles: bytes, vector: bytes, *, at: datetime) -> None:
    """Keep what a letter is compared by; a letter that was read anew gets a new one."""
    session.merge(LetterSignature(letter_id=letter_id, made_at=at, shingles=shingles, vector=vector))
    session.flush()


def signatures(session: Session, *, since: datetime | None, sample: int) -> list[Signature]:
    """All signatures made at or after a moment (None: all), each with the first `sample` of its hashes."""
    row = LetterSignature
    beginning = func.substr(row.shingles, 1, sample * HASH_BYTES)
    query = select(row.letter_id, row.made_at, beginning, func.length(row.shingles), row.vector)  # type: ignore[call-overload]
    if since is not None:
        query = query.where(row.made_at >= since)
    return [
        # SQLite gives NULL for a piece of nothing: the signature of a letter with next to no words.
        Signature(letter_id, made_at, bytes(start or b""), size // HASH_BYTES, bytes(vector))
        for letter_id, made_at, start, size, vector in session.exec(query.order_by(row.made_at, row.letter_id))
    ]


def shingles_of(session: Session, letter_ids: Collection[int]) -> dict[int, bytes]:
    """All hashes of these letters, by letter."""
    rows = session.exec(
        select(LetterSignature.letter_id, LetterSignature.shingles).where(
            col(LetterSignature.letter_id).in_(letter_ids)
        )
    )
    return {letter_id: bytes(shingles) for letter_id, shingles in rows}


def propose(session: Session, letter_id: int, found: Iterable[Like], *, at: datetime, actor: str) -> None:
    """Write down what a letter is like; what was written before, or answered by a person, stays as it is."""
    known = {
        (row.other_id, row.why)
        for row in session.exec(select(SimilarLetter).where(SimilarLetter.letter_id == letter_id))
    }
    new = [one for one in found if (one.other_id, one.why) not in known and one.other_id != letter_id]
    for one in new:
        session.add(
            SimilarLetter(
                letter_id=letter_id,
                other_id=one.other_id,
                why=one.why,
                score=round(one.score, 4),
                state=LikenessState.OPEN,
                created_at=at,
            )
        )
    if new:
        audit.record(
            session,
            at=at,
            actor=actor,
            act="find-similar",
            subject=f"letters:{letter_id}",
            detail={"letters": [[one.other_id, str(one.why)] for one in new]},
        )


def propose_copies(
    session: Session,
    letter_id: int,
    alike: Sequence[Like],
    writers: Mapping[int, str],
    *,
    at: datetime,
    actor: str,
) -> None:
    """Propose near copies and similar letters; one text of CAMPAIGN_SENDERS different people is a campaign.

    `alike` are near copies and similar letters, the most alike first. `writers` names who wrote the letter itself and
    each near copy, "" where nobody knows. Every letter of a campaign has one row to the campaign's first letter.
    """
    copies = [one for one in alike if one.why is Likeness.NEAR_COPY]
    similar = [one for one in alike if one.why is Likeness.SIMILAR]
    propose(session, letter_id, [*copies[:MOST_COPIES], *similar[:MOST_COPIES]], at=at, actor=actor)
    people = {writers.get(one, "") for one in (letter_id, *(copy.other_id for copy in copies))} - {""}
    if len(people) < CAMPAIGN_SENDERS:
        return
    first = _first_of_campaign(session, letter_id, [copy.other_id for copy in copies])
    scores = {letter_id: max(copy.score for copy in copies)} | {copy.other_id: copy.score for copy in copies}
    for one, score in sorted(scores.items()):
        propose(session, one, [Like(first, Likeness.CAMPAIGN, score)], at=at, actor=actor)


def forget_outdated(session: Session, letter_id: int, alike: Collection[int]) -> None:
    """After a letter's text changed, drop the open proposals of copies that it is none of any more."""
    session.exec(
        delete(SimilarLetter).where(
            col(SimilarLetter.letter_id) == letter_id,
            col(SimilarLetter.state) == LikenessState.OPEN,
            col(SimilarLetter.why).in_([Likeness.NEAR_COPY, Likeness.SIMILAR]),
            col(SimilarLetter.other_id).not_in(alike),
        )
    )


def _first_of_campaign(session: Session, letter_id: int, copies: Sequence[int]) -> int:
    """The letter with which a campaign began: one that was named as such before, else the earliest of these."""
    named = session.exec(
        select(SimilarLetter.other_id)
        .where(
            SimilarLetter.why == Likeness.CAMPAIGN,
            or_(col(SimilarLetter.letter_id).in_(copies), col(SimilarLetter.other_id).in_(copies)),
        )
        .order_by(col(SimilarLetter.other_id))
        .limit(1)
    ).first()
    return named if named is not None else min(letter_id, *copies)


def similar_letters(session: Session, letter_id: int) -> list[SimilarLetter]:
    """What this letter was found to be like, and later letters that are like it; what was dismissed is left out."""
    return list(
        session.exec(
            select(SimilarLetter)
            .where(
                or_(SimilarLetter.letter_id == letter_id, SimilarLetter.other_id == letter_id),
                SimilarLetter.state != LikenessState.DISMISSED,
            )
            .order_by(col(SimilarLetter.score).desc(), col(SimilarLetter.id))
        )
    )


def campaign_sizes(session: Session, first_ids: Collection[int]) -> dict[int, int]:
    """How many letters the campaigns have that began with these letters, their first ones counted."""
    rows = session.exec(
        select(SimilarLetter.other_id, func.count())
        .where(
            SimilarLetter.why == Likeness.CAMPAIGN,
            col(SimilarLetter.other_id).in_(first_ids),
            SimilarLetter.state != LikenessState.DISMISSED,
        )
        .group_by(col(SimilarLetter.other_id))
    )
    return {first: count + 1 for first, count in rows}


def marked_letters(session: Session, letter_ids: Collection[int]) -> dict[int, Likeness]:
    """Which of these letters are like an earlier one and nobody said they are not, with the strongest reason."""
    order = [Likeness.CAMPAIGN, Likeness.NEAR_COPY, Likeness.SAME_PETITIONER, Likeness.SIMILAR]
    rows = session.exec(
        select(SimilarLetter.letter_id, SimilarLetter.why).where(
            col(SimilarLetter.letter_id).in_(letter_ids), SimilarLetter.state != LikenessState.DISMISSED
        )
    )
    found: dict[int, Likeness] = {}
    for letter_id, why in rows:
        found[letter_id] = min(found.get(letter_id, Likeness(why)), Likeness(why), key=order.index)
    return found


def decide(session: Session, row: SimilarLetter, user: User, *, confirmed: bool, at: datetime) -> None:
    """A person says whether two letters belong side by side. The letters, cases and replies stay as they are."""
    row.state = LikenessState.CONFIRMED if confirmed else LikenessState.DISMISSED
    row.decided_at, row.decided_by_id = at, user.id
    audit.record(
        session,
        at=at,
        actor=user.username,
        act="confirm-similar" if confirmed else "dismiss-similar",
        subject=f"letters:{row.letter_id}",
        detail={"letter": row.other_id, "why": row.why},
    )


def own_words(letter: Letter) -> str:
    """What the sender newly wrote, without quoted mail; the whole text where nothing was told apart."""
    spans = letter.own_text_spans or [[0, len(letter.text)]]
    return "\n".join(letter.text[start:end] for start, end in spans)
