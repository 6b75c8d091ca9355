"""Subjects of bounces and automatic answers, together with a sign that a program sent the mail."""

from ingest.checks.auto_submitted import keyword
from ingest.checks.daemon_sender import is_daemon
from ingest.checks.finding import Context, Finding
from ingest.checks.null_return_path import has_null_return_path
from ingest.checks.own_ids import answers_ours
from ingest.checks.subject_pattern import is_absence, kind_by_subject
from ingest.headers import Headers


class SubjectAndSign:
    """Words that programs write, and a second sign: then it is surely no letter.

    Outlook's absences come with auto-generated, others only answer our letter. Mere words of absence ("Absența
    copilului") need a sign that no institution's letter has.
    """

    name = "subject_and_sign"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the subject first, then for the sign."""
        kind = kind_by_subject(context.subject)
        surely = has_null_return_path(headers) or answers_ours(headers, context.own_domain)
        if kind and (surely or _asks_for_silence(headers) or is_daemon(headers, context)):
            return Finding(kind, self.name)
        return Finding("auto-reply", self.name) if surely and is_absence(context.subject) else None


def _asks_for_silence(headers: Headers) -> bool:
    suppress = headers.first("x-auto-response-suppress").lower()
    return keyword(headers) == "auto-generated" or suppress not in {"", "none"}
