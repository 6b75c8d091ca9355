"""Finding the earlier letters that a letter is like. Nothing is joined or answered by it: people are told."""

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from classifiers.likeness import shingles
from classifiers.likeness_index import half_vector
from config import clock
from daemon.house import House
from daemon.likeness import alike
from daemon.steps.rows import letter_row
from daemon.steps.understanding import own_words as blanked
from registry import audit
from registry.likeness import (
    Like,
    Likeness,
    forget_outdated,
    keep_signature,
    own_words,
    propose,
    propose_copies,
    shingles_of,
    signatures,
)
from registry.petitioners import same_matter, writers

ACTOR = "worker"


def find_similar(house: House, letter_id: int) -> dict[str, Any]:
    """What the letter is compared by, the letters it is like, and those nearest to it, as plain values."""
    with house.database.read() as session:
        letter = letter_row(session, letter_id)
    hashes = shingles(own_words(letter))
    # The very text that understanding reads, so that the engine works it out only once.
    vector = house.understander.vector(blanked(letter.text, letter.own_text_spans), letter.subject)
    found = house.letters_on_record.look(letter_id, hashes, vector)
    return {
        "shingles": _packed(hashes.tobytes()),
        "vector": _packed(half_vector(vector).tobytes() if vector is not None else b""),
        "alike": [[one.other_id, one.why, one.score] for one in found.alike],
        "nearest": [{"letter_id": other, "similarity": round(near, 4)} for other, near in found.nearest],
        "until": found.until.isoformat(),
    }


def record_similar(house: House, session: Session, letter_id: int, found: dict[str, Any]) -> None:
    """Keep what the letter is compared by, and propose copies, campaigns and the same person's same matter."""
    audit.wait_for_turn(session)  # letters processed at once see each other here, whichever is first
    letter, at = letter_row(session, letter_id), clock.now()
    until = datetime.fromisoformat(found["until"])
    hashes = b64decode(found["shingles"])
    late = [one.letter_id for one in signatures(session, since=until, sample=0) if one.letter_id != letter_id]
    likes = {other: Like(other, Likeness(why), score) for other, why, score in found["alike"]}
    likes |= {one.other_id: one for one in alike(np.frombuffer(hashes, dtype=np.uint32), shingles_of(session, late))}
    ordered = sorted(likes.values(), key=lambda one: (-one.score, one.other_id))
    forget_outdated(session, letter_id, likes)
    wrote = writers(session, [letter_id, *likes])
    propose_copies(session, letter_id, ordered, wrote, at=at, actor=ACTOR)
    propose(session, letter_id, same_matter(session, letter), at=at, actor=ACTOR)
    keep_signature(session, letter_id, hashes, b64decode(found["vector"]), at=at)


def _packed(content: bytes) -> str:
    return b64encode(content).decode("ascii")
