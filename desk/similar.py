"""Letters that are like the one on the screen, as its page shows them: earlier ones, later ones, campaigns."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from config.town import Tables
from desk import words
from desk.letter_rows import first_words, latest_decisions
from registry.likeness import Likeness, LikenessState, campaign_sizes, similar_letters
from registry.models import Case, Decision, Letter, RegisterEntry, SimilarLetter

MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class SimilarView:
    """One pair, told from the letter on the screen; `letters` is the size of a campaign, else 0."""

    id: int
    letter_id: int
    number: str
    received_at: datetime
    sender: str
    subject: str
    why: str
    score: float
    confirmed: bool
    letters: int


@dataclass(frozen=True, slots=True)
class NearestView:
    """A letter near in meaning when this one was read, with what it is taken for now."""

    letter_id: int
    number: str
    topic: str
    similarity: float


def nearest_views(session: Session, tables: Tables, letter_id: int) -> list[NearestView]:
    """The letters that the classifier's last decision named as nearest, the nearest first."""
    nearest = session.exec(
        select(Decision.nearest)
        .where(Decision.letter_id == letter_id, col(Decision.user_id).is_(None))
        .order_by(col(Decision.id).desc())
        .limit(1)
    ).first()
    near = {one["letter_id"]: one["similarity"] for one in nearest or ()}
    taken = latest_decisions(session, near)
    labels = {
        letter_id: entry.label
        for letter_id, entry in session.exec(
            select(Letter.id, RegisterEntry)
            .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
            .where(col(Letter.id).in_(near))
        )
    }
    return [
        NearestView(one, labels[one], words.topic(tables, taken[one].topic), similarity)
        for one, similarity in near.items()
        if one in labels and one in taken
    ]


def similar_views(session: Session, letter_id: int) -> list[SimilarView]:
    """The pairs of a letter that nobody dismissed: one per other letter, the strongest reason first."""
    rows = similar_letters(session, letter_id)
    sizes = campaign_sizes(session, {row.other_id for row in rows if row.why == Likeness.CAMPAIGN})
    shown: dict[int, SimilarLetter] = {}
    for row in sorted(rows, key=_rank):
        shown.setdefault(row.letter_id if row.other_id == letter_id else row.other_id, row)
    others = {
        letter.id: (letter, entry, case)
        for letter, entry, case in session.exec(
            select(Letter, RegisterEntry, Case)
            .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
            .outerjoin(Case, col(Case.id) == col(Letter.case_id))
            .where(col(Letter.id).in_(list(shown)[:MOST_SHOWN]))
        )
    }
    return [
        _view(row, *others[other_id], sizes.get(row.other_id, 0))
        for other_id, row in shown.items()
        if other_id in others
    ]


def _rank(row: SimilarLetter) -> tuple[bool, int, float]:
    order = [Likeness.CAMPAIGN, Likeness.NEAR_COPY, Likeness.SAME_PETITIONER, Likeness.SIMILAR]
    return row.state != LikenessState.CONFIRMED, order.index(Likeness(row.why)), -row.score


def _view(row: SimilarLetter, letter: Letter, entry: RegisterEntry, case: Case | None, size: int) -> SimilarView:
    return SimilarView(
        id=row.id or 0,
        letter_id=letter.id or 0,
        number=entry.label,
        received_at=letter.received_at,
        sender=letter.sender_name or letter.sender_address or (case.petitioner_name if case else ""),
        subject=letter.subject or first_words(letter.text),
        why=row.why,
        score=row.score,
        confirmed=row.state == LikenessState.CONFIRMED,
        letters=size if row.why == Likeness.CAMPAIGN else 0,
    )
