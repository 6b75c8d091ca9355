"""Machine mail: bounces, automatic replies, lists, reports and our own letters coming back.

What a rule finds is registered and visible like any letter but never acknowledged automatically. The
first finding in `RULES` wins, so the order is the precedence: what a mail *is* (a report, ours) before how
it was sent (automatically, through a list), header fields before words. Adding a rule is one file and one
line here. Rules and their hit rates: trial `mail.md` section 6.
"""

from ingest.checks.auto_response_headers import AutoResponseHeaders
from ingest.checks.auto_submitted import AutoSubmitted
from ingest.checks.daemon_sender import DaemonSender
from ingest.checks.delivery_report import DeliveryReport
from ingest.checks.finding import Context, Finding, MachineKind, Rule
from ingest.checks.list_headers import ListHeaders
from ingest.checks.no_reply_sender import NoReplySender
from ingest.checks.null_return_path import NullReturnPath
from ingest.checks.own_message import OwnMessage
from ingest.checks.precedence import Precedence
from ingest.checks.subject_pattern import SubjectPattern
from ingest.headers import Headers

__all__ = ["RULES", "Context", "Finding", "MachineKind", "Rule", "machine_mail"]

RULES: tuple[Rule, ...] = (
    DeliveryReport(),
    OwnMessage(),
    AutoResponseHeaders(),
    DaemonSender(),
    AutoSubmitted(),
    NullReturnPath(),
    ListHeaders(),
    Precedence(),
    NoReplySender(),
    SubjectPattern(),
)


def machine_mail(headers: Headers, context: Context) -> Finding | None:
    """The first finding of the rules in their order, or None for a letter written by a person."""
    return next((finding for rule in RULES if (finding := rule.check(headers, context))), None)
