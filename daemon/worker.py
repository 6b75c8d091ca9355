"""The worker: polls the doors, feeds the engine, watches over other workers."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import structlog
from sqlmodel import Session, col, select

from config import clock
from config.settings import Settings
from daemon import locks
from daemon.acknowledging import acknowledger
from daemon.engine import DISPATCHES, LETTERS, REVISIONS, Engine
from daemon.house import House, open_house
from daemon.lmtp import listener
from daemon.polling import MailboxPoller
from daemon.server_changes import changer
from daemon.sweeping import SWEEP_LOOK_SECONDS, sweeper
from ingest.errors import LanguageDataMissing
from ingest.scans import ScansFolder
from ingest.server_changes import LEAVE
from ingest.tesseract import ROMANIAN, installed_languages
from registry.letters import PROCESSING_FAILED
from registry.models import Executor, Letter, Outbox, Switch
from registry.page_edits import letters_to_revise
from registry.statuses import LetterStatus
from registry.switches import SwitchName
from responders import dispatch

LONGEST_HOUSEKEEPING_PAUSE = 5.0
ACKNOWLEDGING_PAUSES = 4  # of the pauses between two looks for work: an acknowledgement has time
RETENTION_SECONDS = 3600.0
# A connection may last for weeks, and a refresh token that is not used runs out.
TOKEN_USE_SECONDS = 86_400.0
LMTP_PAUSE = 1.0  # before the address is tried (again)
LONGEST_BACKOFF_SECONDS = 900.0
DRAIN_SECONDS = 20
BATCH = 200
DONE = frozenset({LetterStatus.READY, LetterStatus.MACHINE_MAIL})

log = structlog.get_logger()


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. `AlreadyRunning` if this slot (on SQLite: any worker) is taken."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    house = open_house(settings)
    slot = "sqlite" if house.database.is_sqlite else settings.worker.slot
    with locks.hold(settings.data_folder / "locks" / f"worker-{slot}.lock"):
        executor = f"{socket.gethostname()}-{slot}"
        house.store.sweep(clock.now())
        house.require_model()
        engine = Engine(house, executor)
        with house.database.write() as session:
            beat(session, executor)  # before the first work, or nobody would miss a worker that dies at once
        engine.launch()
        log.info("worker_started", executor=executor)
        threads = _start_threads(house, engine, executor, stop)
        stop.wait()
        engine.stop(DRAIN_SECONDS)
        for thread in threads:
            thread.join(timeout=DRAIN_SECONDS)
        log.info("worker_stopped", executor=executor)
    house.database.close()


def _start_threads(house: House, engine: Engine, executor: str, stop: threading.Event) -> list[threading.Thread]:
    settings = house.settings
    loops: list[tuple[str, float, Callable[[], object]]] = [
        ("feed", settings.worker.poll_seconds, lambda: feed(house, engine)),
        (
            "housekeeping",
            min(LONGEST_HOUSEKEEPING_PAUSE, settings.worker.silence_seconds / 3),
            lambda: keep_house(house, engine, executor),
        ),
        (
            "retention",
            RETENTION_SECONDS,
            lambda: engine.forget_finished(clock.now(), settings.worker.keep_finished_days),
        ),
    ]
    if settings.smtp is not None:
        loops.append(("acknowledgements", ACKNOWLEDGING_PAUSES * settings.worker.poll_seconds, acknowledger(house)))
    loops.append(("sweep", SWEEP_LOOK_SECONDS, sweeper(house)))
    if settings.scans is not None:
        departments = {department.slug: department.name for department in house.tables.departments}
        folder = ScansFolder(settings.scans.folder, settings.scans.stable_seconds, departments, executor)
        loops.append(
            ("scans", settings.scans.poll_seconds, lambda: folder.poll(house.database, house.store, clock.now()))
        )
    if settings.lmtp is not None:
        loops.append(("lmtp", LMTP_PAUSE, listener(house, settings.lmtp, stop)))
    for mailbox in settings.mailboxes:
        if mailbox.after_registration != LEAVE:
            loops.append((f"changes-{mailbox.name}", mailbox.poll_seconds, changer(house, mailbox)))
        if mailbox.oauth is not None:
            loops.append((f"tokens-{mailbox.name}", TOKEN_USE_SECONDS, house.tokens.of(mailbox).current))
    threads = [
        threading.Thread(target=_repeat, args=(name, every, act, stop), name=name, daemon=True)
        for name, every, act in loops
    ]
    threads += [
        threading.Thread(
            target=MailboxPoller(house, mailbox).run, args=(stop,), name=f"mailbox-{mailbox.name}", daemon=True
        )
        for mailbox in settings.mailboxes
    ]
    for thread in threads:
        thread.start()
    return threads


def _repeat(name: str, every: float, act: Callable[[], object], stop: threading.Event) -> None:
    """Do `act` again and again; after a failure wait longer each time, with jitter, and go on."""
    pause = every
    while not stop.wait(pause):
        try:
            act()
            pause = every
        except Exception as error:  # noqa: BLE001  (a loop that dies would lose letters silently)
            pause = min(LONGEST_BACKOFF_SECONDS, max(pause, every) * 2) * random.uniform(0.8, 1.2)  # noqa: S311
            log.error("loop_failed", loop=name, error=type(error).__name__, retry_seconds=round(pause, 1))


def feed(house: House, engine: Engine) -> None:
    """Give the engine every reply that is due to be sent and every letter that waits to be processed or revised.

    While text recognition is not installed, letters wait (registered and listed); they go on by themselves after.
    """
    with house.database.read() as session:
        waiting = session.exec(
            select(Letter.id, Letter.processing_round)
            .where(Letter.status == LetterStatus.REGISTERED, Letter.problem == "")
            .order_by(col(Letter.id))
            .limit(BATCH)
        ).all()
        changed = letters_to_revise(session, BATCH)
        due = [
            (outbox_id, dispatch_key(session, outbox_id)) for outbox_id in dispatch.due_dispatches(session, clock.now())
        ]
    for outbox_id, key in due:
        engine.enqueue(DISPATCHES, key, outbox_id)
    for letter_id, processing_round in changed:
        assert letter_id is not None
        engine.enqueue(REVISIONS, f"{letter_id}-{processing_round}", letter_id)
    if waiting:
        require_text_recognition(house.settings.recognition.engine)
    for letter_id, processing_round in waiting:
        assert letter_id is not None
        engine.enqueue(LETTERS, f"{letter_id}-{processing_round}", letter_id)


def dispatch_key(session: Session, outbox_id: int) -> str:
    """Names one try of one dispatch: a new one after each attempt, and after sending was turned off and on again."""
    switch = session.get_one(Switch, SwitchName.SENDING)
    attempts = session.get_one(Outbox, outbox_id).attempts
    return f"{outbox_id}-{attempts}-{switch.changed_at.timestamp():.6f}"


@cache
def require_text_recognition(engine: str) -> None:
    """Nothing, once the engine and its Romanian data are there; until then the ingest room's error that says so."""
    if ROMANIAN not in installed_languages(engine):
        raise LanguageDataMissing(ROMANIAN)


