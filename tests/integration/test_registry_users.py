"""Users: sign-in with a brake, sessions that end, and nothing that tells a stranger who works here."""

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlmodel import Session, select

from config.i18n import speaking
from registry import users
from registry.database import Database
from registry.errors import UserRefused
from registry.models import AuditEvent, LoginSession, User
from registry.users import (
    ATTEMPTS_BEFORE_LOCK,
    LOCK_MINUTES,
    Role,
    close_session,
    create_user,
    open_session,
    session_of,
    set_password,
    sign_in,
)
from tests.support.factories import AT, PASSWORD, make_user

WRONG = "altă parolă"


def acts(session: Session) -> list[str]:
    return [f"{event.actor}:{event.act}" for event in session.exec(select(AuditEvent))]


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real argon2 with little memory, so that the tests are quick."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "_hasher", cheap)
    monkeypatch.setattr(users, "_NOBODY", cheap.hash("nobody has this password"))


def fail(session: Session, user: User, times: int, at: datetime = AT) -> None:
    for _ in range(times):
        assert sign_in(session, user.username, WRONG, at=at) is None


def test_a_new_user_signs_in_with_the_given_password(database: Database) -> None:
    with database.write() as session:
        create_user(
            session, username="ana", full_name="Ana Pop", role=Role.CLERK, password=PASSWORD, at=AT, actor="init"
        )
    with database.write() as session:
        user = sign_in(session, "ana", PASSWORD, at=AT)
        assert user is not None
        assert (user.full_name, user.role, user.language) == ("Ana Pop", "clerk", "ro")
        assert user.password_hash.startswith("$argon2id$")
        assert acts(session) == ["init:create-user", "ana:sign-in"]


def test_the_program_itself_hashes_with_the_library_s_costs() -> None:
    costs = PasswordHasher()
    assert costs.memory_cost >= 19 * 1024  # KiB, the least that OWASP recommends for argon2id
    assert costs.time_cost >= 2


def test_a_taken_name_and_a_short_password_are_refused(database: Database) -> None:
    with database.write() as session, speaking("en"):
        make_user(session, username="ana")
        with pytest.raises(UserRefused, match="“ana” is taken"):
            create_user(
                session, username="ana", full_name="Ana", role=Role.CLERK, password=PASSWORD, at=AT, actor="init"
            )
        with pytest.raises(UserRefused, match="at least 10 characters"):
            create_user(
                session, username="ion", full_name="Ion", role=Role.CLERK, password="nouăcarac", at=AT, actor="init"
            )


def test_wrong_name_wrong_password_and_inactive_user_all_look_alike(database: Database) -> None:
    with database.write() as session:
        user = make_user(session)
        gone = make_user(session, active=False)
        assert sign_in(session, user.username, WRONG, at=AT) is None
        assert sign_in(session, "nimeni", PASSWORD, at=AT) is None
        assert sign_in(session, gone.username, PASSWORD, at=AT) is None


