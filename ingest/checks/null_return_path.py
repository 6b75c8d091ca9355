"""The empty envelope sender (RFC 5321 section 4.5.5), kept by the last server as `Return-Path: <>`."""

from ingest.checks.finding import Context, Finding
from ingest.checks.own_ids import answers_ours
from ingest.headers import Headers


class NullReturnPath:
    """An answer to our letter with an empty envelope sender: only programs answer so.

    The empty sender alone only asks for silence (`asks_for_silence`): portals of institutions send so, too.
    """

    name = "null_return_path"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the topmost Return-Path and at what the mail answers."""
        if has_null_return_path(headers) and answers_ours(headers, context.own_domain):
            return Finding("auto-reply", self.name)
        return None


def has_null_return_path(headers: Headers) -> bool:
    """Whether the topmost Return-Path is empty; without that field nothing is known."""
    return "return-path" in headers and headers.first("return-path").replace(" ", "") in {"<>", ""}
