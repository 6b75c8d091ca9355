"""Our own letters coming back: a loop, a copy to ourselves, or somebody pretending to be the office."""

from ingest.checks.finding import Context, Finding
from ingest.checks.own_ids import own_ids
from ingest.checks.web_form import answers_go_elsewhere
from ingest.headers import Headers

LOOP_HEADER = "x-cabinet-loop"


class OwnMessage:
    """A loop header or a Message-ID that is ours, or an own address as sender.

    Only identifiers of our own making count: colleagues of the same domain, and other offices with this program,
    write letters.
    """

    name = "own_message"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Compare loop header, Message-ID and sender with the office's own."""
        marks = f"{headers.first(LOOP_HEADER)} {headers.first('message-id')}"
        if own_ids(marks, context.own_domain):
            return Finding("own", self.name)
        own_sender = context.from_address.lower() in context.own_addresses
        return Finding("own", self.name) if own_sender and not answers_go_elsewhere(headers, context) else None
