"""Our own letters coming back: a loop, a copy to ourselves, or somebody pretending to be the office."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

LOOP_HEADER = "x-cabinet-loop"


class OwnMessage:
    """The loop header, an own address as sender or a Message-ID of our own making."""

    name = "own_message"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Compare the sender, the loop header and the Message-ID with the office's own."""
        own_id = context.own_domain and headers.first("message-id").lower().endswith(f"@{context.own_domain}>")
        if LOOP_HEADER in headers or context.from_address.lower() in context.own_addresses or own_id:
            return Finding("own", self.name)
        return None
