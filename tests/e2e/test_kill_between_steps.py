"""The worker is killed with SIGKILL inside and after every step; every letter is finished once all the same."""

import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from config import clock
from daemon import checks
from daemon.pipeline import dispatch_reply, process_letter
from registry.letters import number_of
from registry.models import Case, Decision, LedgerEntry, Letter, LetterPart, Outbox, Page, Reply
from registry.statuses import DispatchState, LetterStatus
from registry.users import Role
from responders import approval
from tests.support.dovecot import DovecotServer
from tests.support.house import TestHouse, add_users, make_test_house
from tests.support.letters import filled, petition_with_scan
from tests.support.smtp_sink import SmtpSink
from tests.support.steps import steps_of
from tests.support.waiting import wait_until

LETTER_POINTS = [f"{when}:{step}" for step in steps_of(process_letter) for when in ("inside", "after")]
DISPATCH_POINTS = [f"{when}:{step}" for step in steps_of(dispatch_reply) for when in ("inside", "after")]


@pytest.mark.timeout(900)
def test_a_worker_killed_at_every_step_finishes_every_letter_once(
    tmp_path: Path, dovecot: DovecotServer, mailbox_user: str, database_url: str
) -> None:
    assert len(LETTER_POINTS) >= 18
    letters = [petition_with_scan(number) for number in range(len(LETTER_POINTS))]
    for letter in letters:
        dovecot.deliver(mailbox_user, letter)
    house = make_test_house(tmp_path, dovecot=dovecot, mailbox_user=mailbox_user, database_url=database_url)
    try:
        deaths = run_mortal_worker(house, LETTER_POINTS, until=lambda: _all_ready(house, len(letters)))
        assert deaths == len(LETTER_POINTS)
        with house.house.database.read() as session:
            _assert_finished_once(session, len(letters))
        assert checks.verify(house.house) == []
    finally:
        house.stop()


@pytest.mark.timeout(900)
def test_a_worker_killed_at_every_step_of_sending_never_sends_twice(tmp_path: Path, database_url: str) -> None:
    sink = SmtpSink()
    sink.start()
    # One at a time: a second reply on its way would be interrupted by the first one's deaths.
    house = make_test_house(tmp_path, sink=sink, database_url=database_url, at_once=1)
    try:
        _approve_letters(house, count=len(DISPATCH_POINTS), folder=tmp_path)
        deaths = run_mortal_worker(house, DISPATCH_POINTS, until=lambda: _nothing_on_its_way(house))
        assert deaths == len(DISPATCH_POINTS)
        with house.house.database.read() as session:
            states = Counter(session.exec(select(Outbox.state)))
            sent = set(session.exec(select(Outbox.message_id).where(Outbox.state == DispatchState.SENT)))
        arrived = [message["Message-ID"] for message in sink.messages]
        assert len(arrived) == len(set(arrived)), "a reply was sent twice"
        assert sent <= set(arrived)
        # Killed between the server's yes and the note of it: only a person may decide.
        assert states == {DispatchState.SENT: len(DISPATCH_POINTS) - 1, DispatchState.UNKNOWN: 1}
        assert len(arrived) == len(DISPATCH_POINTS)
        assert checks.verify(house.house) == []
    finally:
        house.stop()
        sink.stop()


def run_mortal_worker(house: TestHouse, points: list[str], *, until: object) -> int:
    """Start the worker again whenever it was killed, until `until` holds; returns how often it was killed."""
    marks = house.folder / "deaths"
    marks.mkdir()
    assert callable(until)
    deaths = 0
    while True:
        worker = house.start("-m", "tests.support.dying_worker", str(marks), *points)
        wait_until(
            lambda worker=worker: worker.poll() is not None or until(),
            seconds=120,
            what=f"the worker dying or finishing; {house.logs()[-3000:]}",
        )
        if worker.poll() is None:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=60) == 0
            return deaths
        assert worker.returncode == -signal.SIGKILL, house.logs()[-3000:]
        deaths += 1


def _all_ready(house: TestHouse, count: int) -> bool:
    """Whether every letter is ready and the copy of its scan, which comes last, is made."""
    done = select(Letter.id).where(Letter.status == LetterStatus.READY, col(Letter.archive_sha256).is_not(None))
    with house.house.database.read() as session:
        return len(session.exec(done).all()) == count


def _assert_finished_once(session: Session, count: int) -> None:
    letters = session.exec(select(Letter).order_by(col(Letter.id))).all()
    assert [number_of(session, letter).number for letter in letters] == list(range(1, count + 1))
    assert {letter.problem for letter in letters} == {""}
    assert len(session.exec(select(LedgerEntry)).all()) == count
    for rows, each in ((Decision, 1), (Reply, 1), (LetterPart, 1), (Page, 1)):
        per_letter = Counter(row.letter_id for row in session.exec(select(rows)).all())
        assert per_letter == {letter.id: each for letter in letters}, rows.__name__
    assert len(session.exec(select(Case)).all()) == count


def _approve_letters(house: TestHouse, *, count: int, folder: Path) -> None:
    """Letters that went through the pipeline in this process, with answers approved and queued."""
    from daemon.entering import enter_file
    from daemon.running import PlainRunner
    from tests.support.letters import plain_petition

    clerk, approver = add_users(house.house, [Role.CLERK, Role.APPROVER])
    for number in range(count):
        path = folder / f"letter-{number}.eml"
        path.write_bytes(plain_petition(number))
        letter_id = enter_file(house.house, path).letter_id
        process_letter(PlainRunner(house.house), letter_id)
        with house.house.database.write() as session:
            reply = session.exec(select(Reply).where(Reply.letter_id == letter_id)).one()
            reply = filled(session, reply, clerk)
            approval.submit(session, reply, clerk, clock.now())
            approval.approve(
                session,
                reply,
                approver,
                clock.now(),
                same_person_may_approve=False,
                office=house.house.tables.office,
            )


def _nothing_on_its_way(house: TestHouse) -> bool:
    with house.house.database.read() as session:
        states = set(session.exec(select(Outbox.state)))
    return not states & {DispatchState.QUEUED, DispatchState.SENDING}
