"""The inside of the child process: takes one request, sets its own limits, runs one task, writes one answer.

Started only by `ingest.child.run_limited`, with the scratch directory as its only argument.
"""

import importlib
import json
import os
import resource
import shutil
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from ingest.errors import IngestError

TASKS = {
    "read_document": "ingest.documents:read",
    "take_apart": "ingest.message:take_apart_file",
}


def main(job: Path) -> None:
    """Do the job described in `request.json` of the scratch directory; the answer is `answer.json` there."""
    threading.Thread(target=_die_with_parent, args=(job,), daemon=True).start()
    request = json.loads((job / "request.json").read_bytes())
    _limit(request["limits"])
    answer = _perform(request["task"], request["arguments"])
    (job / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _die_with_parent(job: Path) -> None:
    """End this process group when the parent is gone; the letter is read again after the restart."""
    sys.stdin.buffer.read()
    shutil.rmtree(job, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    # Straight out: destructors of native libraries have nothing left to do and could only crash.
    os._exit(0)
