"""How long sign-ins last, and when the house says so."""

from datetime import UTC, date, datetime, timedelta

import pytest

from config.settings import MailboxSettings, OAuthSettings, Settings
from ingest.errors import MailboxSignInEnded
from registry import tokens
from registry.database import Database
from registry.models import OAuthToken
from registry.tokens import DaysLeft, days_left, end_of, warnings

NOW = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # in Romania it is the 26th already
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def settings(*, secret_ends: date | None = None, token_days: int = 14) -> Settings:
    oauth = {
        "token_url": "https://login.example/token",
        "client_id": "cabinet",
        "client_secret_expires_on": secret_ends,
    }
    usual = {"host": "imap.example", "username": "u"}
    return Settings.model_validate(
        {
            "mailboxes": [
                {"name": "cu-parola", **usual},
                {"name": "primaria", **usual, "oauth": oauth},
            ],
            "alarms": {"token_days": token_days},
        }
    )


def keep(database: Database, ends: datetime | None, problem: str = "") -> None:
    with database.write() as session:
        session.add(
            OAuthToken(account="primaria", refresh_token="x", obtained_at=NOW, expires_at=ends, problem=problem)
        )


def said(database: Database, office: Settings) -> list[str]:
    with database.read() as session:
        return warnings(session, office, NOW)


def left(database: Database, office: Settings) -> DaysLeft:
    with database.read() as session:
        (one,) = days_left(session, office, NOW)
    return one


def test_whole_days_are_counted_for_token_and_secret(database: Database) -> None:
    keep(database, NOW + timedelta(days=20, hours=5))
    office = settings(secret_ends=date(2026, 12, 6))
    assert left(database, office) == DaysLeft("primaria", signed_in=True, token_days=20, secret_days=10)
    assert len(said(database, office)) == 1
    assert said(database, office)[0].startswith("Secretul de client al căsuței primaria expiră peste 10 zile.")


@on_sqlite
@pytest.mark.parametrize(
    ("days", "word"),
    [
        (15, ""),
        (14.9, "peste 14 zile"),
        (1.5, "peste 1 zi."),
        (0.5, "peste 0 zile"),
        (-0.5, "a expirat"),
        (-9, "a expirat"),
    ],
)
def test_a_sign_in_that_ends_soon_is_said(database: Database, days: float, word: str) -> None:
    keep(database, NOW + timedelta(days=days))
    found = said(database, settings())
    assert [word in sentence and "cabinet mailbox sign-in primaria" in sentence for sentence in found] == (
        [True] if word else []
    )


@on_sqlite
def test_the_number_of_days_is_a_setting(database: Database) -> None:
    keep(database, NOW + timedelta(days=25))
    assert said(database, settings()) == []
    assert "peste 25 de zile" in said(database, settings(token_days=30))[0]


@on_sqlite
def test_a_sign_in_without_end_is_not_warned_of(database: Database) -> None:
    keep(database, None)
    assert left(database, settings()) == DaysLeft("primaria", signed_in=True, token_days=None, secret_days=None)
    assert said(database, settings()) == []


@on_sqlite
@pytest.mark.parametrize("ended", [True, False])
def test_a_sign_in_that_is_missing_or_was_ended_is_said(database: Database, ended: bool) -> None:
    if ended:
        keep(database, NOW + timedelta(days=80), MailboxSignInEnded.code)
    assert not left(database, settings()).signed_in
    assert said(database, settings()) == [
        "Căsuța primaria nu este conectată la furnizor. Rulați: cabinet mailbox sign-in primaria"
    ]


@on_sqlite
def test_a_client_secret_that_ran_out_is_said(database: Database) -> None:
    keep(database, None)
    (sentence,) = said(database, settings(secret_ends=date(2026, 11, 25)))
    assert sentence.startswith("Secretul de client al căsuței primaria a expirat.")


@pytest.mark.parametrize(
    ("told", "days", "end"),
    [(3600, 90, NOW + timedelta(hours=1)), (None, 90, NOW + timedelta(days=90)), (None, None, None), (0, 90, NOW)],
)
def test_the_answer_counts_before_the_settings(told: int | None, days: int | None, end: datetime | None) -> None:
    oauth = OAuthSettings(token_url="https://a.example", client_id="c", refresh_token_days=days)
    assert end_of(oauth, told, NOW) == end


def test_the_code_of_an_ended_sign_in_is_the_one_of_the_error() -> None:
    assert MailboxSignInEnded.code == tokens.ENDED


def test_a_lease_is_lent_to_one_and_runs_out(database: Database) -> None:
    with database.write() as session:
        assert tokens.borrow(session, "primaria", now=NOW, seconds=5) is None
    keep(database, None)
    for later, lent in ((0, True), (4, False), (5, True)):
        with database.write() as session:
            lease = tokens.borrow(session, "primaria", now=NOW + timedelta(seconds=later), seconds=5)
        assert (lease is not None) == lent
    with database.write() as session:
        assert lease is not None
        tokens.give_back(session, lease, problem="token-provider-unreachable")
        assert tokens.borrow(session, "primaria", now=NOW + timedelta(seconds=6), seconds=5) is not None


def test_a_mailbox_with_oauth_needs_no_password() -> None:
    mailbox = MailboxSettings.model_validate(
        {"name": "a", "host": "h", "username": "u", "oauth": {"token_url": "https://a.example", "client_id": "c"}}
    )
    assert mailbox.oauth is not None
    assert mailbox.oauth.client_secret("a") == ""
