"""What exactly is approved: the hash over everything that leaves the house."""

import hashlib
import json

from registry.models import Reply


def content_hash(reply: Reply) -> str:
    """SHA-256 (hex) over channel, recipients, subject and body of a reply; any change gives another hash."""
    content = [
        str(reply.channel),
        reply.recipient_name,
        reply.recipient_email,
        reply.recipient_address,
        reply.subject,
        reply.body,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
