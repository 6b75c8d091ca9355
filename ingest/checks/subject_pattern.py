"""Subjects of bounces and automatic answers: the last resort for servers that send no other sign."""

import re
from typing import Literal

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

BOUNCE = re.compile(
    r"^(?:undeliver(?:ed|able)|mail delivery (?:failed|failure|system)"
    r"|delivery (?:status notification|failure|has failed)|returned mail|failure notice"
    r"|message (?:not delivered|delivery failure)|delayed mail\b|delivery delayed|warning: message \S+ delayed"
    r"|nelivrat|mesaj nelivrat|livrare [îi]nt[âa]rziat[ăa]|livrare e[sșş]uat[ăa]"
    r"|unzustellbar|nicht zustellbar|k[ée]zbes[íi]thetetlen|sikertelen k[ée]zbes[íi]t[ée]s)\b",
    re.IGNORECASE,
)
ANSWER = re.compile(
    r"^(?:auto(?:matic)?[- ]?(?:reply|response|answer)\b|auto: |out of (?:the )?office|r[ăa]spuns automat|mesaj automat"
    r"|automatische (?:antwort|abwesenheit)|abwesenheits(?:notiz|nachricht|meldung|assistent|benachrichtigung)"
    r"|automatikus v[áa]lasz|h[áa]zon k[íi]v[üu]l)",
    re.IGNORECASE,
)
ABSENCE = re.compile(
    r"^(?:absent(?:[ăa])?\b|absen[țţt][ăa]|concediu|[îi]n concediu|sunt [îi]n concediu|plecat|vacation|on leave|away\b"
    r"|abwesen(?:d|heit)|im urlaub|urlaub|szabads[áa]g)",
    re.IGNORECASE,
)


_TAGS = re.compile(r"^(?:\s*(?:\[[^\]]{1,30}\]|\*{1,5}[^*]{1,30}\*{1,5}|extern(?:al)?:))+\s*", re.IGNORECASE)
"""What mail gateways put before a subject, such as "[EXTERN]"."""


def kind_by_subject(subject: str) -> Literal["bounce", "auto-reply"] | None:
    """What the beginning of the subject says about the mail, if it is a phrase that programs write."""
    start = _beginning(subject)
    if BOUNCE.match(start):
        return "bounce"
    return "auto-reply" if ANSWER.match(start) else None


def is_absence(subject: str) -> bool:
    """Whether the subject begins with a word of absence, which people write as well."""
    return bool(ABSENCE.match(_beginning(subject)))


def _beginning(subject: str) -> str:
    return _TAGS.sub("", subject[:200]).strip()


class SubjectPattern:
    """Words only, so the finding is weak: the mail is marked and never acknowledged, but gets its case.

    A citizen may write "Nelivrat certificatul de urbanism" or "Absența copilului meu", too.
    """

    name = "subject_pattern"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Match the beginning of the subject in Romanian, English, German and Hungarian."""
        kind = kind_by_subject(context.subject)
        if kind is None and is_absence(context.subject):
            kind = "auto-reply"
        return Finding(kind, self.name, weak=True) if kind else None
