"""Access tokens for mailboxes: held in memory only, made anew from the kept refresh token when they run out.

Many providers hand out another refresh token each time and take the old one back. So only one program at a time asks
(a lease in the record), and the new refresh token is in the record before the access token that came with it is used.
A program that dies between the provider's answer and that moment has lost the new refresh token: where the provider
still takes the old one nothing is noticed, where it does not, somebody has to sign in again.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from config import clock
from config.settings import MailboxSettings, OAuthSettings
from ingest.connection import AccessToken
from ingest.errors import (
    MailboxClientRefused,
    MailboxSignInEnded,
    MailboxSignInMissing,
    MailboxSignInUnreadable,
    TokenProviderUnreachable,
)
from ingest.token_provider import Grant, TokenProvider
from registry import tokens
from registry.database import Database
from registry.errors import TokenKeyUnusable
from registry.token_key import TokenKey

# A request may take the timeout for each of connecting, sending and reading; then others may try.
LEASE_TIMEOUTS: Final = 4
LEASE_LOOK_SECONDS: Final = 0.1
# An access token is no longer used this long before its end, or in the last tenth of a short life.
EARLY_SECONDS: Final = 120
UNTOLD_LIFE_SECONDS: Final = 300

log = structlog.get_logger()


@dataclass(slots=True)
class _Cached:
    text: str = field(repr=False)
    good_until: datetime


class AccessTokens:
    """The access tokens of all mailboxes of this process; may be used from several threads."""

    def __init__(self, database: Database, key: TokenKey) -> None:
        """Take refresh tokens from `database`, opened with `key`."""
        self._database, self._key = database, key
        self._cached: dict[str, _Cached] = {}
        self._guard = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    def of(self, mailbox: MailboxSettings) -> "MailboxTokens":
        """The tokens of one mailbox, which must have `oauth` settings."""
        assert mailbox.oauth is not None
        return MailboxTokens(self, mailbox.name, mailbox.oauth)

    def current(self, name: str, oauth: OAuthSettings) -> AccessToken:
        """A token that has not run out: the one in memory, else a new one. Errors as `renewed`."""
        with self._turn(name):
            cached = self._cached.get(name)
            if cached is not None and clock.now() < cached.good_until:
                return AccessToken(cached.text, cached=True)
            return self._ask(name, oauth)

    def renewed(self, name: str, oauth: OAuthSettings, refused: AccessToken) -> AccessToken:
        """A token newer than the one the mail server refused.

        Errors: `MailboxSignInMissing`, `MailboxSignInEnded`, `MailboxSignInUnreadable`, `MailboxClientRefused`,
        `TokenProviderUnreachable`, `TokenProviderNotTrusted`, `TokenProviderNotEncrypted`, and configuration errors
        when the client's secret cannot be read.
        """
        with self._turn(name):
            cached = self._cached.get(name)
            if cached is not None and cached.text != refused.text:
                return AccessToken(cached.text, cached=False)
            return self._ask(name, oauth)

    def sign_in(self, mailbox: MailboxSettings, grant: Grant, *, actor: str) -> None:
        """Keep what a first or new sign-in of this mailbox brought; `grant` must hold a refresh token."""
        assert mailbox.oauth is not None
        assert grant.refresh_token is not None
        now = clock.now()
        expires_at = tokens.end_of(mailbox.oauth, grant.refresh_expires_in, now)
        sealed = self._key.seal(grant.refresh_token)
        with self._database.write() as session:
            tokens.sign_in(session, mailbox.name, sealed, at=now, expires_at=expires_at, actor=actor)
        with self._turn(mailbox.name):
            self._cached[mailbox.name] = _Cached(grant.access_token, _good_until(grant))

    def _turn(self, name: str) -> threading.Lock:
        with self._guard:
            return self._turns.setdefault(name, threading.Lock())

    def _ask(self, name: str, oauth: OAuthSettings) -> AccessToken:
        """Ask the provider under a lease and keep what it hands out."""
        self._cached.pop(name, None)
        with TokenProvider(name, oauth) as provider:
            lease = self._borrow(name, oauth)
            problem = TokenProviderUnreachable.code
            try:
                grant = provider.refresh(self._key.open(lease.sealed))
                problem = ""
            except TokenKeyUnusable:
                problem = MailboxSignInUnreadable.code
                raise MailboxSignInUnreadable(name) from None
            except (MailboxSignInEnded, MailboxClientRefused) as error:
                problem = error.code
                raise
            finally:
                if problem:
                    with self._database.write() as session:
                        tokens.give_back(session, lease, problem=problem)
        self._keep(lease, oauth, grant)
        self._cached[name] = _Cached(grant.access_token, _good_until(grant))
        return AccessToken(grant.access_token, cached=False)

    def _borrow(self, name: str, oauth: OAuthSettings) -> tokens.Lease:
        seconds = LEASE_TIMEOUTS * oauth.timeout_seconds
        deadline = time.monotonic() + 2 * seconds
        while time.monotonic() < deadline:
            with self._database.write() as session:
                lease = tokens.borrow(session, name, now=clock.now(), seconds=seconds)
                if lease is None and not tokens.is_signed_in(session, name):
                    raise MailboxSignInMissing(name)
            if lease is not None:
                return lease
            time.sleep(LEASE_LOOK_SECONDS)
        raise TokenProviderUnreachable("another program is asking")

    def _keep(self, lease: tokens.Lease, oauth: OAuthSettings, grant: Grant) -> None:
        now = clock.now()
        expires_at = tokens.end_of(oauth, grant.refresh_expires_in, now)
        if grant.refresh_token is None or grant.refresh_token == self._key.open(lease.sealed):
            with self._database.write() as session:
                tokens.prolong(session, lease, expires_at=expires_at)
            return
        sealed = self._key.seal(grant.refresh_token)
        with self._database.write() as session:
            kept = tokens.rotate(session, lease, sealed, at=now, expires_at=expires_at)
        log.info("refresh_token_rotated" if kept else "refresh_token_superseded", account=lease.account)


@dataclass(frozen=True, slots=True)
class MailboxTokens:
    """The access tokens of one mailbox, as a connection asks for them (`ingest.connection.TokenSource`)."""

    all: AccessTokens = field(repr=False)
    name: str
    oauth: OAuthSettings = field(repr=False)

    def current(self) -> AccessToken:
        """See `AccessTokens.current`."""
        return self.all.current(self.name, self.oauth)

    def renewed(self, refused: AccessToken) -> AccessToken:
        """See `AccessTokens.renewed`."""
        return self.all.renewed(self.name, self.oauth, refused)


def _good_until(grant: Grant) -> datetime:
    life = UNTOLD_LIFE_SECONDS if grant.expires_in is None else grant.expires_in
    return clock.now() + timedelta(seconds=life - min(EARLY_SECONDS, life / 10))
