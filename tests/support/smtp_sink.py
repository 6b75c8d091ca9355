"""A real SMTP server on loopback that keeps what it is given and can be told to misbehave."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port


class SmtpSink:
    """Start with `start`, look into `messages`; `answer` is what DATA is answered with."""

    def __init__(self) -> None:
        self.port = free_port()
        self.envelopes: list[Envelope] = []
        self.answer = "250 OK"
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, parsed."""
        return [
            cast(EmailMessage, message_from_bytes(cast(bytes, one.content), policy=policy.default))
            for one in self.envelopes
        ]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> Any:
        """aiosmtpd's hook: keep the message and answer as told."""
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer
