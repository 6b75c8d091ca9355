"""Mailing lists (RFC 2369, RFC 2919)."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

NAMED = frozenset({"x-mailing-list", "mailing-list", "list-archive"})


class ListHeaders:
    """A list to which people can write, or that only has a name (a distribution list of an institution).

    People do write through lists, so this must never hide a letter. A list that nobody can post to, but everybody
    can leave, is a newsletter (`bulk_headers`).
    """

    name = "list_headers"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look for an address to post to or an archive, else for a name without a way to unsubscribe."""
        post = headers.first("list-post").strip().lower()
        if (post and post != "no") or any(name in headers for name in NAMED):
            return Finding("list", self.name)
        named = "list-id" in headers and "list-unsubscribe" not in headers
        return Finding("list", self.name) if named else None
