"""A plan of faults carried out on a mailbox that is being received, and what became of every mail."""

import json
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from imaplib import IMAP4
from pathlib import Path
from smtplib import SMTPException
from typing import Protocol

from imapclient import IMAPClient
from sqlmodel import col, func, select

from config import clock
from ingest.connection import MailboxAccount
from ingest.errors import MailboxError
from ingest.mailbox import Mailbox
from ingest.receive import place_of
from registry import audit
from registry.database import Database
from registry.models import LedgerEntry, Letter, RawFile, RegisterEntry
from registry.store import FileStore
from tests.support.fault_line import FaultLine
from tests.support.fault_plan import Burst, Fault, Happening, Staff, Way, draw
from tests.support.fault_server import CASE_FOLDER, FaultyDovecot, make_folder, move_all
from tests.support.mailboxes import account_on, other_program
from tests.support.mails import mail, text
from tests.support.postgres import PostgresServer
from tests.support.receiver import ACCOUNT, MAILBOX_ERROR, UNEXPECTED, poll_once
from tests.support.waiting import wait_until

READ_TIMEOUT = 0.4
_STRIKE_AT_WORK = frozenset(
    {Fault.KILL, Fault.SERVER_KILLED, Fault.INDEX_LOST, Fault.INDEX_LOST_LIVE, Fault.RECORD_KILLED}
)
_ID = re.compile(rb"proba-(\d+)-gata")
_LINE = "un rand de text care umple locul pana la capat\n"


@dataclass
class Outcome:
    """The figures of one run. `lost`, `doubled` and `cut_off` hold ids of mails, `without_outcome` UIDs,
    `forgotten` ids of letters that were there once and are not any more."""

    seed: int
    mails: int = 0
    letters: int = 0
    in_the_storm: int = 0
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    cut_off: list[int] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    unknown: int = 0
    snatched: int = 0
    gaps: bool = False
    without_outcome: list[int] = field(default_factory=list)
    broken_links: list[int] = field(default_factory=list)
    damaged_files: list[str] = field(default_factory=list)
    leftovers: int = 0
    left_after_sweep: int = 0
    uidvalidities: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    staff: Counter[str] = field(default_factory=Counter)
    mailbox_errors: Counter[str] = field(default_factory=Counter)
    other_errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0

    @property
    def promise_kept(self) -> bool:
        """Nothing lost, doubled, skipped or changed, and nothing left lying about."""
        return not (
            self.lost
            or self.doubled
            or self.cut_off
            or self.forgotten
            or self.unknown
            or self.gaps
            or self.without_outcome
            or self.broken_links
            or self.damaged_files
            or self.left_after_sweep
        )

    def line(self) -> str:
        """All figures in one line."""
        return (
            f"seed {self.seed}: {self.mails} mails in, {self.letters} letters "
            f"({self.in_the_storm} before the last poll), {len(self.lost)} lost, {len(self.doubled)} doubled, "
            f"{len(self.cut_off)} cut off, gaps: {'yes' if self.gaps else 'none'}, "
            f"{len(self.without_outcome)} UIDs without outcome, {self.snatched} taken away before they were seen, "
            f"{sum(self.faults.values())} faults {_counts(self.faults)}, staff {_counts(self.staff)}, "
            f"{self.uidvalidities} UIDVALIDITY values, {self.leftovers} temporary files swept, "
            f"failed polls {_counts(self.mailbox_errors)}, other errors {_counts(self.other_errors)}, "
            f"{self.seconds:.0f} s"
        )


class Receivers(Protocol):
    """The programs that receive: how they are started and ended, and how many there may be at once."""

    @property
    def at_most(self) -> int:
        """How many may run."""

    def start(self, account: MailboxAccount) -> int:
        """Start one; its process id."""

    def end(self, pid: int, how: signal.Signals) -> None:
        """Send one the signal that ends it, and wait until it has gone."""