def keep_house(house: House, engine: Engine, executor: str) -> None:
    """Heartbeat, take over from silent workers, show letters whose work gave up."""
    with house.database.write() as session:
        beat(session, executor)
    for dead in silent_executors(house, executor):
        take_over(house, dead)
    show_failures(house, engine)


def beat(session: Session, executor: str) -> None:
    """Write down that this executor lives."""
    now = clock.now()
    row = session.get(Executor, executor)
    if row is None or row.pid != os.getpid():
        session.merge(Executor(id=executor, beat_at=now, pid=os.getpid(), started_at=now))
    else:
        row.beat_at = now


def silent_executors(house: House, own: str) -> list[str]:
    """Executors other than ours that have not been heard of for longer than allowed."""
    before = clock.now() - timedelta(seconds=house.settings.worker.silence_seconds)
    with house.database.read() as session:
        return list(session.exec(select(Executor.id).where(Executor.beat_at < before, Executor.id != own)))


def take_over(house: House, dead: str) -> None:
    """Give a silent executor's unfinished letters back to the queues, in a process of its own, and forget it."""
    log.warning("taking_over", executor=dead)
    subprocess.run([sys.executable, "-m", "daemon.takeover", dead], check=True, timeout=120)  # noqa: S603
    with house.database.write() as session:
        row = session.get(Executor, dead)
        if row is not None:
            session.delete(row)


def show_failures(house: House, engine: Engine) -> None:
    """Show people what the engine gave up: letters are marked, replies left half sent become theirs to decide."""
    letters = engine.failed_rows(LETTERS) + engine.failed_rows(REVISIONS)
    dispatches = engine.failed_rows(DISPATCHES)
    # Most were shown long ago: look first, so that SQLite's one writer is not kept busy for nothing.
    with house.database.read() as session:
        letters = [(key, letter_id) for key, letter_id in letters if _just_gave_up(session.get(Letter, letter_id), key)]
        half_sent = dispatch.in_flight(session).intersection(outbox_id for _, outbox_id in dispatches)
    for key, letter_id in letters:
        with house.database.write() as session:
            letter = session.get(Letter, letter_id)
            if letter and _just_gave_up(letter, key):
                letter.problem = PROCESSING_FAILED
                log.error("letter_gave_up", letter=letter_id)
    for outbox_id in sorted(half_sent):
        with house.database.write() as session:
            dispatch.settle_interrupted(session, outbox_id, clock.now())


def _just_gave_up(letter: Letter | None, key: str) -> bool:
    if letter is None or letter.status in DONE or letter.problem == PROCESSING_FAILED:
        return False
    return key == f"{letter.id}-{letter.processing_round}"
