"""A mail server between offices: takes mail by SMTP and drops it into their mailboxes on Dovecot, or answers itself."""

from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from email.utils import make_msgid
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.dovecot import DovecotServer
from tests.support.smtp_sink import SmtpSink

Answer = Callable[[Message, str], list[Message]]

AUTOMATIC_SIGNS = ("Auto-Submitted", "X-Auto-Response-Suppress", "X-Cabinet-Loop", "In-Reply-To", "References")


class Exchange(SmtpSink):
    """`mailboxes`: address to user on Dovecot. `robots`: address to what answers there. `carried`: what passed."""

    def __init__(self, dovecot: DovecotServer) -> None:
        super().__init__()
        self._dovecot = dovecot
        self.mailboxes: dict[str, str] = {}
        self.robots: dict[str, Answer] = {}
        self.strips = False
        self.carried: list[tuple[str, str]] = []

    def deliver(self, message: Message, sender: str, recipient: str) -> None:
        """Carry one message; a gateway that `strips` takes every sign of automatic mail away first."""
        self.carried.append((sender, recipient))
        if self.strips:
            sender = sender or "gateway@gateway.example"
            for name in (*AUTOMATIC_SIGNS, "Message-ID"):
                del message[name]
            message["Message-ID"] = make_msgid(domain="gateway.example")
        if recipient in self.mailboxes:
            self._dovecot.deliver_by_lmtp(self.mailboxes[recipient], message.as_bytes(), sender=sender)
        elif recipient.partition("@")[2] in self.robots:
            for answer in self.robots[recipient.partition("@")[2]](message, recipient):
                self.deliver(answer, str(answer["From"]), str(answer["To"]))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> Any:
        """aiosmtpd's hook: keep the message and carry it on."""
        said = await super().handle_DATA(server, session, envelope)
        sender = (envelope.mail_from or "").strip("<>")
        for recipient in envelope.rcpt_tos:
            self.deliver(message_from_bytes(cast(bytes, envelope.content)), sender, recipient)
        return said
