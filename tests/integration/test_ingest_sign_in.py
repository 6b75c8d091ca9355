"""Signing in to a real Dovecot with access tokens from a real provider on loopback."""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from config import clock
from config.errors import SecretExposed
from config.settings import MailboxSettings
from daemon.polling import account_of
from ingest import tokens as tokens_module
from ingest.connection import AccessToken
from ingest.errors import (
    MailboxClientRefused,
    MailboxError,
    MailboxLoginRefused,
    MailboxSignInEnded,
    MailboxSignInMissing,
    MailboxSignInUnreadable,
    MailboxTokenRefused,
    TokenProviderNotEncrypted,
    TokenProviderNotTrusted,
    TokenProviderUnreachable,
)
from ingest.mailbox import Mailbox
from ingest.token_provider import Grant, TokenProvider
from ingest.tokens import AccessTokens
from registry import tokens as kept_tokens
from registry.audit import broken_links
from registry.database import Database
from registry.models import AuditEvent, OAuthToken
from registry.token_key import TokenKey
from tests.support import dovecot as dovecot_support
from tests.support import dying_token_user
from tests.support.dovecot_oauth import OAuthDovecot
from tests.support.mails import mail
from tests.support.token_server import TokenServer, signed_token

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dovecot() -> Iterator[OAuthDovecot]:
    if dovecot_support.BINARY is None:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
    server = OAuthDovecot()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def provider(tmp_path: Path, mailbox_user: str) -> Iterator[TokenServer]:
    (tmp_path / "provider").mkdir()
    server = TokenServer(tmp_path / "provider", user=mailbox_user)
    server.start()
    yield server
    server.stop()


@dataclass
class Office:
    """One mailbox of one provider on one Dovecot, and the record in which its sign-in is kept."""

    dovecot: OAuthDovecot
    provider: TokenServer
    database: Database
    key: TokenKey

    def settings(self, **oauth: Any) -> MailboxSettings:
        return MailboxSettings.model_validate(
            {
                "name": "primaria",
                "host": "localhost",
                "port": self.dovecot.imaps_port,
                "username": self.provider.user,
                "ca_file": str(self.dovecot.ca_file),
                "connect_timeout_seconds": 5,
                "read_timeout_seconds": 5,
                "oauth": self.provider.oauth_settings(**oauth),
            }
        )

    def tokens(self) -> AccessTokens:
        """Of a process that has just started."""
        return AccessTokens(self.database, self.key)

    def sign_in(self, refresh_token: str | None = None) -> None:
        grant = Grant("first-access-token", 0, refresh_token or self.provider.new_refresh_token(), None)
        self.tokens().sign_in(self.settings(), grant, actor="test")

    def look(self, tokens: AccessTokens | None = None, **oauth: Any) -> int:
        with Mailbox(account_of(self.settings(**oauth), tokens or self.tokens())) as mailbox:
            return len(mailbox.uids())

    def row(self) -> OAuthToken:
        with self.database.read() as session:
            return session.get_one(OAuthToken, "primaria")

    def kept_token(self) -> str:
        return self.key.open(self.row().refresh_token)

    def events(self) -> list[str]:
        with self.database.read() as session:
            assert list(broken_links(session)) == []
            return list(session.exec(select(AuditEvent.act).where(AuditEvent.subject == "oauth_tokens:primaria")))


@pytest.fixture
def office(dovecot: OAuthDovecot, provider: TokenServer, database: Database, tmp_path: Path) -> Office:
    return Office(dovecot, provider, database, TokenKey(tmp_path / "data" / "token.key"))


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_a_mailbox_is_read_with_an_access_token(office: Office, mechanism: str) -> None:
    office.dovecot.deliver(office.provider.user, mail())
    office.sign_in()
    assert office.look(mechanism=mechanism) == 1


