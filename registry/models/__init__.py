"""The tables of the record, one file per subject."""

from registry.models.audit import AuditEvent
from registry.models.base import Base
from registry.models.cases import Case
from registry.models.decisions import Decision, Fact, ModelVersion
from registry.models.letters import JoinProposal, Letter, LetterPart, Page
from registry.models.likeness import LetterSignature, SimilarLetter
from registry.models.mail import BalanceDifference, LedgerEntry, MailboxAction, MailboxState, OAuthToken, RawFile
from registry.models.operation import Executor, Switch
from registry.models.paper import LabelCounter, PagePlace, PageText, SplitProposal
from registry.models.register import RegisterCounter, RegisterEntry
from registry.models.replies import Acknowledgement, DeliveryNotice, Outbox, Reply, ReplyVersion
from registry.models.users import LoginSession, User

__all__ = [
    "Acknowledgement",
    "AuditEvent",
    "BalanceDifference",
    "Base",
    "Case",
    "Decision",
    "DeliveryNotice",
    "Executor",
    "Fact",
    "JoinProposal",
    "LabelCounter",
    "LedgerEntry",
    "Letter",
    "LetterPart",
    "LetterSignature",
    "LoginSession",
    "MailboxAction",
    "MailboxState",
    "ModelVersion",
    "OAuthToken",
    "Outbox",
    "Page",
    "PagePlace",
    "PageText",
    "RawFile",
    "RegisterCounter",
    "RegisterEntry",
    "Reply",
    "ReplyVersion",
    "SimilarLetter",
    "SplitProposal",
    "Switch",
    "User",
]
