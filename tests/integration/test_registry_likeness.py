"""What the record keeps of likeness, and who is the same person, on both databases."""

from datetime import timedelta

import numpy as np
import pytest
from sqlmodel import Session, select

from desk.figures import reads
from desk.log_filter import LogFilter
from registry.database import Database
from registry.likeness import (
    Like,
    Likeness,
    LikenessState,
    decide,
    forget_outdated,
    keep_signature,
    propose,
    propose_copies,
    shingles_of,
    signatures,
    similar_letters,
)
from registry.model_versions import add_model, current_model, former_model, go_back, note_loaded, use_model
from registry.models import Decision, Fact, Letter, SimilarLetter
from registry.petitioners import same_matter, writers
from registry.statuses import ReplyStatus
from registry.store import FileStore
from tests.support.factories import AT, Petitioner, make_case, make_decision, make_letter, make_reply, make_user


def letter_about(
    session: Session,
    store: FileStore,
    *,
    street: str = "",
    name: str = "Ion Lazăr",
    topic: str = "animale",
    **fields: str,
) -> Letter:
    """A letter that was read, with the facts of its writer and place."""
    letter = make_letter(session, store, **{"sender_name": name, **fields})
    make_decision(session, letter, topic=topic)
    facts = [("petitioner", name), ("address", street)]
    session.add_all(
        Fact(letter_id=letter.id or 0, kind=kind, value=value, start=0, end=1) for kind, value in facts if value
    )
    make_case(session, letter, petitioner=Petitioner(name=name), topic=topic)
    return letter


def test_a_signature_comes_back_by_its_beginning_and_whole(database: Database, store: FileStore) -> None:
    hashes = np.arange(500, dtype=np.uint32)
    with database.write() as session:
        first, second = (make_letter(session, store).id or 0 for _ in range(2))
        keep_signature(session, first, hashes.tobytes(), b"", at=AT)
        keep_signature(session, second, b"", b"\x00\x3c", at=AT + timedelta(minutes=9))
        keep_signature(session, first, hashes.tobytes(), b"", at=AT + timedelta(minutes=1))
    with database.read() as session:
        one, two = signatures(session, since=None, sample=96)
        assert np.frombuffer(one.sample, dtype=np.uint32).tolist() == list(range(96))
        assert (one.letter_id, one.size, one.made_at) == (first, 500, AT + timedelta(minutes=1))
        assert (two.size, two.vector) == (0, b"\x00\x3c")
        assert [row.letter_id for row in signatures(session, since=AT + timedelta(minutes=5), sample=0)] == [second]
        assert shingles_of(session, [first]) == {first: hashes.tobytes()}


