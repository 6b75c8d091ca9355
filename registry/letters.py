"""Receiving: from bytes at a door to a numbered letter, once, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from registry import audit, numbering
from registry.models import LedgerEntry, Letter, RegisterEntry
from registry.statuses import LetterStatus, change_letter
from registry.store import FileStore, record_file


class Source(StrEnum):
    """The doors of the house."""

    MAILBOX = "mailbox"
    SCANS = "scans"
    DESK = "desk"
    COMMAND = "command"


class Outcome(StrEnum):
    """What became of one thing seen at a door."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    VANISHED = "vanished"
    TOO_BIG = "too-big"
    FAILED = "failed"
    WAITING = "waiting"


FINAL_OUTCOMES = frozenset({Outcome.STORED, Outcome.DUPLICATE, Outcome.VANISHED, Outcome.TOO_BIG, Outcome.FAILED})


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing at a door: where (`place`), which (`key`), when it arrived there."""

    source: Source
    place: str
    key: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What receiving led to. `new` is false when the same bytes were already a letter."""

    letter_id: int
    new: bool


def receive(
    session: Session,
    store: FileStore,
    seen: Seen,
    sha256: str,
    *,
    channel: str,
    at: datetime,
    original_name: str = "",
) -> Received:
    """Make a letter of kept bytes and note the outcome in the ledger, in the caller's one transaction.

    `sha256` must already be in `store`. Identity is the hash: the same bytes seen again (another UID, a new
    UIDVALIDITY, the same scan) lead to the letter that exists. `channel` is "email" or "post".
    """
    record_file(session, store, sha256)
    letter = session.exec(select(Letter).where(Letter.raw_sha256 == sha256)).first()
    new = letter is None
    if letter is None:
        entry = numbering.register(session, direction="in", at=at)
        assert entry.id is not None
        letter = Letter(
            entry_id=entry.id,
            channel=channel,
            raw_sha256=sha256,
            original_name=original_name,
            received_at=seen.received_at,
            registered_at=at,
            status=LetterStatus.REGISTERED,
        )
        session.add(letter)
        session.flush()
        audit.record(
            session,
            at=at,
            actor=f"door:{seen.source}",
            act="register",
            subject=f"letters:{letter.id}",
            detail={"number": entry.number, "year": entry.year, "sha256": sha256},
        )
    outcome = Outcome.STORED if new else Outcome.DUPLICATE
    note(session, seen, outcome, at=at, sha256=sha256, letter_id=letter.id)
    assert letter.id is not None
    return Received(letter_id=letter.id, new=new)


RESTORED = "restored"
PROCESSING_FAILED = "processing-failed"


def process_again(session: Session, letter: Letter, *, at: datetime, actor: str) -> None:
    """Have the machine go through a letter anew: machine mail that is a letter after all, or failed work.

    A restored letter is not sorted out a second time (its `machine_rule` says so).
    """
    if letter.status == LetterStatus.MACHINE_MAIL:
        letter.machine_kind, letter.machine_rule = "", RESTORED
    change_letter(session, letter, LetterStatus.REGISTERED, at=at, actor=actor)
    letter.problem = ""
    letter.processing_round += 1


def note(
    session: Session,
    seen: Seen,
    outcome: Outcome,
    *,
    at: datetime,
    sha256: str | None = None,
    letter_id: int | None = None,
    problem: str = "",
) -> LedgerEntry:
    """Write or renew the ledger row of one thing seen at a door; a stored letter is never un-noted."""
    entry = session.exec(
        select(LedgerEntry).where(
            LedgerEntry.source == seen.source, LedgerEntry.place == seen.place, LedgerEntry.key == seen.key
        )
    ).first()
    if entry is None:
        entry = LedgerEntry(
            source=seen.source,
            place=seen.place,
            key=seen.key,
            outcome=outcome,
            first_seen_at=at,
            last_seen_at=at,
        )
        session.add(entry)
    if entry.letter_id is None:
        entry.outcome, entry.sha256, entry.letter_id, entry.problem = outcome, sha256, letter_id, problem
    entry.attempts += 1
    entry.last_seen_at = at
    session.flush()
    return entry


def final_keys(session: Session, source: Source, place: str) -> set[str]:
    """Keys at one place whose outcome is final, so that they need not be fetched again."""
    return set(
        session.exec(
            select(LedgerEntry.key).where(
                LedgerEntry.source == source,
                LedgerEntry.place == place,
                col(LedgerEntry.outcome).in_([str(outcome) for outcome in FINAL_OUTCOMES]),
            )
        )
    )


def number_of(session: Session, letter: Letter) -> RegisterEntry:
    """The line of the register under which the letter stands."""
    entry = session.get(RegisterEntry, letter.entry_id)
    assert entry is not None
    return entry
