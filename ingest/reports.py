"""What a bounce or receipt says about the letter it reports on (RFC 3464, RFC 8098)."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message as RawMessage
from email.parser import BytesHeaderParser
from typing import Any, Final

from ingest.addresses import message_ids
from ingest.headers import decode_field, one_line, raw_values
from ingest.walk import Leaf, attached_mail, content

_STATUS_TYPES: Final = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/global-disposition-notification",
    }
)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The Message-ID of the reported letter, and per the report: recipient, action, status ("5.1.1").

    Fields the report does not give are "".
    """

    message_id: str = ""
    recipient: str = ""
    action: str = ""
    status: str = ""

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


def delivery_report(found: Sequence[Leaf]) -> DeliveryReport | None:
    """The report in these leaves of a mail, None if there is neither a status part nor a returned letter."""
    fields: dict[str, str] = {}
    for leaf in found:
        if leaf.content_type in _STATUS_TYPES:
            for block in _blocks(leaf.part):
                for name, value in block.raw_items():
                    fields.setdefault(name.lower(), one_line(decode_field(value)))
    original = next((ids for leaf in found if (ids := _returned_message_id(leaf))), "")
    original = original or next(iter(message_ids(fields.get("original-message-id", ""))), "")
    if not fields and not original:
        return None
    recipient = fields.get("final-recipient") or fields.get("original-recipient", "")
    return DeliveryReport(
        message_id=original,
        recipient=recipient.rpartition(";")[2].strip()[:320],
        action=(fields.get("action") or fields.get("disposition", "").rpartition(";")[2]).strip().lower()[:40],
        status=fields.get("status", "").split(" ")[0][:20],
    )


def _blocks(part: RawMessage) -> list[RawMessage]:
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, RawMessage)]
    return [BytesHeaderParser().parsebytes(content(part)[0])]


def _returned_message_id(leaf: Leaf) -> str:
    if leaf.content_type in {"text/rfc822-headers", "message/global-headers"}:
        returned: RawMessage | None = BytesHeaderParser().parsebytes(content(leaf.part)[0])
    else:
        returned = attached_mail(leaf.part)
    values = raw_values(returned, "message-id") if returned is not None else []
    return next((found for value in values for found in message_ids(value)), "")
