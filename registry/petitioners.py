"""Who wrote a letter, and which earlier letters of the same person are about the same matter."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from registry.joins import WEB_FORM, Related, Why, propose
from registry.likeness import Like, Likeness
from registry.models import Case, Decision, Fact, Letter, SimilarLetter
from registry.statuses import LetterStatus
from registry.text import WORD, fold

MOST_LETTERS = 20
"""So many of a person's last letters are looked at."""
MOST_FOUND = 3
SAME_PLACE, NO_PLACE = 1.0, 0.5
_PLACE_KINDS = ("address", "street", "cadastre")
_NAME = re.compile(r"[^\W\d_]{3,}")
_NO_NAMES = (
    "strada str aleea alee bulevardul bulevard calea cale piata soseaua drumul intrarea cartier cartierul bloc blocul "
    "scara scari etaj apartament numarul numar jud judetul sibiu medias mediasului municipiul orasul oras localitatea "
    "comuna satul cod postal romania zona colt intersectia"
)
_GENERIC = frozenset(_NO_NAMES.split())


def writers(session: Session, letter_ids: Collection[int]) -> dict[int, str]:
    """Who wrote each letter, in one form per person: their address, or their name where there is none; "" if unknown.

    Behind a web form's one address are all who ever filled it in, so there the name counts.
    """
    letters = session.exec(select(Letter).where(col(Letter.id).in_(letter_ids))).all()
    named = _names_read(session, letter_ids)
    return {letter.id or 0: _address(letter) or name_key(named.get(letter.id or 0, "")) for letter in letters}


def name_key(name: str) -> str:
    """A name in one form: folded, in any order of its words."""
    return " ".join(sorted(WORD.findall(fold(name))))


def same_matter(session: Session, letter: Letter) -> list[Like]:
    """Earlier letters of the same person about the same topic and place that are not in the same case yet.

    The same person is the same address; where only the name is the same, the place must be too. Two letters that name
    different places are about two matters.
    """
    assert letter.id is not None
    mine = _matters(session, [letter.id]).get(letter.id)
    if mine is None:
        return []
    name = writer_name(session, letter)
    others = _letters_of(session, letter, name)
    theirs = _matters(session, [other.id or 0 for other in others])
    places = _places(session, [letter.id, *(other.id or 0 for other in others)])
    found = []
    for other in others:
        assert other.id is not None
        if not mine & theirs.get(other.id, set()):
            continue
        here, there = places.get(letter.id, set()), places.get(other.id, set())
        if here & there:
            found.append(Like(other.id, Likeness.SAME_PETITIONER, SAME_PLACE))
        elif not (here and there) and _address(letter) and _address(letter) == _address(other):
            found.append(Like(other.id, Likeness.SAME_PETITIONER, NO_PLACE))
    return sorted(found, key=lambda one: (-one.score, -one.other_id))[:MOST_FOUND]


def ask_to_join(session: Session, row: SimilarLetter, *, at: datetime, actor: str) -> None:
    """After a person confirmed that two letters belong together: ask whether they are one case.

    Only letters of the same person are asked about; a campaign is answered to each of its people.
    """
    later, earlier = session.get_one(Letter, row.letter_id), session.get_one(Letter, row.other_id)
    wrote = writers(session, [row.letter_id, row.other_id])
    if not wrote[row.letter_id] or wrote[row.letter_id] != wrote[row.other_id]:
        return
    if later.case_id is None or earlier.case_id is None or later.case_id == earlier.case_id:
        return
    case = session.get_one(Case, earlier.case_id)
    propose(session, later, [Related(case, Why.SAME_MATTER, same_person=True)], at=at, actor=actor)


def writer_name(session: Session, letter: Letter) -> str:
    """The name of who wrote a letter: as read in it, else as their mail program gives it."""
    return _names_read(session, [letter.id or 0]).get(letter.id or 0, "") or letter.sender_name


def _letters_of(session: Session, letter: Letter, name: str) -> list[Letter]:
    signs: list[Any] = []
    if _address(letter):
        signs.append((col(Letter.sender_address) == letter.sender_address) & (Letter.machine_rule != WEB_FORM))
    if len(WORD.findall(name)) > 1:
        signs.append(col(Case.petitioner_name).in_({name, name.title(), name.upper()}))
    if not signs:
        return []
    rows = session.exec(
        select(Letter)
        .outerjoin(Case, col(Case.id) == col(Letter.case_id))
        .where(
            or_(*signs),
            col(Letter.id) < letter.id,
            Letter.status != LetterStatus.MACHINE_MAIL,
            or_(col(Letter.case_id).is_(None), Letter.case_id != letter.case_id),
        )
        .order_by(col(Letter.id).desc())
        .limit(MOST_LETTERS)
    )
    return list(rows)


def _matters(session: Session, letter_ids: Collection[int]) -> dict[int, set[str]]:
    """What each letter is about, as it is taken now: its topic, and its second one."""
    found: dict[int, set[str]] = {}
    for one in session.exec(select(Decision).where(col(Decision.letter_id).in_(letter_ids)).order_by(col(Decision.id))):
        found[one.letter_id] = {one.topic, one.second_topic} - {""}
    return found


def _places(session: Session, letter_ids: Collection[int]) -> dict[int, set[str]]:
    """The names of the places a letter speaks of; the writer's own address counts only when there is no other."""
    rows = session.exec(
        select(Fact.letter_id, Fact.value, Case.petitioner_address)
        .join(Letter, col(Letter.id) == col(Fact.letter_id))
        .outerjoin(Case, col(Case.id) == col(Letter.case_id))
        .where(col(Fact.letter_id).in_(letter_ids), col(Fact.kind).in_(_PLACE_KINDS))
    ).all()
    found: dict[int, set[str]] = {}
    homes: dict[int, set[str]] = {}
    for letter_id, value, home in rows:
        found.setdefault(letter_id, set()).update(_place_names(value))
        homes[letter_id] = _place_names(home or "")
    return {letter_id: names - homes[letter_id] or names for letter_id, names in found.items()}


def _place_names(value: str) -> set[str]:
    folded = fold(value)
    return {word for word in _NAME.findall(folded) if word not in _GENERIC} | set(re.findall(r"\d{5,}", folded))


def _address(letter: Letter) -> str:
    return "" if letter.machine_rule == WEB_FORM else letter.sender_address.lower()


def _names_read(session: Session, letter_ids: Iterable[int]) -> dict[int, str]:
    rows = session.exec(
        select(Fact.letter_id, Fact.value)
        .where(col(Fact.letter_id).in_(list(letter_ids)), Fact.kind == "petitioner")
        .order_by(col(Fact.start).desc())
    )
    return dict(rows.all())
