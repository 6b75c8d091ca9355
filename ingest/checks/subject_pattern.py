"""Subjects of bounces and automatic answers: the last resort for servers that send no other sign."""

import re
from typing import Literal

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

BOUNCE = re.compile(
    r"^(?:undeliver(?:ed|able)|mail delivery (?:failed|failure|system)"
    r"|delivery (?:status notification|failure|has failed)|returned mail|failure notice"
    r"|message (?:not delivered|delivery failure)"
    r"|nelivrat|mesaj nelivrat|livrare e[sșş]uat[ăa]"
    r"|unzustellbar|nicht zustellbar|k[ée]zbes[íi]thetetlen|sikertelen k[ée]zbes[íi]t[ée]s)\b",
    re.IGNORECASE,
)
ANSWER = re.compile(
    r"^(?:auto(?:matic)?[- ]?(?:reply|response|answer)|out of (?:the )?office|r[ăa]spuns automat|mesaj automat"
    r"|absent(?:[ăa])?(?: din| de la)?\b|absen[țţt][ăa]|automatische (?:antwort|abwesenheit)|abwesenheits"
    r"|automatikus v[áa]lasz|h[áa]zon k[íi]v[üu]l)",
    re.IGNORECASE,
)


def kind_by_subject(subject: str) -> Literal["bounce", "auto-reply"] | None:
    """What the beginning of the subject says about the mail, if anything."""
    start = subject[:200].strip()
    if BOUNCE.match(start):
        return "bounce"
    return "auto-reply" if ANSWER.match(start) else None


class SubjectPattern:
    """Words only, so the finding is weak: a citizen may write "Absent de la domiciliu" too."""

    name = "subject_pattern"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Match the beginning of the subject in Romanian, English, German and Hungarian."""
        kind = kind_by_subject(context.subject)
        return Finding(kind, self.name, weak=True) if kind else None
