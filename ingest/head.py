"""The story that the header of a mail tells: who wrote to whom, when, about what, in which thread."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as RawMessage
from email.utils import parsedate_to_datetime
from typing import Final

from mailparser.dates import parse_mail_date

from ingest.addresses import Address, display_name, message_ids, parse_addresses
from ingest.headers import decode_field, one_line, raw_values

_SINGLE_FIELDS: Final = ("from", "subject", "date", "message-id")
_SUBJECT: Final = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The header fields that people care about, decoded and harmless.

    `sender` is None if the mail names no usable address; `from_name` is what stands there then. `reply_to` is the
    address answers go to if it is not the sender. Identifiers are without angle brackets. `date` is in UTC.
    """

    subject: str = ""
    sender: Address | None = None
    from_name: str = ""
    reply_to: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None


def read_head(message: RawMessage, problems: set[str]) -> Head:
    """The header of a mail; the first counts where a field stands there more than once (and it is a problem)."""
    if any(len(raw_values(message, name)) > 1 for name in _SINGLE_FIELDS):
        problems.add("repeated-header")
    senders = raw_values(message, "from")[:1]
    sender = next(iter(parse_addresses(senders)), None)
    if sender is None:
        problems.add("no-sender")
    references = (one for raw in raw_values(message, "references") for one in message_ids(raw))
    return Head(
        subject=_subject(message),
        sender=sender,
        from_name=sender.name if sender else next((display_name(raw) for raw in senders), ""),
        reply_to=_reply_to(message, sender),
        to=parse_addresses(raw_values(message, "to")),
        cc=parse_addresses(raw_values(message, "cc")),
        message_id=_first_id(message, "message-id"),
        in_reply_to=_first_id(message, "in-reply-to"),
        references=tuple(dict.fromkeys(references)),
        date=_date(message, problems),
    )


def _subject(message: RawMessage) -> str:
    return one_line(decode_field(next(iter(raw_values(message, "subject")), "")))[:_SUBJECT]


def _reply_to(message: RawMessage, sender: Address | None) -> str:
    wanted = next(iter(parse_addresses(raw_values(message, "reply-to"))), None)
    return wanted.address if wanted and (sender is None or wanted.address != sender.address) else ""


def _first_id(message: RawMessage, name: str) -> str:
    return next((found for raw in raw_values(message, name) for found in message_ids(raw)), "")


def _date(message: RawMessage, problems: set[str]) -> datetime | None:
    """The sender's date in UTC; None (and a problem) if it is absent, unreadable or from another age."""
    raw = next(iter(raw_values(message, "date")), "")
    read = parse_mail_date(raw)
    moment: datetime | None = read.value
    # The stdlib reads sloppier spellings, but also makes year 1 into 2001.
    if moment is None and read.reasons == ("invalid-date-syntax",):
        try:
            moment = parsedate_to_datetime(raw)
        except (ValueError, TypeError, IndexError, OverflowError):
            moment = None
    try:
        if moment is not None:
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        moment = None
    if moment is None or not 1990 <= moment.year <= 2100:
        problems.add("date-unreadable")
        return None
    return moment