def test_an_access_token_is_asked_for_once_and_used_until_shortly_before_its_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.sign_in()
    tokens = office.tokens()
    for _ in range(3):
        office.look(tokens)
    assert len(office.provider.requests) == 1
    later = clock.now() + timedelta(seconds=office.provider.access_seconds - 60)
    monkeypatch.setattr(clock, "now", lambda: later)
    office.look(tokens)
    assert len(office.provider.requests) == 2


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_a_cached_token_that_the_server_refuses_is_renewed_once(office: Office, mechanism: str) -> None:
    office.sign_in()
    tokens = office.tokens()
    office.provider.forced = [
        (200, {"access_token": signed_token(office.provider.user, seconds=-5), "expires_in": 3600})
    ]
    tokens.current("primaria", office.settings().oauth)  # type: ignore[arg-type]
    assert office.look(tokens, mechanism=mechanism) == 0
    assert len(office.provider.requests) == 2


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
def test_a_fresh_token_that_the_server_refuses_is_an_error_and_not_a_loop(office: Office, mechanism: str) -> None:
    office.sign_in()
    office.provider.access_seconds = -5
    with pytest.raises(MailboxTokenRefused):
        office.look(mechanism=mechanism)
    assert len(office.provider.requests) == 1
    tokens = office.tokens()
    tokens._cached["primaria"] = tokens_module._Cached("no-token", clock.now() + timedelta(hours=1))
    with pytest.raises(MailboxTokenRefused):
        office.look(tokens, mechanism=mechanism)
    assert len(office.provider.requests) == 2, "one renewal, no more"


def test_another_token_that_a_thread_has_got_meanwhile_is_used_instead_of_asking_again(office: Office) -> None:
    office.sign_in()
    tokens, oauth = office.tokens(), office.settings().oauth
    assert oauth is not None
    first = tokens.current("primaria", oauth)
    assert tokens.renewed("primaria", oauth, AccessToken("an older one", cached=True)) == AccessToken(
        first.text, cached=False
    )
    assert len(office.provider.requests) == 1


def test_a_rotated_refresh_token_is_kept_with_its_dates_and_its_event(office: Office) -> None:
    office.sign_in()
    before = office.row()
    office.look()
    office.look()
    after = office.row()
    assert office.kept_token() in office.provider.valid
    assert after.rotations == 2
    assert after.obtained_at > before.obtained_at
    assert after.expires_at is not None
    assert abs(after.expires_at - after.obtained_at - timedelta(days=90)) < timedelta(minutes=1)
    assert after.lease_until is None
    assert office.events() == ["sign-in-mailbox", "renew-sign-in", "renew-sign-in"]


def test_the_providers_word_on_how_long_a_refresh_token_lives_counts_before_the_settings(office: Office) -> None:
    office.sign_in()
    office.provider.refresh_seconds = 7 * 86_400
    office.look()
    ends = office.row().expires_at
    assert ends is not None
    assert abs(ends - clock.now() - timedelta(days=7)) < timedelta(minutes=1)
    office.provider.refresh_seconds = None
    office.look(refresh_token_days=None)
    assert office.row().expires_at is None


def test_a_refresh_token_that_is_not_rotated_lives_on_with_every_use(office: Office) -> None:
    office.provider.rotating = False
    office.sign_in()
    with office.database.write() as session:
        session.get_one(OAuthToken, "primaria").expires_at = clock.now() + timedelta(days=1)
    office.look()
    ends = office.row().expires_at
    assert ends is not None
    assert ends > clock.now() + timedelta(days=89)
    assert office.row().rotations == 0
    assert office.events() == ["sign-in-mailbox"]


