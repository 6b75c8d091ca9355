"""Precedence, the old way to say that a mail needs no answer."""

from ingest.checks.finding import Context, Finding, MachineKind
from ingest.headers import Headers

KINDS: dict[str, MachineKind] = {
    "bulk": "bulk",
    "junk": "bulk",
    "list": "list",
    "auto_reply": "auto-reply",
    "auto-reply": "auto-reply",
}


class Precedence:
    """Precedence (or X-Precedence) bulk, junk, list or auto_reply."""

    name = "precedence"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Read the value of either field."""
        value = (headers.first("precedence") or headers.first("x-precedence")).lower().strip()
        return Finding(KINDS[value], self.name) if value in KINDS else None
