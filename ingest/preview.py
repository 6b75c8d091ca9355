"""Who wrote a mail and about what, from its header alone: for people, of mail that is not taken in."""

from dataclasses import dataclass
from email.parser import BytesHeaderParser
from typing import Final

from ingest.headers import readable_headers

_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Preview:
    """Subject and sender as readable lines; "" where the header does not say."""

    subject: str = ""
    sender: str = ""


def preview(head: bytes) -> Preview:
    """Read the first bytes of a mail (its header, perhaps cut off). Never raises."""
    fields = readable_headers(BytesHeaderParser().parsebytes(head), ("subject", "from"), ())
    return Preview(subject=fields.first("subject")[:_LONGEST], sender=fields.first("from")[:_LONGEST])
