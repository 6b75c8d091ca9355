"""The day on which an answer left, in the register: at the letter's line and at the answer's own, if it has one."""

from datetime import date

from sqlmodel import Session, select

from registry.models import Letter, RegisterEntry, Reply


def write_dispatch_day(session: Session, reply: Reply, day: date | None) -> None:
    """Write the day of dispatch of an answer into its lines; None when the answer came back."""
    letter = session.get_one(Letter, reply.letter_id)
    own_line = (RegisterEntry.joined_to_id == letter.entry_id) & (RegisterEntry.registered_at == reply.decided_at)
    for entry in session.exec(select(RegisterEntry).where((RegisterEntry.id == letter.entry_id) | own_line)):
        entry.dispatched_on = day
