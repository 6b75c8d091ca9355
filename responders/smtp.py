"""The only file that speaks SMTP. It says for each failure whether trying again is safe."""

import re
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config.i18n import gettext as _
from config.network import is_loopback
from config.settings import SmtpSettings
from responders.errors import DeliveryError, NotConnected, OutcomeUnknown, PermanentRefusal, TemporaryFailure

_START_OF_LINE_DOT = re.compile(rb"^\.", re.MULTILINE)
_OK = range(200, 300)
_GO_AHEAD = 354
_PERMANENT = 500
_LONGEST_ANSWER = 300


def deliver(settings: SmtpSettings, message: bytes, sender: str, recipients: Sequence[str]) -> None:
    """Hand one message (bytes with CRLF line ends) to the server for all recipients, or for none.

    Returns when the server has taken it. `NotConnected`: not reached or not let in. `TemporaryFailure`: asked to come
    back later. `PermanentRefusal`: will not take it. `OutcomeUnknown`: the connection broke after the server had
    agreed to receive the text, so it may have been taken. Only the last one makes trying again unsafe.
    """
    server = _connect(settings)
    try:
        with _before_text():
            _expect(server.mail(sender))
            for recipient in recipients:
                _expect(server.rcpt(recipient))
            code, answer = server.docmd("DATA")
            if code != _GO_AHEAD:
                raise _refusal(code, answer)
        code, answer = _hand_over(server, message)
        if code not in _OK:
            raise _refusal(code, answer)
    finally:
        _leave(server)


def greet(settings: SmtpSettings) -> None:
    """Connect, sign in and leave, to see whether sending could work; `NotConnected` says why not."""
    _leave(_connect(settings))


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    if settings.security == "plain" and not is_loopback(settings.host):
        raise NotConnected(_("security = “plain” is only allowed for a server on this machine"))
    # The name said in EHLO; without it smtplib asks the network for our own name, which may hang.
    name = settings.sender_address.rpartition("@")[2] or "localhost"
    with _before_text():
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, name, timeout=settings.timeout_seconds, context=_trust(settings)
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, name, timeout=settings.timeout_seconds)
        try:
            server.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                server.starttls(context=_trust(settings))
                server.ehlo_or_helo_if_needed()
            if settings.username:
                _sign_in(server, settings.username, settings.password())
        except BaseException:
            server.close()
            raise
    return server


def _sign_in(server: smtplib.SMTP, username: str, password: str) -> None:
    if "PLAIN" not in server.esmtp_features.get("auth", "").split():
        server.login(username, password)
        return
    # smtplib can only say ASCII passwords; RFC 4616 wants UTF-8.
    secret = b64encode(f"\0{username}\0{password}".encode()).decode()
    code, answer = server.docmd("AUTH", f"PLAIN {secret}")
    if code not in _OK:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _trust(settings: SmtpSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file)


@contextmanager
def _before_text() -> Iterator[None]:
    """Until the text starts nothing can have been taken, so a broken connection only means: try again."""
    try:
        yield
    except DeliveryError:
        raise
    except smtplib.SMTPResponseException as error:
        raise NotConnected(_words(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise NotConnected(str(error) or type(error).__name__) from error


def _expect(reply: tuple[int, bytes]) -> None:
    code, answer = reply
    if code not in _OK:
        raise _refusal(code, answer)


def _hand_over(server: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    """Send the text and its end, and wait for the verdict; whatever breaks here leaves the outcome unknown."""
    text = _START_OF_LINE_DOT.sub(b"..", message)
    end = b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"
    try:
        server.send(text + end)
        return server.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise OutcomeUnknown(str(error) or type(error).__name__) from error


def _refusal(code: int, answer: bytes) -> DeliveryError:
    kind = PermanentRefusal if code >= _PERMANENT else TemporaryFailure
    return kind(_words(code, answer))


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:_LONGEST_ANSWER]


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()
