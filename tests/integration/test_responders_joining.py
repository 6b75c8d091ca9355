"""Answering the question whether a letter belongs to another case."""

from dataclasses import dataclass

import pytest
from sqlmodel import Session, select

from registry import joins
from registry.database import Database
from registry.models import AuditEvent, Case, JoinProposal, Letter, Reply, User
from registry.statuses import CaseStatus, ReplyStatus
from registry.store import FileStore
from responders.errors import AlreadyAnswered
from responders.joining import join, keep_apart
from tests.support.factories import AT, make_case, make_letter, make_reply, make_user


@dataclass(frozen=True, slots=True)
class Question:
    """A letter with a case and a reply of its own, and the question whether it belongs to an older case."""

    old_case: Case
    old_reply: Reply
    letter: Letter
    own_case: Case
    reply: Reply
    proposal: JoinProposal
    user: User


def ask(session: Session, store: FileStore, *, why: str = "thread", reply: ReplyStatus = ReplyStatus.DRAFT) -> Question:
    user = make_user(session)
    first, letter = make_letter(session, store), make_letter(session, store)
    old, own = make_case(session, first), make_case(session, letter)
    old_reply = make_reply(session, old, first, status=ReplyStatus.DISPATCHED, approver=user)
    old.status = CaseStatus.ANSWERED
    made = make_reply(session, own, letter, status=reply, approver=user)
    own.status = CaseStatus.FOR_APPROVAL if reply is ReplyStatus.FOR_APPROVAL else CaseStatus.DRAFTED
    assert letter.id is not None
    assert old.id is not None
    proposal = JoinProposal(letter_id=letter.id, case_id=old.id, why=why, state="open", created_at=AT)
    session.add(proposal)
    session.flush()
    return Question(old, old_reply, letter, own, made, proposal, user)


@pytest.mark.parametrize("status", [ReplyStatus.DRAFT, ReplyStatus.RETURNED, ReplyStatus.FOR_APPROVAL])
def test_a_joined_letter_takes_its_draft_along_and_reopens_the_case(
    database: Database, store: FileStore, status: ReplyStatus
) -> None:
    with database.write() as session:
        asked = ask(session, store, reply=status)
        join(session, asked.proposal, asked.user, AT)
        assert (asked.letter.case_id, asked.reply.case_id) == (asked.old_case.id, asked.old_case.id)
        assert asked.reply.status == status
        assert asked.old_case.status == (status if status is ReplyStatus.FOR_APPROVAL else CaseStatus.DRAFTED)
        assert (asked.own_case.status, asked.own_case.closing_reason) == ("filed", f"joined:{asked.old_case.id}")
        assert (asked.proposal.state, asked.proposal.decided_by_id) == ("joined", asked.user.id)
        assert joins.open_proposals(session, asked.letter.id or 0) == []


def test_a_mail_received_twice_is_answered_once(database: Database, store: FileStore) -> None:
    with database.write() as session:
        asked = ask(session, store, why="duplicate")
        join(session, asked.proposal, asked.user, AT)
        assert asked.reply.status == ReplyStatus.WITHDRAWN
        assert asked.old_case.status == CaseStatus.ANSWERED
        assert asked.own_case.status == CaseStatus.FILED


def test_kept_apart_nothing_moves(database: Database, store: FileStore) -> None:
    with database.write() as session:
        asked = ask(session, store)
        keep_apart(session, asked.proposal, asked.user, AT)
        assert asked.letter.case_id == asked.own_case.id
        assert asked.own_case.status == CaseStatus.DRAFTED
        assert asked.proposal.state == "apart"
        assert session.exec(select(AuditEvent).where(AuditEvent.act == "keep-letter-apart")).one()


@pytest.mark.parametrize("status", [ReplyStatus.APPROVED, ReplyStatus.DISPATCHED])
def test_a_letter_that_was_answered_stays_where_it_is(
    database: Database, store: FileStore, status: ReplyStatus
) -> None:
    with database.write() as session:
        asked = ask(session, store, reply=status)
        with pytest.raises(AlreadyAnswered):
            join(session, asked.proposal, asked.user, AT)
        assert asked.letter.case_id == asked.own_case.id
