"""The tables of the record, one file per subject."""

from registry.models.audit import AuditEvent
from registry.models.base import Base
from registry.models.cases import Case
from registry.models.decisions import Decision, Fact
from registry.models.letters import Letter, LetterPart, Page
from registry.models.mail import LedgerEntry, MailboxState, RawFile
from registry.models.operation import Executor, Switch
from registry.models.register import RegisterCounter, RegisterEntry
from registry.models.replies import Outbox, Reply, ReplyVersion
from registry.models.users import LoginSession, User

__all__ = [
    "AuditEvent",
    "Base",
    "Case",
    "Decision",
    "Executor",
    "Fact",
    "LedgerEntry",
    "Letter",
    "LetterPart",
    "LoginSession",
    "MailboxState",
    "Outbox",
    "Page",
    "RawFile",
    "RegisterCounter",
    "RegisterEntry",
    "Reply",
    "ReplyVersion",
    "Switch",
    "User",
]
