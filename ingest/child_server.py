"""The template process: has the modules of one kind of task loaded and forks one limited child per job.

Started by `ingest.child_template` with one end of a socket; knows nothing of the daemon but that socket, has no
database, no secret and one thread. It does no work itself: libraries that must not be forked once used
(OpenCV, OpenMP) are loaded here and first used in a child.

A job comes as one datagram: the path of its scratch directory and a socket of its own. Over that socket the
template says `{"pid"}` when the child runs and `{"status"}` when it has ended and everything it started is
gone. When the other end of a job's socket closes, the job is killed; when the daemon is gone, the template
kills what runs, removes its scratch directories and ends.
"""

import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.child_main import do_job

# What to load before forking, by task. A task without an entry is served by a bare template.
PRELOADED: Final[dict[str, tuple[str, ...]]] = {
    "take_apart": ("ingest.message",),
    "read_document": (
        "ingest.documents",
        "ingest.documents.sniff",
        "ingest.documents.pdf",
        "ingest.documents.image",
        "ingest.documents.office",
        "ingest.documents.text",
        "ingest.documents.sheets",
        "ingest.documents.csvtable",
        "ingest.documents.rtf",
        "ingest.documents.archive",
        "ingest.documents.signed",
        "ingest.documents.old_office",
    ),
}
MESSAGE_BYTES: Final = 4096


@dataclass(slots=True, eq=False)
class _Running:
    pid: int
    ended: int  # pidfd
    caller: socket.socket
    job: Path
    wanted: bool = True


def main(control: socket.socket, modules: tuple[str, ...]) -> None:
    """Serve jobs until the daemon closes its end of `control` or is gone."""
    # A service that is stopped gets this signal as a whole group; the daemon alone decides about its jobs.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for module in modules:
        # A library that is missing is missed by the jobs that need it.
        with suppress(ImportError):
            importlib.import_module(module)
    if modules and len(os.listdir("/proc/self/task")) > 1:
        # A library started a thread: forking now could copy a held lock. Serve with nothing loaded instead.
        os.execv(sys.executable, [sys.executable, "-P", "-m", "ingest.child_server", str(control.fileno())])  # noqa: S606
    gc.collect()
    gc.freeze()  # children that collect do not copy the template's pages
    _serve(control)


def _serve(control: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        running: set[_Running] = set()
        while True:
            for key, _ in selector.select():
                if key.fileobj is control:
                    try:
                        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 1)
                    except ConnectionError:
                        message, descriptors = b"", []
                    if not message:
                        _end_all(running)
                        return
                    running.add(_start(Path(os.fsdecode(message)), socket.socket(fileno=descriptors[0]), selector))
                elif key.data in running:
                    _attend(key, running, selector)


def _start(job: Path, caller: socket.socket, selector: selectors.BaseSelector) -> _Running:
    template = os.getpid()
    pid = os.fork()
    if pid == 0:
        do_job(job, template)
    one = _Running(pid, os.pidfd_open(pid), caller, job)
    _tell(one, {"pid": pid})
    selector.register(one.ended, selectors.EVENT_READ, one)
    selector.register(caller, selectors.EVENT_READ, one)
    return one


def _attend(key: selectors.SelectorKey, running: set[_Running], selector: selectors.BaseSelector) -> None:
    one: _Running = key.data
    if key.fileobj is one.caller:
        # Callers never speak after their request: this is the end of their interest.
        one.wanted = False
        selector.unregister(one.caller)
        _kill(one)
        return
    selector.unregister(one.ended)
    if one.wanted:
        selector.unregister(one.caller)
    running.discard(one)
    _bury(one)


def _kill(one: _Running) -> None:
    # A process just forked may not lead its group yet.
    for kill, number in ((os.killpg, one.pid), (os.kill, one.pid)):
        with suppress(ProcessLookupError, PermissionError):
            kill(number, signal.SIGKILL)


def _bury(one: _Running) -> None:
    """Reap a job that has ended: its group first, so that the group's number cannot belong to anybody else yet."""
    _kill(one)
    _, status = os.waitpid(one.pid, 0)
    os.close(one.ended)
    if not one.wanted:
        shutil.rmtree(one.job, ignore_errors=True)
    _tell(one, {"status": os.waitstatus_to_exitcode(status)})
    one.caller.close()


def _end_all(running: set[_Running]) -> None:
    for one in running:
        one.wanted = False
        _kill(one)
    for one in running:
        _bury(one)


def _tell(one: _Running, message: dict[str, int]) -> None:
    with suppress(OSError):  # the caller is gone
        one.caller.send(json.dumps(message).encode())


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), tuple(sys.argv[2:]))
