"""A program that only receives mail, as a real process that can be killed: it looks into one mailbox again and again.

`Nursery` starts one process that has everything imported and makes each receiver by fork, in milliseconds.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from config import clock
from config.logging import set_up_logging
from config.settings import MailboxSettings, Settings
from config.town import Tables, load_tables
from ingest.connection import MailboxAccount
from ingest.errors import MailboxError
from ingest.mailbox import Mailbox
from ingest.receive import PollReport, receive_mail
from registry.database import Database
from registry.store import FileStore
from tests.support.dying import die_at
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
ACCOUNT = "primaria"
MAILBOX_ERROR, UNEXPECTED = "mailbox:", "unexpected:"
READY = "ready\n"
# Seconds after a failed poll, at most: in a storm of faults the daemon's quarter of an hour would be all calm.
LONGEST_PAUSE = 0.4


@dataclass(frozen=True, slots=True)
class Job:
    """What a receiver does; its log is appended to `log`, `pause` is in seconds between two polls.

    With `die_at` it polls once and dies at the moment of this number (see `tests.support.dying`); 0 only counts them.
    `keeps_line`: it receives as the daemon does, over one connection for all polls, and waits for news.
    """

    database_url: str
    store: Path
    account: MailboxAccount
    log: Path
    pause: float = 0.02
    die_at: int | None = None
    keeps_line: bool = False


class Nursery:
    """Makes receivers; use it as a context manager. All of them are dead when it ends.

    `with_daemon`: jobs may ask for `keeps_line`, for which the daemon is imported, and that takes seconds.
    """

    def __init__(self, *, with_daemon: bool = False) -> None:
        self._with_daemon = with_daemon

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.receiver", *(["daemon"] if self._with_daemon else [])],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._born: set[int] = set()
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == READY
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pid in list(self._born):
            self.end(pid, signal.SIGKILL)
        self._process.communicate(timeout=30)

    def start(self, job: Job) -> int:
        """Start a receiver; its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job), default=str) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        self._born.add(pid)
        return pid

    def lives(self, pid: int) -> bool:
        """Whether this receiver still runs."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            self._born.discard(pid)
            return False
        return True

    def end(self, pid: int, how: signal.Signals) -> None:
        """Send the signal that ends a receiver and wait until it has gone."""
        if self.lives(pid):
            os.kill(pid, how)
            self.wait(pid)

    def wait(self, pid: int) -> None:
        """Wait until a receiver has gone."""
        wait_until(lambda: not self.lives(pid), what=f"the end of receiver {pid}")


def poll_once(database: Database, store: FileStore, account: MailboxAccount) -> PollReport:
    """One look into the mailbox over a connection of its own."""
    with Mailbox(account) as mailbox:
        return receive_mail(database, store, mailbox, account=ACCOUNT, folder=account.folder)


def _receive(job: dict[str, Any]) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    account = MailboxAccount(
        **{**job["account"], "ca_file": Path(job["account"]["ca_file"]) if job["account"]["ca_file"] else None}
    )
    database = Database(job["database_url"])
    store = FileStore(Path(job["store"]))
    store.sweep(clock.now())
    if job["die_at"] is not None:
        with die_at(job["die_at"]) as moments:
            poll_once(database, store, account)
        print("moments:", *moments)
        return
    if job["keeps_line"]:
        _run_poller(database, store, account, stop)
        return
    while not stop.wait(job["pause"]):
        try:
            poll_once(database, store, account)
        except MailboxError as error:
            print(MAILBOX_ERROR, error.code, error.detail)
        except Exception as error:  # noqa: BLE001  (the worker goes on as well; the test counts them)
            print(UNEXPECTED, type(error).__name__)
            traceback.print_exc()


@cache
def _tables() -> Tables:
    return load_tables(None)


def _run_poller(database: Database, store: FileStore, account: MailboxAccount, stop: threading.Event) -> None:
    from daemon.house import House
    from daemon.polling import MailboxPoller

    os.environ["CABINET_MAILBOX_PRIMARIA_PASSWORD"] = account.password
    mailbox = MailboxSettings(
        name=ACCOUNT,
        host=account.host,
        port=account.port,
        security=account.security,
        username=account.username,
        folder=account.folder,
        ca_file=account.ca_file,
        poll_seconds=0.2,
        connect_timeout_seconds=account.connect_timeout,
        read_timeout_seconds=account.read_timeout,
    )
    settings = Settings(data_folder=store.folder.parent / "data", mailboxes=(mailbox,))
    MailboxPoller(House(settings, _tables(), database, store), mailbox).run(stop)


def _nurse() -> None:
    set_up_logging()
    if "daemon" in sys.argv:
        from daemon import polling

        polling.LONGEST_PAUSE = LONGEST_PAUSE  # type: ignore[misc]
        _tables()
    print(READY, end="", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            status = 1
            try:
                _receive(job)
                status = 0
            except BaseException:  # noqa: BLE001  (a fork never returns into the nurse's loop)
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(status)
        print(pid, flush=True)


if __name__ == "__main__":
    _nurse()
