"""A connection to an IMAP server: made, encrypted, signed in, dropped.

With `mailbox` and `folder_editor` the only file that knows IMAPClient. Its traps were measured (trial `mail.md`
section 3): no copy of every message for debugging, UTF-8 passwords, timeouts always, and after any error the connection
is dropped, never logged out.
"""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from imaplib import IMAP4
from pathlib import Path
from typing import Literal, Protocol

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError

from config.network import is_loopback
from ingest.errors import (
    MailboxCertificateNotTrusted,
    MailboxConnectionLost,
    MailboxError,
    MailboxLoginRefused,
    MailboxNotEncrypted,
    MailboxTokenRefused,
    MailboxUnreachable,
)

# At DEBUG level whole messages are logged.
logging.getLogger("imapclient").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token to sign in with. `cached`: it was handed out some time ago, so a newer one may be had."""

    text: str = field(repr=False)
    cached: bool


class TokenSource(Protocol):
    """Where a connection gets its access tokens from (`ingest.tokens`)."""

    def current(self) -> AccessToken:
        """A token that should work."""

    def renewed(self, refused: AccessToken) -> AccessToken:
        """A newer token than the one the server refused."""


@dataclass(frozen=True, slots=True)
class MailboxAccount:
    """How to reach one folder of one mailbox. Timeouts are in seconds.

    `ca_file` holds the certificates to trust instead of the system's (None: the system's). Security "plain"
    is for a server on this machine only. With `tokens` the password is not used.
    """

    name: str
    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    ca_file: Path | None = None
    connect_timeout: float = 15
    read_timeout: float = 60
    tokens: TokenSource | None = field(default=None, repr=False)
    mechanism: Literal["xoauth2", "oauthbearer"] = "xoauth2"


def connect(account: MailboxAccount) -> IMAPClient:
    """An encrypted connection, not signed in yet.

    Errors: `MailboxNotEncrypted`, `MailboxUnreachable`, `MailboxCertificateNotTrusted`.
    """
    if account.security == "plain" and not is_loopback(account.host):
        raise MailboxNotEncrypted("plain connection to another machine")
    timeout = SocketTimeout(account.connect_timeout, account.read_timeout)
    context = _tls_context(account)
    client: IMAPClient | None = None
    try:
        client = IMAPClient(
            account.host,
            account.port,
            ssl=account.security == "tls",
            ssl_context=context if account.security == "tls" else None,
            timeout=timeout,
        )
        # imaplib's debug level keeps two printed copies of every message, even with logging off.
        client._imap.debug = 0
        client.normalise_times = False
        if account.security == "starttls":
            if not client.has_capability("STARTTLS"):
                raise MailboxNotEncrypted("server offers no STARTTLS")
            client.starttls(context)
    except Exception as failure:
        if client is not None:
            drop(client)
        if isinstance(failure, MailboxError):
            raise
        if isinstance(failure, ssl.SSLCertVerificationError):
            raise MailboxCertificateNotTrusted(failure.verify_message) from failure
        raise MailboxUnreachable(cause(failure)) from failure
    return client


def _tls_context(account: MailboxAccount) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(account.ca_file) if account.ca_file else None)
    except (OSError, ValueError) as failure:
        raise MailboxCertificateNotTrusted("certificate file missing or unreadable") from failure


def log_in(client: IMAPClient, account: MailboxAccount) -> None:
    """Sign in.

    `MailboxLoginRefused` if the server says no, `MailboxConnectionLost` if the line broke; with tokens also the errors
    of the token source.
    """
    if account.tokens is None:
        _log_in_with_password(client, account)
    else:
        _log_in_with_token(client, account, account.tokens)
    # What a server can do changes with the sign-in (RFC 3501 section 6.1.1), and IMAPClient may keep the old answer.
    client._cached_capabilities = None


def _log_in_with_password(client: IMAPClient, account: MailboxAccount) -> None:
    try:
        with _signing_in():
            if client.has_capability("AUTH=PLAIN"):
                # login() cannot send passwords with diacritics.
                client.plain_login(account.username, account.password)
            else:
                client.login(account.username, account.password)
    except UnicodeEncodeError as failure:
        raise MailboxLoginRefused("server takes ASCII passwords only") from failure


def _log_in_with_token(client: IMAPClient, account: MailboxAccount, tokens: TokenSource) -> None:
    token = tokens.current()
    try:
        _offer(client, account, token)
    except MailboxTokenRefused:
        if not token.cached:
            raise
        # The server's clock or a withdrawal may have ended it early: one newer token, and no third try.
        _offer(client, account, tokens.renewed(token))


def _offer(client: IMAPClient, account: MailboxAccount, token: AccessToken) -> None:
    try:
        with _signing_in():
            if account.mechanism == "oauthbearer":
                client.oauthbearer_login(account.username, token.text)
            else:
                client.oauth2_login(account.username, token.text)
    except MailboxLoginRefused as refusal:
        raise MailboxTokenRefused(refusal.detail) from None


@contextmanager
def _signing_in() -> Iterator[None]:
    """Tell a refusal from a broken line; what the server said is not quoted."""
    try:
        yield
    except UnicodeEncodeError:
        raise
    except LoginError as failure:
        # Also raised when the line breaks during login, which says nothing about the password.
        if isinstance(failure.__context__, IMAP4.abort) or "UNAVAILABLE" in str(failure):
            raise MailboxConnectionLost("during login") from failure
        raise MailboxLoginRefused("server answered NO") from failure
    except Exception as failure:
        raise MailboxConnectionLost(cause(failure)) from failure


def drop(client: IMAPClient) -> None:
    """Close the socket without a farewell."""
    with suppress(IMAP4.error, OSError):  # it may be closed already
        client.shutdown()


def cause(failure: Exception) -> str:
    """The kind of failure only: what servers say may quote addresses."""
    number = getattr(failure, "errno", None)
    return f"{type(failure).__name__}{f' {number}' if isinstance(number, int) else ''}"