def test_the_new_refresh_token_is_kept_before_the_access_token_is_used(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.sign_in()
    tokens = office.tokens()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(kept_tokens, "rotate", full_disk)
        with pytest.raises(OSError, match="no space"):
            office.look(tokens)
    assert not tokens._cached


def test_without_a_sign_in_the_sentence_says_what_to_run(office: Office) -> None:
    with pytest.raises(MailboxSignInMissing) as caught:
        office.look()
    assert "cabinet mailbox sign-in primaria" in caught.value.sentence()
    assert office.provider.requests == []


def test_a_sign_in_that_the_provider_ended_says_what_to_run_and_is_remembered(office: Office) -> None:
    office.sign_in("withdrawn")
    for _ in range(2):
        with pytest.raises(MailboxSignInEnded) as caught:
            office.look()
        assert "cabinet mailbox sign-in primaria" in caught.value.sentence()
    assert office.row().problem == MailboxSignInEnded.code
    office.provider.stop()
    with pytest.raises(TokenProviderUnreachable):
        office.look()
    assert office.row().problem == MailboxSignInEnded.code
    assert isinstance(caught.value, MailboxLoginRefused), "pollers back off harder after a refusal"


def test_a_wrong_client_secret_is_not_the_fault_of_the_sign_in(office: Office, tmp_path: Path) -> None:
    office.sign_in()
    secret = tmp_path / "wrong"
    secret.touch(mode=0o600)
    secret.write_text("wrong")
    with pytest.raises(MailboxClientRefused):
        office.look(client_secret_file=str(secret))
    assert office.row().problem == MailboxClientRefused.code
    office.look()
    assert office.row().problem == ""


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, {"error": "invalid_grant"}), TokenProviderUnreachable),
        ((503, b"<html>later</html>"), TokenProviderUnreachable),
        ((429, b"slow down"), TokenProviderUnreachable),
        ((400, {"error": "temporarily_unavailable"}), TokenProviderUnreachable),
        ((200, b"<html>welcome</html>"), TokenProviderUnreachable),
        ((200, b"[]"), TokenProviderUnreachable),
        ((200, {"access_token": ""}), TokenProviderUnreachable),
        ((200, {"access_token": "a", "expires_in": "soon"}), TokenProviderUnreachable),
        ((200, {"access_token": {"a": 1}}), TokenProviderUnreachable),
        ((200, b"\xff\xfe"), TokenProviderUnreachable),
        ((404, b"not here"), MailboxClientRefused),
        ((400, {"error": "invalid_scope", "error_description": 'no "such"\r\nscope'}), MailboxClientRefused),
        ((400, {"error": {"odd": "one"}}), MailboxClientRefused),
        ((400, {"error": "interaction_required"}), MailboxSignInEnded),
    ],
)
def test_every_strange_answer_is_one_of_few_errors(
    office: Office, answer: tuple[int, Any], error: type[MailboxError]
) -> None:
    office.sign_in()
    office.provider.forced = [answer]
    with pytest.raises(error) as caught:
        office.look()
    assert type(caught.value) is error
    assert office.row().lease_until is None, "the next try need not wait"
    assert office.look() == 0


def test_a_provider_that_does_not_answer_in_time_is_left(office: Office) -> None:
    office.sign_in()
    office.provider.hold = True
    with pytest.raises(TokenProviderUnreachable):
        office.look(timeout_seconds=0.2)


def test_a_provider_is_not_followed_to_another_address(office: Office, tmp_path: Path) -> None:
    (tmp_path / "stranger").mkdir()
    stranger = TokenServer(tmp_path / "stranger", encrypted=False)
    stranger.start()
    office.sign_in()
    office.provider.location = stranger.token_url
    office.provider.forced = [(307, b"")]
    with pytest.raises(MailboxClientRefused):
        office.look()
    stranger.stop()
    assert stranger.requests == []


def test_a_provider_with_a_strange_certificate_is_told_nothing(office: Office) -> None:
    office.sign_in()
    for ca_file in (None, "/nonexistent.pem"):
        with pytest.raises(TokenProviderNotTrusted):
            office.look(ca_file=ca_file)
    assert office.provider.requests == []


@pytest.mark.parametrize(
    "address", ["http://login.example/token", "ftp://localhost/token", "localhost/token", "https://"]
)
def test_without_encryption_only_this_machine_is_asked(office: Office, address: str) -> None:
    office.sign_in()
    with pytest.raises(TokenProviderNotEncrypted):
        office.look(token_url=address)


