"""Triggers by which the database itself keeps the promises: nothing unapproved leaves, no history is rewritten.

Each guard says on which change of which table it looks, and the condition under which it refuses. The conditions
are plain SQL that SQLite and PostgreSQL both understand.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse `event` on `table` when `refuse_when` holds (OLD and NEW are the row before and after)."""

    name: str
    table: str
    event: str
    refuse_when: str


_APPROVED = (
    "EXISTS (SELECT 1 FROM replies WHERE replies.id = NEW.reply_id AND replies.status IN ('approved', 'dispatched') "
    "AND replies.decided_by_id IS NOT NULL AND replies.approved_hash = NEW.content_hash)"
)
_SENDING_ON = """EXISTS (SELECT 1 FROM switches WHERE switches.name = 'sending' AND switches."on")"""

GUARDS_0001 = (
    Guard("trail_is_not_rewritten", "audit_events", "UPDATE", "TRUE"),
    Guard("trail_is_not_shortened", "audit_events", "DELETE", "TRUE"),
    Guard("decisions_are_not_rewritten", "decisions", "UPDATE", "TRUE"),
    Guard("decisions_are_not_removed", "decisions", "DELETE", "TRUE"),
    Guard("letters_are_not_removed", "letters", "DELETE", "TRUE"),
    Guard(
        "letters_keep_number_and_bytes",
        "letters",
        "UPDATE",
        "NEW.entry_id <> OLD.entry_id OR NEW.raw_sha256 <> OLD.raw_sha256 OR NEW.registered_at <> OLD.registered_at",
    ),
    Guard("raw_files_are_not_removed", "raw_files", "DELETE", "TRUE"),
    Guard("numbers_are_not_removed", "register_entries", "DELETE", "TRUE"),
    Guard(
        "numbers_are_not_changed",
        "register_entries",
        "UPDATE",
        "NEW.number <> OLD.number OR NEW.year <> OLD.year OR NEW.series <> OLD.series "
        "OR NEW.registered_at <> OLD.registered_at",
    ),
    Guard("versions_are_not_rewritten", "reply_versions", "UPDATE", "TRUE"),
    Guard("versions_are_not_removed", "reply_versions", "DELETE", "TRUE"),
    Guard(
        "approval_needs_a_person",
        "replies",
        "UPDATE",
        "NEW.status = 'approved' AND (NEW.decided_by_id IS NULL OR NEW.approved_hash IS NULL)",
    ),
    Guard("replies_are_not_born_approved", "replies", "INSERT", "NEW.approved_hash IS NOT NULL"),
    Guard(
        "approved_text_is_frozen",
        "replies",
        "UPDATE",
        "OLD.approved_hash IS NOT NULL AND (NEW.approved_hash IS NULL OR NEW.approved_hash <> OLD.approved_hash "
        "OR NEW.decided_by_id IS NULL OR NEW.decided_by_id <> OLD.decided_by_id "
        "OR NEW.subject <> OLD.subject OR NEW.body <> OLD.body OR NEW.channel <> OLD.channel "
        "OR NEW.recipient_name <> OLD.recipient_name OR NEW.recipient_email <> OLD.recipient_email "
        "OR NEW.recipient_address <> OLD.recipient_address)",
    ),
    Guard("replies_are_not_removed", "replies", "DELETE", "TRUE"),
    Guard("only_approved_replies_are_queued", "outbox", "INSERT", f"NOT {_APPROVED}"),
    Guard("dispatches_begin_by_waiting", "outbox", "INSERT", "NEW.state NOT IN ('queued', 'to-print')"),
    Guard(
        "a_dispatch_keeps_its_identity",
        "outbox",
        "UPDATE",
        "NEW.reply_id <> OLD.reply_id OR NEW.content_hash <> OLD.content_hash OR NEW.message_id <> OLD.message_id",
    ),
    Guard(
        "only_approved_replies_leave",
        "outbox",
        "UPDATE",
        f"NEW.state IN ('sending', 'sent', 'posted') AND NOT {_APPROVED}",
    ),
    Guard(
        "a_dispatch_is_claimed_once",
        "outbox",
        "UPDATE",
        f"NEW.state = 'sending' AND OLD.state <> 'sending' AND (OLD.state <> 'queued' OR NOT {_SENDING_ON})",
    ),
    Guard(
        "sent_follows_sending",
        "outbox",
        "UPDATE",
        "NEW.state = 'sent' AND OLD.state NOT IN ('sending', 'unknown', 'sent')",
    ),
    Guard(
        "posted_follows_printing",
        "outbox",
        "UPDATE",
        "NEW.state = 'posted' AND OLD.state NOT IN ('to-print', 'posted')",
    ),
    Guard("dispatches_are_not_removed", "outbox", "DELETE", "TRUE"),
)
GUARDS_0002 = (
    Guard("acknowledgements_are_not_changed", "acknowledgements", "UPDATE", "TRUE"),
    Guard("acknowledgements_are_not_removed", "acknowledgements", "DELETE", "TRUE"),
    Guard("notices_are_not_removed", "delivery_notices", "DELETE", "TRUE"),
    Guard(
        "only_what_left_comes_back",
        "outbox",
        "UPDATE",
        "NEW.state = 'bounced' AND OLD.state NOT IN ('sent', 'unknown', 'bounced')",
    ),
)
GUARDS_0003 = (
    Guard("page_texts_are_not_rewritten", "page_texts", "UPDATE", "TRUE"),
    Guard("page_texts_are_not_removed", "page_texts", "DELETE", "TRUE"),
    Guard("model_versions_are_not_removed", "model_versions", "DELETE", "TRUE"),
)
GUARDS = GUARDS_0001 + GUARDS_0002 + GUARDS_0003


def create_guards(connection: Connection, guards: Iterable[Guard]) -> None:
    """Put these guards on their tables; each migration names the ones it brought."""
    for guard in guards:
        for statement in _statements(guard, connection.dialect.name):
            connection.execute(text(statement))


def _statements(guard: Guard, dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW "
            f"WHEN {guard.refuse_when} BEGIN SELECT RAISE(ABORT, 'refused: {guard.name}'); END"
        ]
    row = "OLD" if guard.event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {guard.refuse_when} THEN "
        f"RAISE EXCEPTION 'refused: {guard.name}'; END IF; RETURN {row}; END $$",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW "
        f"EXECUTE FUNCTION {guard.name}()",
    ]
