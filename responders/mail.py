"""The e-mail that leaves: built only from approved rows, the same bytes every time it is built."""

import re
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from uuid import uuid4

from config.clock import local
from config.settings import SmtpSettings
from config.town import Office
from registry.models import Letter, Outbox, Reply
from responders.errors import AddressUnusable
from responders.kinds import ReplyKind
from responders.spelling import one_line

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*)?")
_MESSAGE_ID = re.compile(r"<?([^\s<>@,\"]{1,200}@[^\s<>@,\"]{1,200})>?")
_LONGEST_ADDRESS = 254
_MOST_REFERENCES = 20
_LONGEST_SUBJECT = 400
_LONGEST_NAME = 200
LOOP_HEADER = "X-Cabinet-Loop"  # by which our own letters are known when they come back
_IDENTIFIERS = frozenset({"message-id", "in-reply-to", "references", LOOP_HEADER.lower()})


class _WholeIdentifiers(EmailPolicy):
    """Writes each Message-ID as it is, one to a line: the library makes encoded words of those longer than a line
    (Outlook's are), and no mail program finds the thread by those."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() not in _IDENTIFIERS:
            return super().fold_binary(name, value)
        return f"{name}: {(self.linesep + ' ').join(value.split())}{self.linesep}".encode("ascii")


_MAIL = _WholeIdentifiers(linesep="\r\n")


def check_address(address: str) -> str:
    """The address, if our server could deliver to it; `AddressUnusable` otherwise.

    One plain ASCII address: an internationalised one would need SMTPUTF8 at every server on its way.
    """
    if not _ADDRESS.fullmatch(address) or len(address) > _LONGEST_ADDRESS:
        raise AddressUnusable(address)
    try:
        Address(addr_spec=address)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise AddressUnusable(address) from error
    return address


def new_message_id(office: Office) -> str:
    """A Message-ID for one dispatch, in the office's mail domain."""
    domain = office.email.rpartition("@")[2].strip().lower()
    return f"<cabinet.{uuid4().hex}@{domain}>"


def build_message(
    reply: Reply, letter: Letter, outbox: Outbox, office: Office, smtp: SmtpSettings, references: Iterable[str]
) -> bytes:
    """The message as bytes with CRLF line ends, ready for DATA.

    `references` are the Message-IDs of the letter's thread. Date and Message-ID are those of the outbox row, so that
    building again after a crash gives the same message. `AddressUnusable` if the recipient cannot be written to.
    """
    message = EmailMessage(policy=_MAIL)
    message["From"] = Address(
        display_name=one_line(smtp.sender_name or office.municipality), addr_spec=check_address(smtp.sender_address)
    )
    if answers_to := _answers_to(office, smtp):
        message["Reply-To"] = Address(addr_spec=answers_to)
    message["To"] = Address(
        display_name=one_line(reply.recipient_name)[:_LONGEST_NAME], addr_spec=check_address(reply.recipient_email)
    )
    message["Subject"] = one_line(reply.subject)[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(local(outbox.created_at))
    message["Message-ID"] = outbox.message_id
    if answered := _message_ids([letter.message_id]):
        message["In-Reply-To"] = answered[0]
        message["References"] = " ".join(_shortened(_message_ids([*references, letter.message_id])))
    message[LOOP_HEADER] = message["Message-ID"]
    if reply.kind == ReplyKind.ACKNOWLEDGEMENT:
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"  # Exchange keeps silent only for this field
    message.set_content(reply.body, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


def envelope_sender(reply: Reply, smtp: SmtpSettings) -> str:
    """Where failures are reported: our mailbox, but nowhere for acknowledgements, so that robots do not answer."""
    return "" if reply.kind == ReplyKind.ACKNOWLEDGEMENT else smtp.sender_address


def _answers_to(office: Office, smtp: SmtpSettings) -> str:
    """The address whose mailbox we read, where the server makes us send from another one; "" if it is the same."""
    if office.email.lower() == smtp.sender_address.lower():
        return ""
    try:
        return check_address(office.email.strip())
    except AddressUnusable:
        return ""


def _message_ids(found: Iterable[str]) -> list[str]:
    ids: dict[str, None] = {}
    for one in found:
        match = _MESSAGE_ID.fullmatch(one.strip())
        if match and match[1].isascii() and match[1].isprintable():
            ids.setdefault(f"<{match[1]}>")
    return list(ids)


def _shortened(ids: list[str]) -> list[str]:
    # RFC 5322 lets long threads be shortened; the first and the latest matter.
    return ids if len(ids) <= _MOST_REFERENCES else [ids[0], *ids[-_MOST_REFERENCES + 1 :]]