def test_on_this_machine_a_provider_may_be_asked_without_encryption(office: Office, tmp_path: Path) -> None:
    (tmp_path / "near").mkdir()
    near = TokenServer(tmp_path / "near", user=office.provider.user, encrypted=False, public=True)
    near.start()
    office.provider = near
    office.sign_in()
    assert office.look() == 0
    near.stop()
    assert near.requests[0].keys() == {"grant_type", "refresh_token", "client_id", "scope"}


def test_a_missing_changed_or_exposed_key_is_one_clear_error(office: Office) -> None:
    office.sign_in()
    key = office.key.path
    assert key.stat().st_mode & 0o777 == 0o600
    kept, stranger = key.read_bytes(), key.parent / "stranger.key"
    TokenKey(stranger).seal("x")
    for wrong in (None, b"", b"garbage", kept[:-10], stranger.read_bytes()):
        key.unlink(missing_ok=True)
        if wrong is not None:
            key.touch(mode=0o600)
            key.write_bytes(wrong)
        with pytest.raises(MailboxSignInUnreadable):
            office.look()
    assert office.provider.requests == []
    key.write_bytes(kept)
    key.chmod(0o644)
    with pytest.raises(SecretExposed):
        office.look()
    key.chmod(0o600)
    assert office.look() == 0


def test_the_refresh_token_is_not_readable_in_the_record(office: Office) -> None:
    token = office.provider.new_refresh_token()
    office.sign_in(token)
    assert token not in office.row().refresh_token
    assert token.encode() not in office.key.path.read_bytes()
    assert office.kept_token() == token


