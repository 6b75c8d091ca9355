"""Fields that mail programs add to automatic answers and failures, outside any standard."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

ANSWERS = frozenset(
    {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-vacation", "x-mail-autoreply"}
)


class AutoResponseHeaders:
    """X-Failed-Recipients means a bounce, X-Autoreply and its siblings an answer, Feedback-ID a mass mailing.

    X-Auto-Response-Suppress alone only *asks* for silence (Outlook puts it on notifications), so it counts
    as mass mail.
    """

    name = "auto_response_headers"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look for the presence of the fields; their values differ between programs."""
        if "x-failed-recipients" in headers:
            return Finding("bounce", self.name)
        if any(name in headers and headers.first(name).lower() != "no" for name in ANSWERS):
            return Finding("auto-reply", self.name)
        if "feedback-id" in headers:
            return Finding("bulk", self.name)
        suppress = headers.first("x-auto-response-suppress").lower()
        if suppress and suppress != "none" and not headers.first("auto-submitted"):
            return Finding("bulk", self.name)
        return None
