"""Auto-Submitted (RFC 3834): the one standard sign of automatic mail."""

from ingest.checks.finding import Context, Finding, MachineKind
from ingest.headers import Headers

_KINDS: dict[str, MachineKind] = {"auto-replied": "auto-reply", "auto-notified": "report"}


class AutoSubmitted:
    """auto-replied is an answer, auto-notified (RFC 5436) a report.

    auto-generated is left to later rules: systems of institutions mark real letters so.
    """

    name = "auto_submitted"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Compare the keyword."""
        kind = _KINDS.get(keyword(headers))
        return Finding(kind, self.name) if kind else None


def keyword(headers: Headers) -> str:
    """The keyword of Auto-Submitted in lower case, before any parameter or comment."""
    return headers.first("auto-submitted").lower().split(";")[0].split("(")[0].strip()