def test_what_is_proposed_once_is_not_proposed_again_and_answers_stay(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letters = [make_letter(session, store).id or 0 for _ in range(3)]
        found = [Like(letters[0], Likeness.NEAR_COPY, 0.9), Like(letters[1], Likeness.SIMILAR, 0.3)]
        propose(session, letters[2], found, at=AT, actor="worker")
        decide(session, session.exec(select(SimilarLetter)).all()[0], make_user(session), confirmed=False, at=AT)
        propose(session, letters[2], [*found, Like(letters[2], Likeness.SIMILAR, 1.0)], at=AT, actor="worker")
    with database.write() as session:
        rows = session.exec(select(SimilarLetter).order_by(SimilarLetter.other_id)).all()
        assert [(row.other_id, row.state) for row in rows] == [
            (letters[0], LikenessState.DISMISSED),
            (letters[1], LikenessState.OPEN),
        ]
        assert [row.other_id for row in similar_letters(session, letters[2])] == [letters[1]]
        assert [row.letter_id for row in similar_letters(session, letters[1])] == [letters[2]]
        forget_outdated(session, letters[2], [])
    with database.read() as session:
        assert [row.state for row in session.exec(select(SimilarLetter))] == [LikenessState.DISMISSED]


def test_a_big_campaign_keeps_one_first_letter_and_few_rows(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letters = [make_letter(session, store).id or 0 for _ in range(9)]
        people = {letter: f"p{letter}@example.ro" for letter in letters}
        for number, letter in enumerate(letters):
            alike = [Like(other, Likeness.NEAR_COPY, 0.8) for other in letters[:number]]
            propose_copies(session, letter, alike, people, at=AT, actor="worker")
        rows = session.exec(select(SimilarLetter)).all()
    assert {row.other_id for row in rows if row.why == Likeness.CAMPAIGN} == {letters[0]}
    assert {row.letter_id for row in rows if row.why == Likeness.CAMPAIGN} == set(letters[1:])
    assert len([row for row in rows if row.letter_id == letters[8]]) == 4


def test_a_person_is_their_address_and_behind_a_web_form_their_name(database: Database, store: FileStore) -> None:
    with database.write() as session:
        mail = letter_about(session, store, sender_address="Ion@Example.ro")
        form = letter_about(session, store, sender_address="form@primarie.ro", machine_rule="web_form")
        paper = letter_about(session, store, name="Lazar Ion", sender_address="")
        named = writers(session, [one.id or 0 for one in (mail, form, paper)])
    assert named[mail.id or 0] == "ion@example.ro"
    assert named[form.id or 0] == named[paper.id or 0] == "ion lazar"


@pytest.mark.parametrize(
    ("first", "second", "score"),
    [
        ({"street": "str. Arieș nr. 14"}, {"street": "Strada Aries"}, 1.0),
        ({"street": "str. Arieș nr. 14"}, {"street": "strada Cibin"}, None),
        ({"street": "str. Arieș nr. 14"}, {}, 0.5),
        ({"topic": "presa"}, {}, None),
        ({"sender_address": "alt@example.ro"}, {}, None),
        ({"street": "str. Arieș", "sender_address": ""}, {"street": "str. Arieș", "sender_address": ""}, 1.0),
        ({"sender_address": ""}, {"sender_address": ""}, None),
    ],
    ids=[
        *("same street", "other street", "no street", "other topic", "other address"),
        *("same name and street on paper", "same name alone"),
    ],
)
def test_the_same_matter_is_the_same_person_topic_and_place(
    database: Database, store: FileStore, first: dict[str, str], second: dict[str, str], score: float | None
) -> None:
    with database.write() as session:
        defaults = {"sender_address": "ion@example.ro"}
        earlier = letter_about(session, store, **{**defaults, **first})
        later = letter_about(session, store, **{**defaults, **second})
        found = same_matter(session, later)
        assert same_matter(session, earlier) == []
    assert found == ([] if score is None else [Like(earlier.id or 0, Likeness.SAME_PETITIONER, score)])


def test_going_back_returns_to_the_files_used_before_and_not_to_an_older_program(database: Database) -> None:
    with database.write() as session:
        note_loaded(session, "shipped-1", "", at=AT, actor="worker")
        add_model(session, "own", "models/own", {"decisions": [4]}, corrections=1, passed=True, at=AT, actor="radu")
        use_model(session, "own", at=AT + timedelta(days=1), actor="radu")
        note_loaded(session, "own-2", "models/own", at=AT + timedelta(days=2), actor="worker")
        now = current_model(session)
        assert now is not None
        assert (now.version, now.report) == ("own-2", {"decisions": [4]})
        former = former_model(session)
        assert former is not None
        assert former.version == "shipped-1"
        assert go_back(session, at=AT + timedelta(days=3), actor="radu").version == "shipped-1"
        assert go_back(session, at=AT + timedelta(days=4), actor="radu").version == "own-2"


def test_verdicts_are_the_same_in_the_figures_and_in_the_log(database: Database, store: FileStore) -> None:
    with database.write() as session:
        letters = [make_letter(session, store) for _ in range(4)]
        for letter in letters:
            make_decision(session, letter, topic="animale", confidence=0.95, milliseconds=12, unknown_share=0.1)
        clerk = make_user(session)
        make_decision(session, letters[0], user_id=clerk.id, topic="presa")
        make_decision(session, letters[1], user_id=clerk.id, topic="presa")
        make_decision(session, letters[1], user_id=clerk.id, topic="animale", kind="presa")
        make_reply(session, make_case(session, letters[2]), letters[2], status=ReplyStatus.APPROVED)
    with database.read() as session:
        found = sorted((one.verdict, one.became) for one in reads(session, since=AT, version="test-1") if one.became)
        assert found == [("right", "animale"), ("wrong", "presa")]
        assert sorted(one.verdict for one in reads(session, since=None, version="")) == [
            "open",
            "right",
            "right",
            "wrong",
        ]
        for verdict, count in {"right": 2, "wrong": 1, "open": 1}.items():
            conditions = LogFilter(band="9", verdict=verdict, month="2026-11-01").conditions()
            assert len(session.exec(select(Decision.id).where(*conditions)).all()) == count
