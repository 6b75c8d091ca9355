"""What the template for documents runs at this moment, and jobs to give it that do not end by themselves."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.documents.task import PageTask
from tests.support.children import children_of, template_of


def jobs() -> list[int]:
    """The processes that the template for documents runs."""
    return children_of(template_of("read_document").pid)


def jobs_of(task: str) -> list[int]:
    """Those of them that do this task and have their limits."""
    return [pid for pid in jobs() if _task_of(pid) == task]


def page_job(source: Path, image_folder: Path) -> dict[str, Any]:
    """What to ask "read_page" for, to read the first page of a PDF or picture."""
    image_folder.mkdir(exist_ok=True)
    task = asdict(PageTask(1, "pdf" if source.suffix == ".pdf" else "image", str(source)))
    return {"task": task, "image_folder": str(image_folder), "engine": "pytesseract", "version": "test", "cache": ""}


def _task_of(pid: int) -> str:
    try:
        request = json.loads((Path(f"/proc/{pid}/cwd").readlink() / "request.json").read_bytes())
    except (OSError, ValueError):
        return ""  # just begun, or over
    return str(request["task"])
