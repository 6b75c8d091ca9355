"""A real provider of tokens on loopback (OAuth 2): HTTPS, rotating refresh tokens, device sign-in, and misbehaviour.

Its access tokens are signed with HS256, so that a Dovecot that has the key takes them (trial `mail.md` section 9).
"""

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ingest.token_provider import DEVICE_GRANT
from tests.support.certificates import make_certificates

KEY = b"a key of the tests that is long enough"
CLIENT, SECRET = "cabinet-medias", "secret+of/the=client%"


def signed_token(user: str, *, seconds: int = 3600, key: bytes = KEY) -> str:
    """An access token for this user that lives so many seconds (negative: it has run out)."""
    now = int(time.time())
    claims = {
        "sub": user,
        "iat": now - 7200,
        "nbf": now - 7200,
        "exp": now + seconds,
        "jti": secrets.token_hex(4),
    }
    head = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{head}.{_base64(hmac.new(key, head.encode(), hashlib.sha256).digest())}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class TokenServer:
    """Start with `start`. Its behaviour is set by its fields, at any time; what it was asked is in `requests`.

    `forgiving`: a refresh token that was replaced is still taken. `forced`: answers (status, body) given next instead
    of the real ones. `hold`: while it is set, answers wait until `release` is set.
    """

    folder: Path
    user: str = "primaria"
    encrypted: bool = True
    rotating: bool = True
    forgiving: bool = False
    access_seconds: int = 3600
    refresh_seconds: int | None = None
    tell_life: bool = True
    public: bool = False
    valid: set[str] = field(default_factory=set)
    spent: set[str] = field(default_factory=set)
    handed_out: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    forced: list[tuple[int, Any]] = field(default_factory=list)
    location: str = ""
    device_answers: list[str] = field(default_factory=list)
    device_code: dict[str, Any] = field(default_factory=dict)
    hold: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    at_once: int = 0
    most_at_once: int = 0
    _count: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Listen."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                fields = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                status, body = server._answer(self.path, fields)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if server.location:
                    self.send_header("Location", server.location)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError, ssl.SSLError):  # a client that gave up or died
                    super().handle()

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.ca_file, certificate, key = make_certificates(self.folder)
        if self.encrypted:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening and let go of everybody who waits."""
        self.release.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"{'https' if self.encrypted else 'http'}://localhost:{self._http.server_address[1]}"

    @property
    def token_url(self) -> str:
        """Where tokens are had."""
        return f"{self.address}/token"

    @property
    def device_url(self) -> str:
        """Where a device sign-in begins."""
        return f"{self.address}/device"

    def new_refresh_token(self) -> str:
        """A refresh token that is in force."""
        token = f"refresh/{secrets.token_hex(8)}+=|~ș"
        self.valid.add(token)
        self.handed_out.append(token)
        return token

    def oauth_settings(self, **more: Any) -> dict[str, Any]:
        """The section mailboxes.oauth for this provider."""
        secret = self.folder / "client.secret"
        if not self.public and not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(SECRET)
        return {
            "token_url": self.token_url,
            "device_url": self.device_url,
            "client_id": CLIENT,
            "scope": "imap offline_access",
            "ca_file": str(self.ca_file),
            "timeout_seconds": 2.0,
            **({} if self.public else {"client_secret_file": str(secret)}),
            **more,
        }

    def _answer(self, path: str, fields: dict[str, str]) -> tuple[int, Any]:
        with self._count:
            self.requests.append(fields)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.forced.pop(0) if self.forced else self._honest_answer(path, fields)
            if self.hold:
                self.release.wait(30)
            return answer
        finally:
            with self._count:
                self.at_once -= 1

    def _honest_answer(self, path: str, fields: dict[str, str]) -> tuple[int, Any]:
        if fields.get("client_id") != CLIENT:
            return 401, {"error": "invalid_client"}
        if path == "/device":
            code = {"device_code": "device-code", "user_code": "MEDIAS-85", "verification_uri": "https://cod.example"}
            return 200, code | {"expires_in": 600, "interval": 5} | self.device_code
        if fields.get("client_secret") != (None if self.public else SECRET):
            return 401, {"error": "invalid_client"}
        if fields["grant_type"] == DEVICE_GRANT:
            if self.device_answers:
                return 400, {"error": self.device_answers.pop(0)}
            return 200, self._tokens()
        token = fields["refresh_token"]
        if token not in self.valid and not (self.forgiving and token in self.spent):
            # As Microsoft words it: quotes, line breaks and the user's address.
            return 400, {
                "error": "invalid_grant",
                "error_description": f'AADSTS70008: The "refresh token" of {self.user}@primaria.example expired.\r\n'
                f"Trace ID: 85 {token}",
            }
        if self.rotating:
            self.valid.discard(token)
            self.spent.add(token)
        return 200, self._tokens(renew=self.rotating)

    def _tokens(self, *, renew: bool = True) -> dict[str, Any]:
        access = signed_token(self.user, seconds=self.access_seconds)
        self.handed_out.append(access)
        answer: dict[str, Any] = {"access_token": access, "token_type": "Bearer"}
        if self.tell_life:
            answer["expires_in"] = str(self.access_seconds)
        if renew:
            answer["refresh_token"] = self.new_refresh_token()
        if self.refresh_seconds is not None:
            answer["refresh_token_expires_in"] = self.refresh_seconds
        return answer
