"""Senders that say themselves that nobody reads answers."""

import re

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no[._-]?reply|do[._-]?not[._-]?reply|donotreply|nu[._-]?raspunde(?:ti)?|fara[._-]?raspuns"
    r"|nicht[._-]?antworten|ne[._-]?valaszolj(?:on)?)(?:$|[._+-])"
)


class NoReplySender:
    """The local part of the sender says no-reply, in four languages."""

    name = "no_reply_sender"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the sender's local part; a usable Reply-To does not make a person of it."""
        local = context.from_address.lower().rpartition("@")[0]
        return Finding("bulk", self.name) if NO_REPLY.search(local) else None
