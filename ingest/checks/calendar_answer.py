"""Answers that calendar programs give to our own invitations (RFC 5546)."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers


class CalendarAnswer:
    """METHOD:REPLY: somebody's calendar accepts or declines. Invitations and other proposals are letters."""

    name = "calendar_answer"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the methods of the calendar parts; a counter-proposal needs a person."""
        answer = "REPLY" in context.calendar_methods and not context.calendar_methods & {"REQUEST", "COUNTER"}
        return Finding("report", self.name) if answer else None
