"""The template process: has the modules of one kind of task loaded and forks one limited child per job.

Started by `ingest.child_template` with one end of a socket; knows nothing of the daemon but that socket, has no
database, no secret and one thread. It does no work itself: libraries that must not be forked once used
(OpenCV, OpenMP) are loaded here and first used in a child.

A job comes as one datagram: the path of its scratch directory and a socket of its own. Over that socket the
template says `{"pid"}` when the child runs and `{"status"}` when it has ended and everything it started is
gone. When the other end of a job's socket closes, the job is killed if it still runs and its scratch directory
is removed; when the daemon is gone, that is done for every job, and the template ends.
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

_DOCUMENTS: Final = (
    "ingest.documents",
    "ingest.documents.survey",
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
    "ingest.documents.page_job",
    "zxingcpp",
)
# What to load before forking, by task. A task without an entry is served by a bare template.
PRELOADED: Final[dict[str, tuple[str, ...]]] = {
    "take_apart": ("ingest.message",),
    "make_archive_copy": (
        "ingest.archive_copy",
        "ingest.archive_picture",
        "ingest.bilevel",
        "fpdf",
        "fontTools.subset",
    ),
    "read_document": _DOCUMENTS,
    "read_page_in_process": (*_DOCUMENTS, "ingest.engines.loaded_library"),
}
# Tasks that share the template of another.
_SERVED_BY: Final = {"read_page": "read_document", "draw_pages": "read_document", "read_turned": "read_document"}
MESSAGE_BYTES: Final = 4096


def template_name(task: str) -> str:
    """Which template serves a task; "" is the bare one."""
    name = _SERVED_BY.get(task, task)
    return name if name in PRELOADED else ""


@dataclass(slots=True, eq=False)
class _Job:
    pid: int
    ended: int  # pidfd
    caller: socket.socket
    folder: Path
    buried: bool = False
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
        jobs: set[_Job] = set()
        while True:
            for key, _ in selector.select():
                if key.fileobj is control:
                    try:
                        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 1)
                    except ConnectionError:
                        message, descriptors = b"", []
                    if not message:
                        _end_all(jobs)
                        return
                    jobs.add(_start(Path(os.fsdecode(message)), socket.socket(fileno=descriptors[0]), selector))
                elif key.fileobj is key.data.caller:
                    # Callers never speak after their request: this is the end of their interest.
                    key.data.wanted = False
                    selector.unregister(key.data.caller)
                    _kill(key.data)
                else:
                    selector.unregister(key.fileobj)
                    _bury(key.data)
                if key.data and key.data.buried and not key.data.wanted:
                    _clear(key.data)
                    jobs.discard(key.data)


def _start(folder: Path, caller: socket.socket, selector: selectors.BaseSelector) -> _Job:
    template = os.getpid()
    pid = os.fork()
    if pid == 0:
        do_job(folder, template)
    job = _Job(pid, os.pidfd_open(pid), caller, folder)
    _tell(job, {"pid": pid})
    selector.register(job.ended, selectors.EVENT_READ, job)
    selector.register(caller, selectors.EVENT_READ, job)
    return job


def _kill(job: _Job) -> None:
    if job.buried:
        return
    # A process just forked may not lead its group yet.
    for kill, number in ((os.killpg, job.pid), (os.kill, job.pid)):
        with suppress(ProcessLookupError, PermissionError):
            kill(number, signal.SIGKILL)


def _bury(job: _Job) -> None:
    """Reap a job that has ended: its group first, so that the group's number cannot belong to anybody else yet."""
    _kill(job)
    _, status = os.waitpid(job.pid, 0)
    os.close(job.ended)
    job.buried = True
    _tell(job, {"status": os.waitstatus_to_exitcode(status)})


def _clear(job: _Job) -> None:
    shutil.rmtree(job.folder, ignore_errors=True)
    job.caller.close()


def _end_all(jobs: set[_Job]) -> None:
    for job in jobs:
        _kill(job)
    for job in jobs:
        if not job.buried:
            _bury(job)
        _clear(job)


def _tell(job: _Job, message: dict[str, int]) -> None:
    with suppress(OSError):  # the caller is gone
        job.caller.send(json.dumps(message).encode())


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), tuple(sys.argv[2:]))
