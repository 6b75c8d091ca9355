"""Mailing lists (RFC 2369, RFC 2919) and newsletters."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

LISTS = frozenset({"list-id", "list-post", "list-help", "list-archive", "list-owner", "x-mailing-list", "mailing-list"})


class ListHeaders:
    """A list if the mail names one; only a way to unsubscribe makes it a newsletter.

    People do write through lists, so this must never hide a letter.
    """

    name = "list_headers"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look for the presence of the fields."""
        if any(name in headers for name in LISTS - {"list-id"}):
            return Finding("list", self.name)
        if "list-unsubscribe" in headers:
            return Finding("bulk", self.name)
        return Finding("list", self.name) if "list-id" in headers else None
