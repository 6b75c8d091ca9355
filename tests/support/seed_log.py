"""Half a year of invented decisions with corrections and approvals, three models, and letters that are alike.

Run `python -m tests.support.seed_log FOLDER PORT` to look at the log, its figures and the models in a browser.
"""

import random
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from config import clock
from registry.likeness import Like, Likeness, propose
from registry.model_versions import add_model, note_loaded, use_model
from registry.models import Letter, User
from registry.statuses import LetterStatus, ReplyStatus
from registry.store import FileStore
from registry.users import Role
from tests.support import factories as make
from tests.support.seed import open_desk, seed

TOPICS = (
    ("drumuri-trotuare", "directia-tehnica"),
    ("iluminat-public", "directia-tehnica"),
    ("salubrizare", "mediu-salubritate"),
    ("parcare-circulatie", "directia-tehnica"),
    ("taxe-impozite", "taxe-impozite"),
    ("animale", "mediu-salubritate"),
)
FIRST_MODEL, LATER_MODEL = "3f9c0a17b2de", "a71be05c94d3"


def seed_decisions(
    session: Session, store: FileStore, now: datetime, *, count: int = 150, seed_number: int = 4
) -> None:
    """`count` letters of the last half year as two models read them, the later one better."""
    chance = random.Random(4)
    clerk = make.make_user(session, role=Role.CLERK, full_name="Ilinca Sava")
    approver = make.make_user(session, role=Role.APPROVER, full_name="Horia Dima")
    seed_models(session, now)
    for number in range(count):
        at = now - timedelta(days=170 - 170 * number / count, hours=1)
        later = number > count * 0.6
        topic, department = chance.choice(TOPICS[:4] if not later else TOPICS)
        confidence = round(chance.betavariate(5, 2), 3)
        letter = make.make_letter(session, store, status=LetterStatus.READY, at=at)
        make.make_decision(
            session,
            letter,
            at=at,
            topic=topic,
            department=department,
            confidence=confidence,
            abstained=confidence < 0.62,
            abstain_reason=chance.choice(["unsure", "unsure", "two-matters"]) if confidence < 0.62 else "",
            model_version=LATER_MODEL if later else FIRST_MODEL,
            views="e5+lexicon+stems" if later else "lexicon+stems",
            milliseconds=int(chance.lognormvariate(5.6 if later else 3.2, 0.5)),
            unknown_share=round(chance.betavariate(2, 22), 4),
        )
        _judge(session, letter, topic, confidence + 0.08 * later, chance, at, clerk, approver)


def _judge(
    session: Session,
    letter: Letter,
    topic: str,
    likely: float,
    chance: random.Random,
    at: datetime,
    clerk: User,
    approver: User,
) -> None:
    if chance.random() < 0.25:
        return
    fields: dict[str, Any] = {"topic": topic, "department": "directia-tehnica"}
    if chance.random() > likely:
        other = chance.choice([slug for slug, _ in TOPICS if slug != topic])
        made = make.make_decision(
            session,
            letter,
            at=at + timedelta(hours=3),
            user_id=clerk.id,
            model_version="",
            topic=other,
            probabilities={},
        )
        fields["topic"] = made.topic
    case = make.make_case(session, letter, at=at, **fields)
    make.make_reply(session, case, letter, approver=approver, status=ReplyStatus.APPROVED, at=at + timedelta(days=1))


def seed_models(session: Session, now: datetime) -> None:
    """The model that came, one that was learned and is in use, one that was refused, one that waits."""
    figures = {"letters": 188, "strict": 0.62, "top_three": 0.91, "calibration_error": 0.04}
    before = {**figures, "accepted": 0.745, "precision": 0.951, "coverage": 0.28}
    better = {**figures, "accepted": 0.771, "precision": 0.962, "coverage": 0.33}
    worse = {**figures, "accepted": 0.739, "precision": 0.94, "coverage": 0.35}
    best = {**figures, "accepted": 0.78, "precision": 0.965, "coverage": 0.36}
    note_loaded(session, FIRST_MODEL, "", at=now - timedelta(days=170), actor="worker")
    lines = [
        (LATER_MODEL, 41, {"former": before, "candidate": better}, 70),
        ("c05d11aa90e7", 52, {"former": better, "candidate": worse}, 30),
        ("e9b3347fd215", 63, {"former": better, "candidate": best}, 1),
    ]
    for version, corrections, report, days in lines:
        at, passed = now - timedelta(days=days), report["candidate"] is not worse
        folder = f"models/{version}" if passed else ""
        add_model(session, version, folder, report, corrections=corrections, passed=passed, at=at, actor="command-line")
        if version == LATER_MODEL:
            use_model(session, version, at=at, actor="radu")


def seed_likeness(session: Session) -> None:
    """The letters of `seed` that are alike: a campaign, a near copy, the same person again."""
    propose(session, 5, [Like(3, Likeness.SAME_PETITIONER, 1.0)], at=clock.now(), actor="worker")
    propose(
        session, 7, [Like(3, Likeness.NEAR_COPY, 0.81), Like(4, Likeness.SIMILAR, 0.27)], at=clock.now(), actor="worker"
    )
    for number in (7, 8, 9):
        propose(session, number, [Like(3, Likeness.CAMPAIGN, 0.8)], at=clock.now(), actor="worker")


def main() -> None:
    """Seed a desk with all of it and serve it on loopback."""
    import uvicorn

    opened = open_desk(Path(sys.argv[1]), practice=len(sys.argv) > 3)
    with opened.database.write() as session:
        seed(session, opened.store, clock.now())
        seed_decisions(session, opened.store, clock.now())
        seed_likeness(session)
    uvicorn.run(opened.app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")


if __name__ == "__main__":
    main()
