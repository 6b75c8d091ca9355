"""A mail attached to a mail: its own headers and text, shown under it and never taken for the sender's words."""

from dataclasses import dataclass
from datetime import datetime
from email.message import Message as RawMessage
from typing import Any, Final

from config.clock import local
from config.i18n import gettext as _
from ingest.head import read_head

TEXT_LIMIT: Final = 200_000
_SHOWN_RECIPIENTS: Final = 10


@dataclass(frozen=True, slots=True)
class AttachedMail:
    """The headers that people look at, in words, and the text; `date` is in UTC."""

    sender: str
    recipients: tuple[str, ...]
    date: datetime | None
    subject: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        value = {name: getattr(self, name) for name in self.__slots__}
        return value | {"date": self.date.isoformat() if self.date else None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "AttachedMail":
        """The inverse of `to_json`."""
        date = datetime.fromisoformat(value["date"]) if value["date"] else None
        return cls(**value | {"recipients": tuple(value["recipients"]), "date": date})


def describe_attached(mail: RawMessage, text: str) -> AttachedMail:
    """The attached mail with the text that was found in it. What is odd in its header is no problem of the letter."""
    head = read_head(mail, set())
    return AttachedMail(
        sender=str(head.sender) if head.sender else head.from_name,
        recipients=tuple(map(str, (*head.to, *head.cc)[:_SHOWN_RECIPIENTS])),
        date=head.date,
        subject=head.subject,
        text=text[:TEXT_LIMIT],
    )


def attached_mail_text(mail: AttachedMail) -> str:
    """The attached mail as people read it: its headers line by line, an empty line, its text."""
    lines = [
        _("From: {sender}").format(sender=mail.sender) if mail.sender else "",
        _("To: {recipients}").format(recipients=", ".join(mail.recipients)) if mail.recipients else "",
        _("Date: {moment}").format(moment=f"{local(mail.date):%d.%m.%Y, %H:%M}") if mail.date else "",
        _("Subject: {subject}").format(subject=mail.subject) if mail.subject else "",
    ]
    return "\n\n".join(filter(None, ["\n".join(filter(None, lines)), mail.text]))
