"""Receiving: from bytes at a door to a numbered letter, once, in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, and_, col, not_, select

from registry import audit, numbering
from registry.errors import NotFound, StatusRefused
from registry.models import LedgerEntry, Letter, MailboxState, RegisterEntry
from registry.statuses import LetterStatus, change_letter
from registry.store import FileStore, record_files


class Source(StrEnum):
    """The doors of the house."""

    MAILBOX = "mailbox"
    SCANS = "scans"
    DESK = "desk"
    COMMAND = "command"
    LMTP = "lmtp"


class Outcome(StrEnum):
    """What became of one thing seen at a door."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    VANISHED = "vanished"
    TOO_BIG = "too-big"
    FAILED = "failed"
    WAITING = "waiting"
    SKIPPED = "skipped"


FINAL_OUTCOMES = frozenset(
    {Outcome.STORED, Outcome.DUPLICATE, Outcome.VANISHED, Outcome.TOO_BIG, Outcome.FAILED, Outcome.SKIPPED}
)
NOT_TAKEN_IN = frozenset({Outcome.TOO_BIG, Outcome.FAILED})


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


@dataclass(frozen=True, slots=True)
class Arrival:
    """Kept bytes (`sha256`, already in the store) that arrived at a door, to be made a letter."""

    seen: Seen
    sha256: str
    original_name: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one thing seen at a door; `size` (bytes), `subject` and `sender` of what was not taken in."""

    seen: Seen
    outcome: Outcome
    sha256: str | None = None
    letter_id: int | None = None
    problem: str = ""
    size: int | None = None
    subject: str = ""
    sender: str = ""


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
    (received,) = receive_many(session, store, [Arrival(seen, sha256, original_name)], channel=channel, at=at)
    return received


def receive_many(
    session: Session, store: FileStore, arrivals: Sequence[Arrival], *, channel: str, at: datetime
) -> list[Received]:
    """Make letters of several arrivals as `receive` does of one, all in the caller's one transaction.

    Numbers follow the order of `arrivals`. Meant for batches of some dozens: the record waits for the commit.
    """
    # First of all, so that two receivers never hold rows of files that the other one needs.
    audit.wait_for_turn(session)
    hashes = list(dict.fromkeys(arrival.sha256 for arrival in arrivals))
    record_files(session, store, hashes)
    letters = dict(session.exec(select(Letter.raw_sha256, Letter.id).where(col(Letter.raw_sha256).in_(hashes))).all())
    first: dict[str, Arrival] = {}
    for arrival in arrivals:
        if arrival.sha256 not in letters:
            first.setdefault(arrival.sha256, arrival)
    letters |= _register(session, list(first.values()), channel=channel, at=at)
    findings, received = [], []
    for arrival in arrivals:
        letter_id, new = letters[arrival.sha256], first.get(arrival.sha256) is arrival
        assert letter_id is not None
        outcome = Outcome.STORED if new else Outcome.DUPLICATE
        findings.append(Finding(arrival.seen, outcome, sha256=arrival.sha256, letter_id=letter_id))
        received.append(Received(letter_id=letter_id, new=new))
    note_many(session, findings, at=at)
    return received


def _register(session: Session, arrivals: Sequence[Arrival], *, channel: str, at: datetime) -> dict[str, int | None]:
    """Numbers, letters and their lines of the audit trail; the letters' ids by hash."""
    entries = numbering.register_many(session, len(arrivals), direction="in", at=at)
    letters = []
    for arrival, entry in zip(arrivals, entries, strict=True):
        assert entry.id is not None
        letters.append(
            Letter(
                entry_id=entry.id,
                channel=channel,
                raw_sha256=arrival.sha256,
                original_name=arrival.original_name,
                received_at=arrival.seen.received_at,
                registered_at=at,
                status=LetterStatus.REGISTERED,
            )
        )
    session.add_all(letters)
    session.flush()
    acts = [
        audit.Act(
            actor=f"door:{arrival.seen.source}",
            act="register",
            subject=f"letters:{letter.id}",
            detail={"number": entry.number, "year": entry.year, "sha256": letter.raw_sha256},
        )
        for arrival, letter, entry in zip(arrivals, letters, entries, strict=True)
    ]
    audit.record_many(session, acts, at=at)
    return {letter.raw_sha256: letter.id for letter in letters}


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
    problem: str = "",
    size: int | None = None,
    subject: str = "",
    sender: str = "",
) -> LedgerEntry:
    """Write or renew the ledger row of one thing seen at a door; a stored letter is never un-noted."""
    finding = Finding(seen, outcome, problem=problem, size=size, subject=subject, sender=sender)
    (entry,) = note_many(session, [finding], at=at)
    return entry


