"""Auto-Submitted (RFC 3834): the one standard sign of automatic mail."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers


class AutoSubmitted:
    """Any value but "no": an answer (auto-replied, auto-notified) or mail from a system (auto-generated)."""

    name = "auto_submitted"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Read the keyword before any parameter; comments are not keywords."""
        keyword = headers.first("auto-submitted").lower().split(";")[0].split("(")[0].strip()
        if not keyword or keyword == "no":
            return None
        return Finding("bulk" if keyword == "auto-generated" else "auto-reply", self.name)
