"""The daemon's side of a template process (`ingest.child_server`): start it, hand it jobs, replace it.

Nothing is stopped at exit: a template ends by itself when the daemon's end of its socket closes, and no thread
of an ending daemon may take the end of its job for the letter's fault.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from ingest.child_server import MESSAGE_BYTES, PRELOADED, template_name
from ingest.errors import ChildCrashed, ChildTimeout

HOUSE: Final = Path(__file__).resolve().parent.parent
PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TESSDATA_PREFIX")
# A template loads its modules first, on a busy machine; afterwards it answers within milliseconds.
_START_SECONDS: Final = 120
_END_SECONDS: Final = 30


class TemplateGone(Exception):
    """The template ended; whether it had begun the job does not matter, because the job ended with it."""


class Template:
    """One running template process. Safe to use from several threads at once."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                # -P: no scratch directory is ever a place to import from.
                [sys.executable, "-P", "-m", "ingest.child_server", str(theirs.fileno()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=clean_environment(),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The number of the template's process."""
        return self._process.pid

    def run(self, job: Path, wall_seconds: float) -> tuple[int, socket.socket]:
        """Run the job of this scratch directory; returns its exit status (negative: killed by that signal).

        When the socket in the answer is closed, be it by the end of this process, the template removes the
        directory. Errors: `ChildTimeout` after `wall_seconds`, `TemplateGone`.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                socket.send_fds(self._control, [os.fsencode(job)], [theirs.fileno()])
            return self._outcome(ours, wall_seconds), ours
        except OSError as failure:
            ours.close()
            raise TemplateGone from failure
        except BaseException:
            ours.close()  # which kills the job
            raise

    def _outcome(self, ours: socket.socket, wall_seconds: float) -> int:
        pid = self._hear(ours, "pid", _START_SECONDS)
        try:
            return self._hear(ours, "status", wall_seconds, late=ChildTimeout(f"over {wall_seconds:g} seconds"))
        except ChildTimeout:
            ours.shutdown(socket.SHUT_WR)
            with suppress(TemplateGone):
                self._hear(ours, "status", _END_SECONDS)
            raise
        except TemplateGone:
            # The child dies with the template; what it had started is still in its group.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            raise

    def _hear(self, caller: socket.socket, what: str, seconds: float, *, late: Exception | None = None) -> int:
        """The template's next word about a job. Errors: `late` if it does not come in time, else `TemplateGone`.

        A template that is late for no reason of the job's hangs, and is ended.
        """
        caller.settimeout(seconds)
        try:
            message = caller.recv(MESSAGE_BYTES)
        except TimeoutError:
            if late:
                raise late from None
            self.end()
            message = b""
        except ConnectionError:
            message = b""
        if not message:
            raise TemplateGone
        return int(json.loads(message)[what])

    def end(self) -> None:
        """End the template; what it runs ends with it."""
        self._process.kill()
        self._process.wait()
        self._control.close()


def clean_environment() -> dict[str, str]:
    """The environment of templates and their children: what programs need to run, and no secret of the daemon."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # OpenMP threads of parallel Tesseracts spin against each other: 10 to 40 times slower (trials/ocr.md, 3.1).
    # NumPy's OpenBLAS starts threads as soon as it is loaded, and a process with threads must not be forked.
    return kept | {"OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(HOUSE)}


def run_job(task: str, job: Path, wall_seconds: float) -> tuple[int, socket.socket]:
    """Run a job on the template for its task, started if need be, once more if the template was killed meanwhile.

    Returns what `Template.run` does.

    Errors: `ChildTimeout`, and `ChildCrashed` if the template cannot be kept running.
    """
    for _ in range(2):
        template = _template_for(task)
        try:
            return template.run(job, wall_seconds)
        except TemplateGone:
            _forget(task, template)
    raise ChildCrashed("the template process ended")


_templates: dict[str, Template] = {}
_templates_lock: Final = threading.Lock()


def _template_for(task: str) -> Template:
    kind = template_name(task)
    with _templates_lock:
        if kind not in _templates:
            _templates[kind] = Template(PRELOADED.get(kind, ()))
        return _templates[kind]


def _forget(task: str, template: Template) -> None:
    kind = template_name(task)
    with _templates_lock:
        # Another thread may have replaced it already.
        if _templates.get(kind) is template:
            del _templates[kind]
            template.end()
