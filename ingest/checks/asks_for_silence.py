"""Signs that answers of programs are not wanted, on mail that may be a letter all the same."""

from ingest.checks.auto_submitted import keyword
from ingest.checks.daemon_sender import is_daemon
from ingest.checks.finding import Context, Finding
from ingest.checks.null_return_path import has_null_return_path
from ingest.headers import Headers


class AsksForSilence:
    """auto-generated, X-Auto-Response-Suppress, an empty envelope sender or a postmaster, and no surer sign.

    Ministries, courts and portals send their letters so.
    """

    name = "asks_for_silence"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look for any of the signs, and for those that only Amazon's servers leave (see `bulk_headers`)."""
        suppress = headers.first("x-auto-response-suppress").lower()
        silent = (
            keyword(headers) not in {"", "no"}
            or suppress not in {"", "none"}
            or has_null_return_path(headers)
            or is_daemon(headers, context)
            or "feedback-id" in headers
        )
        return Finding("no-reply", self.name) if silent else None