def test_no_token_and_no_secret_is_in_logs_errors_or_reprs(
    office: Office, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    office.sign_in()
    tokens = office.tokens()
    office.look(tokens)
    said = [repr(tokens.of(office.settings())), repr(account_of(office.settings(), tokens)), repr(tokens._cached)]
    said += [repr(tokens.current("primaria", office.settings().oauth))]  # type: ignore[arg-type]
    office.provider.access_seconds = -5
    withdrawn = office.provider.new_refresh_token()
    for _ in range(2):
        with pytest.raises(MailboxError) as caught:
            office.look()
        said += [repr(caught.value), str(caught.value), caught.value.sentence(), caught.value.detail]
        office.provider.valid.clear()
        office.sign_in(withdrawn)
    said += [caplog.text, *capfd.readouterr()]
    secrets = [*office.provider.handed_out, withdrawn, "secret+of", "primaria.example"]
    assert [secret for secret in secrets if any(secret in one for one in said)] == []


# --- several programs --------------------------------------------------------------------------------------------


def test_two_programs_never_ask_at_once_and_each_goes_on_from_what_the_other_kept(office: Office) -> None:
    office.sign_in()
    programs = [office.tokens() for _ in range(4)]
    oauth = office.settings(timeout_seconds=5.0).oauth
    assert oauth is not None
    got: list[AccessToken] = []
    threads = [threading.Thread(target=lambda one=one: got.append(one.current("primaria", oauth))) for one in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert office.provider.most_at_once == 1
    assert office.row().rotations == 4
    assert office.kept_token() in office.provider.valid


def test_threads_of_one_program_ask_once(office: Office) -> None:
    office.sign_in()
    tokens, oauth = office.tokens(), office.settings().oauth
    assert oauth is not None
    threads = [threading.Thread(target=tokens.current, args=("primaria", oauth)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(office.provider.requests) == 1


def test_the_lease_of_a_program_that_died_runs_out(office: Office) -> None:
    office.sign_in()
    with office.database.write() as session:
        lease = kept_tokens.borrow(session, "primaria", now=clock.now(), seconds=0.5)
        assert lease is not None
        assert kept_tokens.borrow(session, "primaria", now=clock.now(), seconds=0.5) is None
    assert office.look() == 0


def test_an_answer_that_comes_after_a_new_sign_in_does_not_undo_it(office: Office) -> None:
    office.sign_in()
    with office.database.write() as session:
        lease = kept_tokens.borrow(session, "primaria", now=clock.now(), seconds=60)
        assert lease is not None
    office.sign_in()
    newer = office.kept_token()
    with office.database.write() as session:
        late = office.key.seal("late")
        assert not kept_tokens.rotate(session, lease, late, at=clock.now(), expires_at=None)
        kept_tokens.prolong(session, lease, expires_at=None)
        kept_tokens.give_back(session, lease, problem="late")
    assert office.kept_token() == newer
    assert office.row().problem == ""
    assert office.row().expires_at is not None


# --- a program that dies -----------------------------------------------------------------------------------------


def die(office: Office, point: str) -> None:
    """Let a real process ask for an access token and be killed at this point."""
    settings = office.settings(timeout_seconds=0.5).model_dump_json()
    command = [
        sys.executable,
        "-m",
        dying_token_user.__name__,
        point,
        office.database.url,
        str(office.key.path),
        settings,
    ]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == -signal.SIGKILL


@pytest.mark.parametrize("forgiving", [True, False])
@pytest.mark.parametrize("point", dying_token_user.POINTS)
def test_a_program_killed_on_the_way_to_a_token_ends_the_sign_in_only_where_the_provider_forgives_nothing(
    office: Office, point: str, forgiving: bool
) -> None:
    office.sign_in()
    office.provider.forgiving = forgiving
    die(office, point)
    if point == "answered" and not forgiving:
        # The new refresh token died with the program: said honestly, with what to do.
        with pytest.raises(MailboxSignInEnded):
            office.look(timeout_seconds=0.5)
        office.sign_in()
    assert office.look(timeout_seconds=0.5) == 0
    assert office.kept_token() in office.provider.valid


# --- device sign-in ----------------------------------------------------------------------------------------------


def device_sign_in(office: Office, **oauth: Any) -> tuple[Grant, list[float]]:
    pauses: list[float] = []
    settings = office.settings(**oauth).oauth
    assert settings is not None
    with TokenProvider("primaria", settings) as provider:
        code = provider.begin_device_sign_in()
        assert (code.user_code, code.address) == ("MEDIAS-85", "https://cod.example")
        return provider.finish_device_sign_in(code, pauses.append), pauses


def test_a_device_sign_in_keeps_the_pace_the_provider_asks_for(office: Office) -> None:
    office.provider.device_answers = ["authorization_pending", "slow_down", "authorization_pending"]
    grant, pauses = device_sign_in(office)
    assert pauses == [5, 5, 10, 10]
    assert grant.refresh_token in office.provider.valid
    office.tokens().sign_in(office.settings(), grant, actor="test")
    assert office.look() == 0


def test_a_device_sign_in_survives_a_provider_that_stumbles(office: Office) -> None:
    office.provider.device_answers = ["authorization_pending"]
    settings = office.settings().oauth
    assert settings is not None
    pauses: list[float] = []
    with TokenProvider("primaria", settings) as provider:
        code = provider.begin_device_sign_in()
        office.provider.forced = [(503, b"later"), (503, b"later")]
        assert provider.finish_device_sign_in(code, pauses.append).refresh_token
    assert pauses == [5, 10, 20, 20]


@pytest.mark.parametrize("answer", ["access_denied", "expired_token"])
def test_a_device_sign_in_that_the_person_refuses_or_forgets_ends(office: Office, answer: str) -> None:
    office.provider.device_answers = [answer]
    with pytest.raises(MailboxSignInEnded):
        device_sign_in(office)


def test_a_device_sign_in_does_not_wait_longer_than_its_code_lives(office: Office) -> None:
    office.provider.device_answers = ["authorization_pending"] * 20
    office.provider.device_code = {"expires_in": 30, "interval": 10}
    with pytest.raises(MailboxSignInEnded):
        device_sign_in(office)
    assert len(office.provider.device_answers) == 17
