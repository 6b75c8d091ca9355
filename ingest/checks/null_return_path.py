"""The empty envelope sender (RFC 5321 section 4.5.5), kept by the last server as `Return-Path: <>`."""

from ingest.checks.finding import Context, Finding
from ingest.checks.subject_pattern import kind_by_subject
from ingest.headers import Headers


class NullReturnPath:
    """Only programs send with an empty envelope sender: a bounce, unless the subject names an absence."""

    name = "null_return_path"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the topmost Return-Path; without that field nothing is known."""
        if "return-path" not in headers or headers.first("return-path").replace(" ", "") not in {"<>", ""}:
            return None
        return Finding(kind_by_subject(context.subject) or "bounce", self.name)