def note_many(session: Session, findings: Sequence[Finding], *, at: datetime) -> list[LedgerEntry]:
    """Write or renew the ledger rows of several things; one row for each finding, in order."""
    audit.wait_for_turn(session)  # else two receivers make the row of one message at the same time
    rows = _rows_of(session, [finding.seen for finding in findings])
    entries = []
    for finding in findings:
        seen = finding.seen
        where = seen.source, seen.place, seen.key
        entry = rows.get(where)
        if entry is None:
            entry = rows[where] = LedgerEntry(
                source=seen.source,
                place=seen.place,
                key=seen.key,
                outcome=finding.outcome,
                first_seen_at=at,
                last_seen_at=at,
            )
            session.add(entry)
        _renew(entry, finding, at)
        entries.append(entry)
    session.flush()
    return entries


def _rows_of(session: Session, things: Sequence[Seen]) -> dict[tuple[str, str, str], LedgerEntry]:
    rows = {}
    for source, place in {(seen.source, seen.place) for seen in things}:
        keys = [seen.key for seen in things if (seen.source, seen.place) == (source, place)]
        found = session.exec(
            select(LedgerEntry).where(
                LedgerEntry.source == source, LedgerEntry.place == place, col(LedgerEntry.key).in_(keys)
            )
        )
        rows.update({(entry.source, entry.place, entry.key): entry for entry in found})
    return rows


def _renew(entry: LedgerEntry, finding: Finding, at: datetime) -> None:
    if entry.letter_id is None:
        entry.outcome, entry.problem = finding.outcome, finding.problem
        entry.sha256, entry.letter_id = finding.sha256, finding.letter_id
        if finding.letter_id is not None:
            entry.size, entry.subject, entry.sender = None, "", ""  # the letter says it from now on
        else:
            entry.size = finding.size if finding.size is not None else entry.size
            entry.subject, entry.sender = finding.subject or entry.subject, finding.sender or entry.sender
    if finding.outcome is not Outcome.WAITING:
        entry.released = False
    entry.attempts += 1
    entry.last_seen_at = at


def release(session: Session, ledger_id: int, *, at: datetime, actor: str) -> LedgerEntry:
    """Have a message that was too big or failed fetched at the next look, whatever its size, with all its tries anew.

    `NotFound` if there is no such row; `StatusRefused` if it is of another kind, or its mailbox has numbered its
    messages anew since (the message then has another row).
    """
    entry = session.get(LedgerEntry, ledger_id)
    if entry is None:
        raise NotFound
    account, _, rest = entry.place.partition("/")
    folder, _, uidvalidity = rest.rpartition("/")
    state = session.get(MailboxState, (account, folder)) if entry.source == Source.MAILBOX else None
    if entry.outcome not in NOT_TAKEN_IN or state is None or str(state.uidvalidity) != uidvalidity:
        raise StatusRefused("ledger", entry.outcome, "released")
    entry.released, entry.attempts = True, 0
    audit.record(
        session,
        at=at,
        actor=actor,
        act="release",
        subject=f"ledger:{entry.id}",
        detail={"outcome": entry.outcome, "size": entry.size},
    )
    return entry


def final_keys(session: Session, source: Source, place: str, among: Collection[str] | None = None) -> set[str]:
    """Keys at one place (of those in `among`, if given: some hundreds) whose outcome is final, so that they need not
    be fetched again."""
    wanted = select(LedgerEntry.key).where(
        LedgerEntry.source == source,
        LedgerEntry.place == place,
        col(LedgerEntry.outcome).in_([str(outcome) for outcome in FINAL_OUTCOMES]),
        not_(col(LedgerEntry.released)),
    )
    return set(session.exec(wanted if among is None else wanted.where(col(LedgerEntry.key).in_(among))))


def open_entries(session: Session, source: Source, place: str) -> dict[str, LedgerEntry]:
    """The rows at one place that are to be tried again (waiting or released), by key."""
    waiting = and_(LedgerEntry.source == source, LedgerEntry.place == place) & (
        (col(LedgerEntry.outcome) == Outcome.WAITING) | col(LedgerEntry.released)
    )
    return {entry.key: entry for entry in session.exec(select(LedgerEntry).where(waiting))}


def number_of(session: Session, letter: Letter) -> RegisterEntry:
    """The line of the register under which the letter stands."""
    entry = session.get(RegisterEntry, letter.entry_id)
    assert entry is not None
    return entry
