"""Machine mail: bounces, automatic replies, lists, reports and our own letters coming back.

What a rule finds is registered and visible like any letter but never acknowledged automatically. Kinds in
`SORTED_OUT` get no case, unless the rule is weak; lists and no-reply senders go the whole way, because people
write through lists and institutions from such addresses. The first finding in `RULES` wins, so the order is the
precedence: what a mail *is* (a report, ours, an answer) before how it was sent (list, mass mailing), header
fields before words. Adding a rule is one file and one line here. The table with reasons is
docs/reference/machine-mail.md; the signs and how often they hit come from trial `mail.md` section 6.
"""

from typing import Final

from ingest.checks.asks_for_silence import AsksForSilence
from ingest.checks.auto_response_headers import AutoResponseHeaders
from ingest.checks.auto_submitted import AutoSubmitted
from ingest.checks.bulk_headers import BulkHeaders
from ingest.checks.calendar_answer import CalendarAnswer
from ingest.checks.daemon_sender import DaemonSender
from ingest.checks.delivery_report import DeliveryReport
from ingest.checks.finding import Context, Finding, MachineKind, Rule
from ingest.checks.list_headers import ListHeaders
from ingest.checks.no_reply_sender import NoReplySender
from ingest.checks.null_return_path import NullReturnPath
from ingest.checks.own_message import OwnMessage
from ingest.checks.precedence import Precedence
from ingest.checks.subject_and_sign import SubjectAndSign
from ingest.checks.subject_pattern import SubjectPattern
from ingest.checks.web_form import WebForm
from ingest.headers import Headers

__all__ = [
    "CHECKED_FIELDS",
    "CHECKED_PREFIXES",
    "RULES",
    "SORTED_OUT",
    "Context",
    "Finding",
    "MachineKind",
    "Rule",
    "machine_mail",
    "sorts_out",
]

RULES: tuple[Rule, ...] = (
    DeliveryReport(),
    CalendarAnswer(),
    OwnMessage(),
    WebForm(),
    AutoResponseHeaders(),
    DaemonSender(),
    AutoSubmitted(),
    SubjectAndSign(),
    NullReturnPath(),
    ListHeaders(),
    BulkHeaders(),
    Precedence(),
    AsksForSilence(),
    NoReplySender(),
    SubjectPattern(),
)
SORTED_OUT: Final[frozenset[MachineKind]] = frozenset({"bounce", "auto-reply", "report", "own", "bulk"})
WEAK_RULES: Final = frozenset({SubjectPattern.name})

# What a mail's reader must hand to the rules, besides the usual fields (from, reply-to, subject, ids).
CHECKED_FIELDS: Final = frozenset(
    {
        *("auto-submitted", "precedence", "x-precedence", "return-path", "content-type", "in-reply-to", "references"),
        *("mailing-list", "x-failed-recipients", "x-ms-exchange-message-is-ndr", "x-fc-machinegenerated"),
        *BulkHeaders.fields,
    }
)
CHECKED_PREFIXES: Final = (
    *("list-", "x-auto", "x-vacation", "x-mail-autoreply", "x-mailing-list", "x-cabinet-"),
    *BulkHeaders.prefixes,
)


def machine_mail(headers: Headers, context: Context) -> Finding | None:
    """The first finding of the rules in their order, or None for a letter written by a person."""
    return next((finding for rule in RULES if (finding := rule.check(headers, context))), None)


def sorts_out(kind: str, rule: str) -> bool:
    """Whether mail of this kind, found by this rule, gets no case; "" is a letter by a person."""
    return kind in SORTED_OUT and rule not in WEAK_RULES
