"""What a bounce, receipt or automatic answer says about the letter it speaks of (RFC 3464, 8098, 5965).

Whom it speaks of is believed only by a Message-ID of our own making, which nobody can guess: from the returned
letter's header fields (our loop field survives servers that give letters new identifiers), from the report's
fields, from the thread, or from the copy that old servers put into their text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message as RawMessage
from email.parser import BytesHeaderParser
from typing import Any, Final

from ingest.addresses import message_ids
from ingest.bounce_text import read_bounce_text
from ingest.checks.own_ids import own_ids
from ingest.checks.own_message import LOOP_HEADER
from ingest.headers import Headers, decode_field, one_line, raw_values
from ingest.walk import Leaf, attached_mail, content, parsed_payload

REPORTING: Final = frozenset({"bounce", "report", "auto-reply"})
"""Kinds of machine mail that may speak of a letter of ours."""

_STATUS_TYPES: Final = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/global-disposition-notification",
        "message/feedback-report",
    }
)
_HEADER_TYPES: Final = frozenset({"text/rfc822-headers", "message/global-headers"})
_ABOUT_ONE: Final = frozenset({"final-recipient", "original-recipient", "action", "status", "disposition"})
_WORST_FIRST: Final = {"failed": 0, "delayed": 1}
_TEXT_LIMIT: Final = 200_000
_MOST_MENTIONS: Final = 20


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The Message-ID of the reported letter, and per the report: recipient, action, status ("5.1.1").

    `mentions` are the Message-IDs of our own making that the mail names anywhere. `action` is RFC 3464's ("failed",
    "delayed", "delivered" …), a disposition ("displayed") or the type of a complaint ("abuse"). Of several recipients
    the one who fared worst is told. Fields the report does not give are "".
    """

    message_id: str = ""
    recipient: str = ""
    action: str = ""
    status: str = ""
    mentions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__} | {"mentions": list(self.mentions)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "DeliveryReport":
        """The inverse of `to_json`."""
        return cls(**{**value, "mentions": tuple(value["mentions"])})


def delivery_report(
    found: Sequence[Leaf], headers: Headers | None = None, text: str = "", own_domain: str = ""
) -> DeliveryReport | None:
    """The report in these leaves of a machine mail with these header fields and this body text.

    None if there is neither a status part nor a returned letter nor a mention of a letter of ours.
    """
    headers = headers or Headers()
    fields = _reported_fields(found)
    returned = list(_returned_marks(found))
    original = [
        found_id for name in ("original-message-id", "x-original-message-id") for found_id in _ids(fields, name)
    ]
    reported = next((one for one in [*returned, *original]), "")
    marks = [*returned, *original, *headers.all("in-reply-to"), *headers.all("references"), text[:_TEXT_LIMIT]]
    mentions = own_ids("\n".join(marks), own_domain)[:_MOST_MENTIONS]
    if not fields and not reported and not mentions:
        return None
    recipient = fields.get("final-recipient") or fields.get("original-recipient") or fields.get("original-rcpt-to", "")
    action = fields.get("action") or fields.get("disposition", "").rpartition(";")[2] or fields.get("feedback-type", "")
    if not fields:
        said = read_bounce_text(headers.first("x-failed-recipients"), text)
        recipient, action, status = said.recipient, said.action, said.status
    else:
        status = fields.get("status", "").split(" ")[0]
    return DeliveryReport(
        message_id=reported,
        recipient=recipient.rpartition(";")[2].strip("<> ")[:320],
        action=action.partition("/")[0].strip().lower()[:40],
        status=status[:20],
        mentions=mentions,
    )


def calendar_methods(found: Sequence[Leaf]) -> frozenset[str]:
    """What the mail's own calendar parts say they are for, in capitals ("REQUEST", "REPLY", "COUNTER" …)."""
    calendars = (leaf for leaf in found if leaf.content_type == "text/calendar" and not leaf.nested)
    return frozenset(filter(None, (leaf.parameter("method").upper() for leaf in calendars)))


def _reported_fields(found: Sequence[Leaf]) -> dict[str, str]:
    """The fields about the whole mail, and those about the recipient who fared worst."""
    shared: dict[str, str] = {}
    recipients: list[dict[str, str]] = []
    for leaf in found:
        if leaf.nested or leaf.content_type not in _STATUS_TYPES:
            continue
        for block in _blocks(leaf.part):
            fields: dict[str, str] = {}
            for name, value in block.raw_items():
                fields.setdefault(name.lower(), one_line(decode_field(value)))
            if fields.keys() & _ABOUT_ONE:
                recipients.append(fields)
            else:
                shared |= {name: value for name, value in fields.items() if name not in shared}
    worst = min(recipients, key=lambda one: _WORST_FIRST.get(one.get("action", "").strip().lower(), 2), default={})
    return shared | worst


def _blocks(part: RawMessage) -> list[RawMessage]:
    payload = parsed_payload(part)
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, RawMessage)]
    return [BytesHeaderParser().parsebytes(content(part)[0])]


def _returned_marks(found: Sequence[Leaf]) -> Iterator[str]:
    """Message-IDs of returned letters, and what our loop field in them says, without brackets."""
    for leaf in found:
        if leaf.content_type in _HEADER_TYPES:
            returned: RawMessage | None = BytesHeaderParser().parsebytes(content(leaf.part)[0])
        else:
            returned = attached_mail(leaf.part)
        for name in ("message-id", LOOP_HEADER) if returned is not None else ():
            assert returned is not None
            for value in raw_values(returned, name):
                yield from message_ids(value)


def _ids(fields: Mapping[str, str], name: str) -> tuple[str, ...]:
    return message_ids(fields.get(name, ""))