class FaultRun:
    """One mailbox, one record, its receivers, and everything that happens to them.

    `lines` lead to the server's TLS port and to its plain port, and break together. `catch_up_every`: after so many
    faults wait until all mail is in (for receivers that start slowly or pause long after a failure); 0: never.
    """

    def __init__(
        self,
        receivers: Receivers,
        server: FaultyDovecot,
        lines: tuple[FaultLine, FaultLine],
        database: Database,
        store: FileStore,
        user: str,
        *,
        seed: int,
        log: Path,
        postgres: PostgresServer | None = None,
        catch_up_every: int = 0,
    ) -> None:
        self._catch_up_every = catch_up_every
        self.receivers, self.server, self.lines, self.user = receivers, server, lines, user
        self.database, self.store, self.postgres, self.log = database, store, postgres, log
        self.outcome = Outcome(seed)
        self._chance = random.Random(seed)
        self._serial = seed * 1_000_000
        self._delivered: set[int] = set()
        self._snatched: set[int] = set()
        self._uncertain: set[int] = set()
        self._mail_program: IMAPClient | None = None
        self._ids_of_letters: dict[int, int] = {}
        self._running: list[int] = []
        self._patient = replace(account_on(server, user), read_timeout=30, connect_timeout=30)
        impatient = replace(self._patient, read_timeout=READ_TIMEOUT, connect_timeout=READ_TIMEOUT)
        over_tls, plain = lines
        self._accounts = (
            replace(impatient, port=over_tls.port),
            replace(impatient, security="plain", host=plain.host, port=plain.port),
        )

    def carry_out(self, faults: int) -> Outcome:
        """Draw the plan, let it happen, let everything settle, and look."""
        start = time.monotonic()
        try:
            self._start_receiver()
            for happening in draw(self.outcome.seed, faults, record_may_die=self.postgres is not None):
                if isinstance(happening, Burst):
                    self._deliver(happening)
                else:
                    self._let_happen(happening)
            self.outcome.in_the_storm = len(self._letters())
            self._settle()
            self._look()
        except BaseException as error:
            error.add_note(f"until then: {self.outcome.line()}")
            raise
        self.outcome.seconds = time.monotonic() - start
        return self.outcome

    # --- mail comes in ---------------------------------------------------------------------------------------

    def _deliver(self, burst: Burst) -> None:
        for padding in burst.padding:
            raw = self._new_mail(padding)
            try:
                for _ in range(1 + burst.twice):
                    match burst.way:
                        case Way.DROP:
                            self.server.deliver(self.user, raw)
                        case Way.APPEND:
                            self._append(raw)
                        case Way.LMTP:
                            self.server.deliver_by_lmtp(self.user, raw)
                            break  # never twice: with its own Received each would be a mail of its own
            except (SMTPException, IMAP4.error, OSError):
                # The server did not take it, or nobody knows; a sender tries again, here with another mail.
                self._uncertain.add(self._serial)
                self._close_mail_program()
                self.server.deliver(self.user, self._new_mail(padding))
        self._close_mail_program()

    def _new_mail(self, padding: int) -> bytes:
        self._serial += 1
        self._delivered.add(self._serial)
        words = f"proba-{self._serial}-gata\n" + _LINE * (padding // len(_LINE)) + f"sfarsit-{self._serial}-gata\n"
        return mail(text(words), subject=f"Cerere {self._serial}")

    def _append(self, raw: bytes) -> None:
        if self._mail_program is None:
            self._mail_program = self.server.mail_program(self.user)
        self._mail_program.append("INBOX", raw)

    def _close_mail_program(self) -> None:
        if self._mail_program is not None:
            self._mail_program.shutdown()
            self._mail_program = None

    # --- things break ----------------------------------------------------------------------------------------

    def _let_happen(self, happening: Happening) -> None:
        time.sleep(happening.after)  # the moment is drawn, not awaited
        if isinstance(happening.what, Staff):
            with suppress(IMAP4.error, OSError):  # a mail program meets the same broken server
                self._staff_at_work(happening)
            self.outcome.staff[happening.what] += 1
            return
        faults: dict[Fault, Callable[[int], None]] = {
            Fault.KILL: self._kill,
            Fault.CUT: self._cut,
            Fault.SILENCE: lambda _: self._for_longer_than_the_timeout(self._fall_silent, self._recover),
            Fault.SLOW: self._slow,
            Fault.SERVER_FROZEN: lambda _: self._for_longer_than_the_timeout(self.server.freeze, self.server.thaw),
            Fault.SERVER_KILLED: self._kill_server,
            Fault.RECEIVER_FROZEN: self._freeze_receiver,
            Fault.INDEX_LOST: self._lose_index_with_the_server,
            Fault.INDEX_LOST_LIVE: lambda _: self.server.lose_index(self.user),
            Fault.RECORD_KILLED: self._kill_record,
        }
        if happening.what in _STRIKE_AT_WORK and happening.amount % 4:
            self._wait_for_work()
        faults[happening.what](happening.amount)
        self.outcome.faults[happening.what] += 1
        if self._catch_up_every and self.outcome.faults.total() % self._catch_up_every == 0:
            wait_until(lambda: not self._missing(), seconds=120, what="all mail being in")

    def _wait_for_work(self) -> None:
        """Until a letter is being made of the mail that came in last, or a second has gone by."""
        before, deadline = self._last_letter(), time.monotonic() + 1
        while self._last_letter() == before and time.monotonic() < deadline:
            time.sleep(0.003)

    def _last_letter(self) -> int:
        with self.database.read() as session:
            return session.exec(select(func.max(Letter.id))).one() or 0

    def _kill(self, amount: int) -> None:
        pid = self._running.pop(amount % len(self._running))
        self.receivers.end(pid, signal.SIGKILL)
        if not self._running:
            self._start_receiver()

    def _cut(self, amount: int) -> None:
        before = self._cuts()
        for line in self.lines:
            line.cut_after(amount)
        with suppress(AssertionError):  # little is being said: cut in the middle of that
            wait_until(lambda: self._cuts() > before, seconds=0.2)
        if self._cuts() == before:
            for line in self.lines:
                line.cut_now()

    def _cuts(self) -> int:
        return sum(line.cuts for line in self.lines)

    def _slow(self, amount: int) -> None:
        for line in self.lines:
            line.slow_down(2_000 + amount % 200_000)
        time.sleep(0.2)
        self._recover()

    def _fall_silent(self) -> None:
        for line in self.lines:
            line.fall_silent()

    def _recover(self) -> None:
        for line in self.lines:
            line.recover()

    def _for_longer_than_the_timeout(self, begin: Callable[[], None], end: Callable[[], None]) -> None:
        begin()
        time.sleep(READ_TIMEOUT * 1.5)
        end()

    def _freeze_receiver(self, amount: int) -> None:
        pid = self._running[amount % len(self._running)]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.2 + amount % 300 / 1000)
        os.kill(pid, signal.SIGCONT)

    def _kill_server(self, amount: int) -> None:
        self.server.kill()
        if amount % 2:
            self._deliver(Burst(Way.DROP, (100,), twice=False))
        self.server.start()

    def _lose_index_with_the_server(self, _: int) -> None:
        self.server.kill()
        self.server.lose_index(self.user)
        self.server.start()

    def _kill_record(self, _: int) -> None:
        assert self.postgres is not None
        self.postgres.crash()
        self.postgres.start()

    def _start_receiver(self) -> None:
        self._running.append(self.receivers.start(self._chance.choice(self._accounts)))

    # --- people work in the mailbox --------------------------------------------------------------------------

    def _staff_at_work(self, happening: Happening) -> None:
        if happening.what is Staff.SECOND_RECEIVER:
            if len(self._running) < self.receivers.at_most:
                self._start_receiver()
            return
        with other_program(self.server, self.user) as client:
            make_folder(client, CASE_FOLDER)
            if happening.what is Staff.MOVE_BACK:
                move_all(client, CASE_FOLDER, "INBOX")
                return
            uids = client.search("ALL")
            chosen = random.Random(happening.amount).sample(uids, k=min(len(uids), 1 + happening.amount % 4))
            match happening.what:
                case Staff.READ:
                    client.fetch(chosen, [b"BODY[]"])
                case Staff.FLAG:
                    client.add_flags(chosen, [b"\\Flagged", b"\\Seen"])
                case Staff.DELETE:
                    chosen = self._may_go(client, chosen, happening.amount)
                    client.delete_messages(chosen)
                    client.expunge(chosen)
                case Staff.MOVE:
                    client.move(self._may_go(client, chosen, happening.amount), CASE_FOLDER)

    def _may_go(self, client: IMAPClient, uids: list[int], amount: int) -> list[int]:
        """Those that are letters already; now and then others too, which nobody can blame Cabinet for."""
        head = client.fetch(uids, [b"BODY.PEEK[TEXT]<0.300>"])
        ids = {uid: _id_in(data.get(b"BODY[TEXT]<0>", b"")) for uid, data in head.items()}
        registered = set(self._letters().values())
        if amount % 5 == 0:
            self._snatched |= {one for one in ids.values() if one is not None and one not in registered}
            return list(ids)
        return [uid for uid, one in ids.items() if one in registered]

    def _letters(self) -> dict[int, int]:
        """The id of the mail in each letter, by the letter's id."""
        last = max(self._ids_of_letters, default=0)
        with self.database.read() as session:
            new = session.exec(select(Letter.id, Letter.raw_sha256).where(col(Letter.id) > last)).all()
        for letter_id, sha256 in new:
            assert letter_id is not None
            content = self.store.read(sha256)
            serial = _id_in(content) or -1
            self._ids_of_letters[letter_id] = serial
            if f"sfarsit-{serial}-gata".encode() not in content:
                self.outcome.cut_off.append(serial)
        return self._ids_of_letters

    # --- afterwards ------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        self._recover()
        for pid in self._running:
            self.receivers.end(pid, signal.SIGTERM)

        def all_in() -> bool:
            try:
                report = poll_once(self.database, self.store, self._patient)
            except MailboxError:
                return False
            return report.waiting == 0 and report.new_letters == 0

        wait_until(all_in, what="a last good poll with nothing left to do")

    def _look(self) -> None:
        outcome = self.outcome
        seen_before, self._ids_of_letters, outcome.cut_off = self._letters(), {}, []
        ids = self._letters()
        outcome.forgotten = [letter for letter, serial in seen_before.items() if ids.get(letter) != serial]
        counts = Counter(ids.values())
        outcome.mails = len(self._delivered - (self._uncertain - set(counts)))
        outcome.letters = sum(counts.values())
        outcome.lost = self._missing()
        outcome.doubled = sorted(one for one, times in counts.items() if times > 1)
        outcome.unknown = sum(times for one, times in counts.items() if one not in self._delivered)
        outcome.snatched = len(self._snatched - set(counts))
        with self.database.read() as session:
            numbers = sorted(session.exec(select(RegisterEntry.number)))
            outcome.gaps = numbers != list(range(1, outcome.letters + 1))
            outcome.broken_links = list(audit.broken_links(session))
            outcome.uidvalidities = len(set(session.exec(select(LedgerEntry.place))))
            for sha256 in session.exec(select(RawFile.sha256)):
                try:
                    self.store.read(sha256)
                except Exception:  # noqa: BLE001
                    outcome.damaged_files.append(sha256)
            with Mailbox(self._patient) as mailbox:
                place, uids = place_of(ACCOUNT, "INBOX", mailbox), mailbox.uids()
            taken = session.exec(
                select(LedgerEntry.key).where(LedgerEntry.place == place, col(LedgerEntry.letter_id).is_not(None))
            )
            outcome.without_outcome = sorted(set(uids) - {int(key) for key in taken})
        outcome.leftovers = len(self._temporary_files())
        self.store.sweep(clock.now() + timedelta(days=400))
        outcome.left_after_sweep = len(self._temporary_files())
        for line in self.log.read_text(errors="replace").splitlines():
            kind, _, rest = line.partition(" ")
            if kind == MAILBOX_ERROR:
                outcome.mailbox_errors[rest.split(" ")[0]] += 1
            elif kind == UNEXPECTED:
                outcome.other_errors[rest] += 1
            elif '"mailbox_poll_failed"' in line:
                error = json.loads(line)["error"]
                (outcome.mailbox_errors if error.startswith("mailbox-") else outcome.other_errors)[error] += 1

    def _missing(self) -> list[int]:
        """Mails that should be letters and are not (yet)."""
        return sorted(self._delivered - self._snatched - self._uncertain - set(self._letters().values()))

    def _temporary_files(self) -> list[Path]:
        """Files of the store that are not kept under their hash."""
        return [path for path in self.store.folder.rglob("*") if path.is_file() and path != self.store.path(path.name)]


def _id_in(content: bytes) -> int | None:
    found = _ID.search(content)
    return int(found[1]) if found else None


def _counts(counter: Counter[str]) -> str:
    return "(" + (", ".join(f"{what} {times}" for what, times in sorted(counter.items())) or "none") + ")"
