"""Parts of a mail made by us from what a wrapper held, so that everything is walked the same way."""

import base64
from collections.abc import Sequence
from email.message import Message as RawMessage
from email.utils import encode_rfc2231

from ingest.headers import one_line


def file_part(
    content: bytes, *, content_type: str = "application/octet-stream", name: str = "", content_id: str = ""
) -> RawMessage:
    """A part with this content; `content_type` may carry parameters. A named part is an attachment."""
    part = RawMessage()
    part["Content-Type"] = one_line(content_type)
    part["Content-Transfer-Encoding"] = "base64"
    if name:
        part["Content-Disposition"] = f"attachment; filename*={encode_rfc2231(one_line(name)[:500], 'utf-8')}"
    if content_id:
        part["Content-ID"] = f"<{one_line(content_id)}>"
    part.set_payload(base64.encodebytes(content).decode("ascii"))
    return part


def container(subtype: str, parts: Sequence[RawMessage]) -> RawMessage:
    """The parts in a multipart of this subtype; a single part stays as it is."""
    if len(parts) == 1:
        return parts[0]
    whole = RawMessage()
    whole["Content-Type"] = f'multipart/{subtype}; boundary="=_unwrapped"'
    whole.set_payload([*parts])
    return whole
