"""Which case a letter belongs to: the petitioner's own joins by itself, everything doubtful is a question."""

from typing import Any

import pytest
from sqlmodel import Session, select

from registry import joins
from registry.database import Database
from registry.joins import Why
from registry.letters import number_of
from registry.models import Case, JoinProposal, Letter
from registry.statuses import ReplyStatus
from registry.store import FileStore
from tests.support.factories import AT, PETITIONER, make_case, make_dispatch, make_letter, make_reply

STRANGER = "altcineva@posta.example"


def joined(session: Session, letter: Letter) -> Case | None:
    return joins.case_to_join(joins.related_cases(session, letter))


def own(session: Session, store: FileStore, **fields: Any) -> Letter:
    """A letter by the petitioner of `make_case`."""
    return make_letter(session, store, **({"sender_address": PETITIONER.email} | fields))


def test_a_letter_in_the_thread_of_an_earlier_letter_joins_its_case(database: Database, store: FileStore) -> None:
    with database.write() as session:
        case = make_case(session, own(session, store, message_id="first@example.ro"))
        second = own(session, store, references=["elsewhere@example.ro", "first@example.ro"])
        assert joined(session, second) is case


def test_a_letter_that_answers_our_reply_joins_its_case(database: Database, store: FileStore) -> None:
    with database.write() as session:
        first = own(session, store)
        case = make_case(session, first)
        reply = make_reply(session, case, first, status=ReplyStatus.APPROVED)
        make_dispatch(session, reply, message_id="<raspuns-1@primariamedias.ro>")
        assert joined(session, own(session, store, references=["raspuns-1@primariamedias.ro"])) is case


def test_our_number_in_subject_or_text_joins_the_case(database: Database, store: FileStore) -> None:
    with database.write() as session:
        first = own(session, store)
        case = make_case(session, first)
        label = number_of(session, first).label
        assert joined(session, own(session, store, subject=f"Re: Răspuns la petiția nr. {label}")) is case
        assert joined(session, own(session, store, text=f"Revin la cererea nr. {label}.")) is case


def test_a_number_with_another_day_is_not_ours(database: Database, store: FileStore) -> None:
    with database.write() as session:
        make_case(session, own(session, store))
        assert joins.related_cases(session, own(session, store, text="Revin la cererea nr. 1/01.02.2026.")) == []


def test_two_numbers_of_ones_own_are_a_question(database: Database, store: FileStore) -> None:
    with database.write() as session:
        first, second = own(session, store), own(session, store)
        cases = [make_case(session, first), make_case(session, second)]
        labels = [number_of(session, one).label for one in (first, second)]
        third = own(session, store, text=f"Revin la cererile nr. {labels[0]} și nr. {labels[1]}.")
        related = joins.related_cases(session, third)
        assert [one.case for one in related] == cases
        assert joins.case_to_join(related) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"references": []},
        {"references": ["elsewhere@example.ro"]},
        {"references": ["first@example.ro"], "sender_address": STRANGER},
        {"references": ["first@example.ro"], "sender_address": ""},
        {"references": ["first@example.ro"], "machine_rule": "web_form"},
    ],
    ids=["no thread", "another thread", "another sender", "no sender", "anybody behind a web form"],
)
def test_nobody_else_joins_by_themselves(database: Database, store: FileStore, fields: dict[str, Any]) -> None:
    with database.write() as session:
        make_case(session, own(session, store, message_id="first@example.ro"))
        assert joined(session, own(session, store, **fields)) is None


def test_a_stranger_in_the_thread_is_a_question_asked_once(database: Database, store: FileStore) -> None:
    with database.write() as session:
        case = make_case(session, own(session, store, message_id="first@example.ro"))
        letter = make_letter(session, store, sender_address=STRANGER, references=["first@example.ro"])
        for _ in range(2):
            joins.propose(session, letter, joins.related_cases(session, letter), at=AT, actor="worker")
        asked = session.exec(select(JoinProposal)).one()
        assert (asked.letter_id, asked.case_id, asked.why, asked.state) == (letter.id, case.id, "thread", "open")
        assert joins.open_proposals(session, letter.id or 0) == [asked]


def test_the_same_mail_received_by_another_way_is_a_question(database: Database, store: FileStore) -> None:
    with database.write() as session:
        said = {"message_id": "one@example.ro", "content_digest": "a" * 64}
        case = make_case(session, own(session, store, **said))
        again = own(session, store, **said)
        assert [(one.case, one.why) for one in joins.related_cases(session, again)] == [(case, Why.DUPLICATE)]
        assert joined(session, again) is None


def test_a_known_message_id_over_other_content_means_nothing(database: Database, store: FileStore) -> None:
    with database.write() as session:
        make_case(session, own(session, store, message_id="one@example.ro", content_digest="a" * 64))
        other = own(session, store, message_id="one@example.ro", content_digest="b" * 64)
        assert joins.related_cases(session, other) == []
