"""Run one task on hostile input in a child process that cannot hurt the daemon.

The child gets its own process group, memory, processor and file size limits and an environment without
secrets; it hands back one JSON value or nothing. Everything it leaves (processes, scratch files) is removed.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import structlog

from ingest.errors import ChildAnswerTooBig, ChildCrashed, ChildError, ChildTimeout, error_for

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"

HOUSE = Path(__file__).resolve().parent.parent
MEMORY_DISK = Path("/dev/shm")  # noqa: S108  (a private directory is made inside it)
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TESSDATA_PREFIX")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use. Sizes in bytes, times in seconds; `pages` is for the task to heed."""

    memory: int = 2 * 1024**3
    cpu_seconds: int = 300
    wall_seconds: float = 600
    file_bytes: int = 256 * 1024**2
    answer_bytes: int = 64 * 1024**2
    pages: int = 200


def run_limited(task: str, arguments: dict[str, JSON], *, limits: Limits) -> JSON:
    """Run `task` (a name in `ingest.child_main.TASKS`) in a limited child and return its answer.

    Errors: whatever typed error the task raised itself (`IngestError` family), else `ChildTimeout`,
    `ChildOutOfMemory`, `ChildAnswerTooBig` or `ChildCrashed`.
    """
    job = Path(tempfile.mkdtemp(prefix="cabinet-child-", dir=_scratch_root()))
    try:
        request = {"task": task, "arguments": arguments, "limits": asdict(limits)}
        (job / "request.json").write_text(json.dumps(request), encoding="utf-8")
        status = _run(job, limits.wall_seconds)
        return _answer(job, status, limits)
    except ChildError as failure:
        log.warning("child_failed", task=task, code=failure.code, detail=failure.detail)
        raise
    finally:
        shutil.rmtree(job, ignore_errors=True)


def _scratch_root() -> str | None:
    return str(MEMORY_DISK) if os.access(MEMORY_DISK, os.W_OK | os.X_OK) else None


def _environment(job: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # OpenMP threads of parallel Tesseracts spin against each other: 10 to 40 times slower (trials/ocr.md, 3.1).
    return kept | {"OMP_THREAD_LIMIT": "1", "PYTHONPATH": str(HOUSE), "TMPDIR": str(job), "HOME": str(job)}


def _run(job: Path, wall_seconds: float) -> int:
    """Start the child and wait for it; returns its exit status (negative: killed by that signal)."""
    with (job / "errors.txt").open("wb") as errors:
        # -P: the scratch directory is never a place to import from.
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", "ingest.child_main", str(job)],
            stdin=subprocess.PIPE,  # held open: the child ends itself when this process dies
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=job,
            env=_environment(job),
            start_new_session=True,
        )
    try:
        # A pidfd tells of the end without reaping, so the group id cannot be reused before the kill below.
        ended = os.pidfd_open(child.pid)
        try:
            in_time = bool(select.select([ended], [], [], wall_seconds)[0])
        finally:
            os.close(ended)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        status = child.wait()
        if child.stdin:
            child.stdin.close()
    if not in_time:
        raise ChildTimeout(f"over {wall_seconds:g} seconds")
    return status


def _answer(job: Path, status: int, limits: Limits) -> JSON:
    if status == -signal.SIGXCPU:
        raise ChildTimeout(f"over {limits.cpu_seconds} processor seconds")
    if status == -signal.SIGXFSZ:
        raise ChildAnswerTooBig(f"a file over {limits.file_bytes} bytes")
    if status:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        raise ChildCrashed(how)
    path = job / "answer.json"
    if not path.exists():
        raise ChildCrashed("no answer")
    if path.stat().st_size > limits.answer_bytes:
        raise ChildAnswerTooBig(f"an answer over {limits.answer_bytes} bytes")
    answer = json.loads(path.read_bytes())
    if "error" in answer:
        raise error_for(answer["error"]["code"], answer["error"]["detail"])
    value: JSON = answer["value"]
    return value
