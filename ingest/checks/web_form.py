"""Forms on the office's own site, which write to the office in its own name."""

from ingest.addresses import parse_addresses
from ingest.checks.finding import Context, Finding
from ingest.headers import Headers


class WebForm:
    """An own address as sender and somebody else's for answers: a citizen wrote, a program sent.

    It is a letter and goes the whole way, but nobody has proved to own the address for answers.
    """

    name = "web_form"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Compare From and Reply-To with the office's own addresses."""
        own_sender = context.from_address.lower() in context.own_addresses
        return Finding("no-reply", self.name) if own_sender and answers_go_elsewhere(headers, context) else None


def answers_go_elsewhere(headers: Headers, context: Context) -> bool:
    """Whether Reply-To names an address that is not the office's."""
    wanted = parse_addresses(headers.all("reply-to"))
    return any(one.address.lower() not in context.own_addresses for one in wanted)
