"""Talking to the provider that hands out tokens for a mailbox (OAuth 2: RFC 6749, device sign-in: RFC 8628).

The only file that knows authlib and httpx. Only the addresses of the settings are asked, encrypted, without
following redirects: whoever is asked is given the client's secret and the refresh token.
"""

import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Final, NoReturn, Self
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.client import OAuth2Client

from config.network import is_loopback
from config.settings import OAuthSettings
from ingest.errors import (
    MailboxClientRefused,
    MailboxSignInEnded,
    TokenProviderNotEncrypted,
    TokenProviderNotTrusted,
    TokenProviderUnreachable,
)

# httpx logs every address it asks, httpcore whole header fields.
for _noisy in ("httpx", "httpcore"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
USUAL_INTERVAL: Final = 5
USUAL_CODE_LIFE: Final = 900
SLOWER_BY: Final = 5
LONGEST_INTERVAL: Final = 60
# The person must act: the refresh token is used up, withdrawn or needs another confirmation.
_ENDED: Final = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_CODE: Final = re.compile(r"[a-z0-9_.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Grant:
    """What the provider handed out. `expires_in` and `refresh_expires_in` are seconds; None: it did not say."""

    access_token: str = field(repr=False)
    expires_in: int | None
    refresh_token: str | None = field(repr=False)
    refresh_expires_in: int | None

    def with_refresh_token(self, used: str) -> "Grant":
        """The same, with the refresh token that was used where the provider handed out no other one."""
        return self if self.refresh_token else replace(self, refresh_token=used)


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A begun device sign-in: a person opens `address` and types `user_code`, within `expires_in` seconds."""

    device_code: str = field(repr=False)
    user_code: str
    address: str
    interval: int
    expires_in: int


class _SaidNo(Exception):
    """An error answer. authlib's own class refuses descriptions with line breaks, and Microsoft's have them."""

    def __init__(self, error: str, description: str | None = None) -> None:
        """Keep the code; the description may hold addresses."""
        super().__init__()
        self.error = error if isinstance(error, str) and _CODE.fullmatch(error) else "unknown"


class TokenProvider:
    """A connection to the provider of one mailbox; use it as a context manager, in one thread."""

    def __init__(self, mailbox: str, settings: OAuthSettings) -> None:
        """Prepare for `mailbox` (its name in the settings); nothing is sent yet.

        Errors: `TokenProviderNotEncrypted`, `TokenProviderNotTrusted` (certificate file), `SecretExposed` and the
        like when the client's secret cannot be read.
        """
        for address in filter(None, (settings.token_url, settings.device_url)):
            _require_encryption(address)
        self._mailbox, self._settings = mailbox, settings
        # The secret goes into the body, as Microsoft and Google document it; authlib's Basic does not escape it.
        self._client_fields = {"client_id": settings.client_id, "client_secret": settings.client_secret(mailbox)}
        self._http = httpx.Client(
            verify=_tls_context(settings),
            timeout=settings.timeout_seconds,
            follow_redirects=False,
            trust_env=False,  # a proxy or .netrc of the environment has no business with these secrets
        )
        self._oauth = OAuth2Client(self._http, scope=settings.scope or None)
        self._oauth.oauth_error_class = _SaidNo

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def refresh(self, refresh_token: str) -> Grant:
        """A new access token.

        Errors: `MailboxSignInEnded` (somebody must sign in again), `MailboxClientRefused` (settings), and
        `TokenProviderUnreachable` or `TokenProviderNotTrusted` (try again).
        """
        with self._asking():
            # httpx.Auth() adds nothing; without it authlib would sign with an object that httpx does not know.
            answer = self._oauth.refresh_token(
                self._settings.token_url, refresh_token=refresh_token, auth=httpx.Auth(), **self._client_fields
            )
            return self._grant(answer)

    def begin_device_sign_in(self) -> DeviceCode:
        """Ask for a code that a person types into a page of the provider (RFC 8628 section 3.1). Errors as above."""
        with self._asking():
            fields = {"client_id": self._settings.client_id, "scope": self._settings.scope}
            response = self._http.post(
                self._settings.device_url,
                data={name: value for name, value in fields.items() if value},
                headers={"Accept": "application/json"},
            )
            answer = self._oauth.parse_response_token(response)
            # Google spells it "verification_url".
            address = _text(answer, "verification_uri" if "verification_uri" in answer else "verification_url")
            return DeviceCode(
                device_code=_text(answer, "device_code"),
                user_code=_shown(_text(answer, "user_code")),
                address=_shown(address),
                interval=_seconds(answer, "interval") or USUAL_INTERVAL,
                expires_in=_seconds(answer, "expires_in") or USUAL_CODE_LIFE,
            )

    def finish_device_sign_in(self, code: DeviceCode, pause: Callable[[float], object] = time.sleep) -> Grant:
        """Ask until the person is done, at the pace the provider wants (RFC 8628 sections 3.4 and 3.5).

        Errors: `MailboxSignInEnded` when the person refuses or the code runs out, else as above. `pause` waits for
        that many seconds.
        """
        interval, waited = code.interval, 0
        while waited < code.expires_in:
            pause(interval)
            waited += interval
            try:
                return self._take_up(code)
            except _SaidNo as answer:
                if answer.error == "slow_down":
                    interval += SLOWER_BY
                elif answer.error != "authorization_pending":
                    self._explain(answer)
            except TokenProviderUnreachable:
                # Section 3.5 asks for longer pauses after a timeout.
                interval = max(interval, min(interval * 2, LONGEST_INTERVAL))
        raise MailboxSignInEnded(self._mailbox)

    def _take_up(self, code: DeviceCode) -> Grant:
        with self._asking(explain=False):
            answer = self._oauth.fetch_token(
                self._settings.token_url,
                grant_type=DEVICE_GRANT,
                device_code=code.device_code,
                auth=httpx.Auth(),
                **self._client_fields,
            )
            return self._grant(answer)

    @contextmanager
    def _asking(self, *, explain: bool = True) -> Iterator[None]:
        """Turn every failure into a typed one that quotes neither the request nor the answer."""
        try:
            yield
        except _SaidNo as answer:
            if not explain:
                raise
            self._explain(answer)
        except httpx.HTTPStatusError as failure:
            status = failure.response.status_code
            if status >= 500 or status == 429:
                raise TokenProviderUnreachable(f"HTTP {status}") from None
            raise MailboxClientRefused(f"HTTP {status}") from None
        except httpx.HTTPError as failure:
            if _is_certificate_trouble(failure):
                raise TokenProviderNotTrusted from None
            raise TokenProviderUnreachable(type(failure).__name__) from None
        except (ValueError, TypeError, KeyError):
            raise TokenProviderUnreachable("answer not understood") from None

    def _explain(self, answer: _SaidNo) -> NoReturn:
        if answer.error in _ENDED or answer.error in ("access_denied", "expired_token"):
            raise MailboxSignInEnded(self._mailbox) from None
        if answer.error in _PASSING:
            raise TokenProviderUnreachable(answer.error) from None
        raise MailboxClientRefused(answer.error) from None

    def _grant(self, answer: Mapping[str, Any]) -> Grant:
        refresh_token = answer.get("refresh_token")
        return Grant(
            access_token=_text(answer, "access_token"),
            expires_in=_seconds(answer, "expires_in"),
            refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
            refresh_expires_in=_seconds(answer, "refresh_token_expires_in"),
        )


def _require_encryption(address: str) -> None:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        raise TokenProviderNotEncrypted("not an address") from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise TokenProviderNotEncrypted("not https")


def _tls_context(settings: OAuthSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except (OSError, ValueError):
        raise TokenProviderNotTrusted("certificate file missing or unreadable") from None


def _is_certificate_trouble(failure: BaseException) -> bool:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer[name]
    if not isinstance(value, str) or not value:
        raise ValueError(name)
    return value


def _seconds(answer: Mapping[str, Any], name: str) -> int | None:
    """A number of seconds; some providers write it as text. A year at most counts ten times, against nonsense."""
    value = answer.get(name)
    if value is None:
        return None
    return max(0, min(int(value), 10 * 366 * 86_400))


def _shown(text: str) -> str:
    """What goes to a terminal: no control characters."""
    return "".join(letter for letter in text if letter.isprintable())
