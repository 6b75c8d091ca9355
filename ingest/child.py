"""Run one task on hostile input in a child process that cannot hurt the daemon.

The child is forked from a template process that has the task's modules loaded (`ingest.child_template`). It gets
its own process group, memory, processor and file size limits and an environment without secrets; it hands
back one JSON value or nothing. Everything it leaves (processes, scratch files) is removed.
"""

import json
import os
import shutil
import signal
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import structlog

from ingest.child_template import clean_environment, run_job
from ingest.errors import ChildAnswerTooBig, ChildCrashed, ChildError, ChildTimeout, error_for

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"

MEMORY_DISK = Path("/dev/shm")  # noqa: S108  (a private directory is made inside it)

PREFIX = "cabinet-child-"
LEFTOVER_AFTER = timedelta(days=1)  # longer than any job may last

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use. Sizes in bytes, times in seconds; `pages` is for the task to heed.

    Of a document `wall_seconds` are for all its children together, `page_…_seconds` for each of its pages.
    """

    memory: int = 2 * 1024**3
    cpu_seconds: int = 300
    wall_seconds: float = 600
    page_cpu_seconds: int = 60
    page_wall_seconds: float = 120
    file_bytes: int = 256 * 1024**2
    answer_bytes: int = 64 * 1024**2
    pages: int = 200


def run_limited(task: str, arguments: dict[str, JSON], *, limits: Limits) -> JSON:
    """Run `task` (a name in `ingest.child_main.TASKS`) in a limited child and return its answer.

    Errors: whatever typed error the task raised itself (`IngestError` family), else `ChildTimeout`,
    `ChildOutOfMemory`, `ChildAnswerTooBig` or `ChildCrashed`. May be called from several threads at once. If
    the template process is killed meanwhile, the task runs a second time: it must bear that.
    """
    job = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_scratch_root()))
    try:
        request = {
            "task": task,
            "arguments": arguments,
            "limits": asdict(limits),
            "environment": clean_environment() | {"TMPDIR": str(job), "HOME": str(job)},
        }
        (job / "request.json").write_text(json.dumps(request), encoding="utf-8")
        status, held = run_job(task, job, limits.wall_seconds)
        with held:
            return _answer(job, status, limits)
    except ChildError as failure:
        log.warning("child_failed", task=task, code=failure.code, detail=failure.detail)
        raise
    finally:
        shutil.rmtree(job, ignore_errors=True)


def sweep_scratch(now: datetime) -> int:
    """Remove what a daemon that was killed between two steps left behind more than a day ago; returns how many."""
    root = Path(_scratch_root() or tempfile.gettempdir())
    before = (now - LEFTOVER_AFTER).timestamp()
    old = [path for path in root.glob(f"{PREFIX}*") if path.is_dir() and path.stat().st_mtime < before]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def _scratch_root() -> str | None:
    return str(MEMORY_DISK) if os.access(MEMORY_DISK, os.W_OK | os.X_OK) else None


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
