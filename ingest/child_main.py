"""The inside of a child process: sets its own limits, runs one task, writes one answer.

Reached only through `ingest.child_server`, which forks a process for every job.
"""

import ctypes
import importlib
import json
import os
import resource
import signal
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Final, NoReturn

from ingest.errors import IngestError

TASKS = {
    "make_archive_copy": "ingest.archive_copy:make",
    "read_turned": "ingest.turned_page:read",
    "draw_pages": "ingest.documents.page_job:draw_pages",
    "read_document": "ingest.documents.survey:survey",
    "read_page": "ingest.documents.page_job:read_page",
    "read_page_in_process": "ingest.documents.page_job:read_page",
    "take_apart": "ingest.message:take_apart_file",
    "take_pages": "ingest.page_taking:take",
}

_KILL_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2)
# Looked up before the fork: a forked process should do as little as possible before its limits stand.
_libc: Final = ctypes.CDLL(None, use_errno=True)


def do_job(job: Path, template: int) -> NoReturn:
    """Do the job described in `request.json` of the scratch directory; the answer is `answer.json` there.

    Runs in the process just forked from process `template`, and ends it.
    """
    status = 1
    try:
        os.setsid()
        _libc.prctl(_KILL_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == template:
            _only_own_files(job)
            request = json.loads((job / "request.json").read_bytes())
            _live_in(job, request["environment"])
            _limit(request["limits"])
            answer = _perform(request["task"], request["arguments"])
            (job / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
            status = 0
    except BaseException:  # noqa: BLE001  (nothing may return into the template's code)
        traceback.print_exc()
    finally:
        # Straight out: destructors of native libraries have nothing left to do and could only crash.
        os._exit(status)


def _only_own_files(job: Path) -> None:
    """Close what the template has open (the daemon's socket, other jobs) and send errors to the scratch directory."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    errors = os.open(job / "errors.txt", os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(errors, 2)
    os.close(errors)


def _live_in(job: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(job)
    tempfile.tempdir = None


def _limit(limits: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    # The hard limit one second later kills a task that would ignore SIGXCPU.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"], limits["file_bytes"]))
    # Python ignores SIGXFSZ by default and sees an OSError instead; a plain end is clearer to the parent.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def _perform(task: str, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        module, function = TASKS[task].split(":")
        return {"value": getattr(importlib.import_module(module), function)(arguments)}
    except IngestError as refusal:
        return _error(refusal.code, refusal.detail)
    except MemoryError:
        return _error("out-of-memory", "MemoryError")
    except Exception as failure:  # noqa: BLE001  (any bug or library error is an answer, not a crash)
        return _error("out-of-memory" if _is_memory(failure) else "crashed", _where(failure))


def _is_memory(failure: Exception) -> bool:
    """OpenCV reports a failed allocation as its own error with code -4 (StsNoMem)."""
    return getattr(failure, "code", None) == -4


def _where(failure: Exception) -> str:
    """Type and place only: the message of a library error may quote the letter."""
    last = traceback.extract_tb(failure.__traceback__)[-1]
    return f"{type(failure).__name__} at {Path(last.filename).name}:{last.lineno}"


def _error(code: str, detail: str) -> dict[str, Any]:
    return {"error": {"code": code, "detail": detail}}