def test_a_password_is_checked_even_when_there_is_no_such_user(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def watching(password_hash: str, password: str) -> bool:
        checked.append(password_hash)
        return False

    monkeypatch.setattr(users, "_matches", watching)
    with database.write() as session:
        locked = make_user(session, locked_until=AT + timedelta(minutes=1))
        sign_in(session, "nimeni", PASSWORD, at=AT)
        sign_in(session, locked.username, PASSWORD, at=AT)
        assert checked == [users._NOBODY, locked.password_hash]


def test_five_wrong_passwords_lock_the_account_for_five_minutes(database: Database) -> None:
    unlocked_at = AT + timedelta(minutes=LOCK_MINUTES)
    with database.write() as session:
        user = make_user(session)
        fail(session, user, ATTEMPTS_BEFORE_LOCK - 1)
        assert user.locked_until is None
        fail(session, user, 1)
        assert user.locked_until == unlocked_at
        assert sign_in(session, user.username, PASSWORD, at=unlocked_at - timedelta(seconds=1)) is None
        assert sign_in(session, user.username, PASSWORD, at=unlocked_at) is user
        assert user.locked_until is None
        assert acts(session) == ["rule:login-lock:lock-user", f"{user.username}:sign-in"]


def test_a_right_password_forgets_the_wrong_ones_before_it(database: Database) -> None:
    with database.write() as session:
        user = make_user(session)
        for _ in range(2):
            fail(session, user, ATTEMPTS_BEFORE_LOCK - 1)
            assert sign_in(session, user.username, PASSWORD, at=AT) is user


def test_wrong_passwords_count_across_transactions(database: Database) -> None:
    with database.write() as session:
        name = make_user(session).username
    for _ in range(ATTEMPTS_BEFORE_LOCK):
        with database.write() as session:
            sign_in(session, name, WRONG, at=AT)
    with database.write() as session:
        assert sign_in(session, name, PASSWORD, at=AT) is None


def test_a_damaged_hash_lets_nobody_in(database: Database) -> None:
    with database.write() as session:
        user = make_user(session, password_hash="damaged")
        assert sign_in(session, user.username, PASSWORD, at=AT) is None


def test_a_session_lasts_its_hours_and_not_longer(database: Database) -> None:
    with database.write() as session:
        user = make_user(session)
        opened = open_session(session, user, at=AT, hours=10)
        session.flush()
        found = session_of(session, opened.token, at=AT + timedelta(hours=10) - timedelta(seconds=1))
        assert found is not None
        assert found[0].id == user.id
        assert found[1].csrf_token == opened.csrf_token
        assert session_of(session, opened.token, at=AT + timedelta(hours=10)) is None
        assert session_of(session, "another token", at=AT) is None


def test_only_the_hash_of_a_token_is_kept(database: Database) -> None:
    with database.write() as session:
        opened = open_session(session, make_user(session), at=AT, hours=1)
        session.flush()
        kept = session.exec(select(LoginSession)).one()
        assert opened.token not in (kept.token_hash, kept.csrf_token)
        assert session_of(session, kept.token_hash, at=AT) is None


def test_a_closed_session_is_over_and_others_go_on(database: Database) -> None:
    with database.write() as session:
        user = make_user(session)
        first, second = (open_session(session, user, at=AT, hours=1) for _ in range(2))
        session.flush()
        close_session(session, first.token)
        assert session_of(session, first.token, at=AT) is None
        assert session_of(session, second.token, at=AT) is not None


def test_a_new_password_ends_all_sessions_and_the_lock(database: Database) -> None:
    with database.write() as session:
        user, other = make_user(session, locked_until=AT + timedelta(minutes=3)), make_user(session)
        mine, theirs = open_session(session, user, at=AT, hours=1), open_session(session, other, at=AT, hours=1)
        session.flush()
        set_password(session, user, "o parolă nouă", at=AT, actor="ana")
        assert session_of(session, mine.token, at=AT) is None
        assert session_of(session, theirs.token, at=AT) is not None
        assert sign_in(session, user.username, PASSWORD, at=AT) is None
        assert sign_in(session, user.username, "o parolă nouă", at=AT) is user
        with pytest.raises(UserRefused):
            set_password(session, user, "scurtă", at=AT, actor="ana")


def test_a_user_who_left_has_no_session_any_more(database: Database) -> None:
    with database.write() as session:
        user = make_user(session)
        opened = open_session(session, user, at=AT, hours=1)
        session.flush()
        user.active = False
        assert session_of(session, opened.token, at=AT) is None


def test_sessions_that_ended_are_cleared_away_at_the_next_sign_in(database: Database) -> None:
    with database.write() as session:
        user = make_user(session)
        open_session(session, user, at=AT, hours=1)
        open_session(session, user, at=AT + timedelta(hours=2), hours=1)
        session.flush()
        assert len(session.exec(select(LoginSession)).all()) == 1
