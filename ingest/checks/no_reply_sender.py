"""Senders that say themselves that nobody reads answers."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers
from registry.no_reply import is_no_reply


class NoReplySender:
    """The local part of the sender says no-reply, in four languages. Institutions send letters so."""

    name = "no_reply_sender"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the sender's local part; a usable Reply-To does not make a person of it."""
        return (
            Finding("no-reply", self.name)
            if "@" in context.from_address and is_no_reply(context.from_address)
            else None
        )
