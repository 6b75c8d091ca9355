"""The parent's side of the survey: starts it, again behind a page that ended it, and gathers what it noted."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.child import JSON, Limits, run_limited
from ingest.documents.crew import Budget
from ingest.documents.survey import OVER_LIMIT, PROGRESS
from ingest.documents.task import PageTask
from ingest.errors import ChildAnswerTooBig, ChildError, ChildOutOfMemory, ChildTimeout, DocumentError, DocumentTooBig
from ingest.reading import Page, page_from_json, unread_page


@dataclass(slots=True)
class Survey:
    """What is known of a document before its pictures are read: a `Page` or `PageTask` for each page reached."""

    kind: str = "unknown"
    page_count: int = 0
    source: str = ""
    format: str = ""
    found: dict[int, Page | PageTask] = field(default_factory=dict)
    failure: str = ""
    detail: str = ""


def take_survey(source: Path, image_folder: Path, limits: Limits, budget: Budget) -> Survey:
    """Survey the document. Bad input never raises. A page of a PDF that ends the child is passed over."""
    made = Survey()
    first, where = 1, source
    while True:
        refusal = _run(where, image_folder, limits, budget, first)
        noted = _noted(image_folder / PROGRESS, limits.answer_bytes, made)
        made.failure, made.detail = _told(refusal)
        if not noted:
            made.failure, made.detail = DocumentTooBig.code, f"text over {limits.answer_bytes} bytes"
        first = len(made.found) + 1
        passes_over = isinstance(refusal, ChildError) and made.format == "pdf" and noted and budget.left > 0
        if not passes_over or first > min(made.page_count, limits.pages):
            return made
        assert isinstance(refusal, ChildError)
        made.found[first] = unread_page(first, page_reason(refusal))
        first, where = first + 1, Path(made.source)
        if first > min(made.page_count, limits.pages):
            over = made.page_count > limits.pages
            made.failure, made.detail = (DocumentTooBig.code, OVER_LIMIT) if over else ("", "")
            return made


def page_reason(failure: ChildError) -> str:
    """The reason code of a page whose child ended this way."""
    if isinstance(failure, ChildTimeout):
        return "page-timeout"
    return "page-too-big" if isinstance(failure, ChildOutOfMemory | ChildAnswerTooBig) else "page-crashed"


def _run(
    source: Path, image_folder: Path, limits: Limits, budget: Budget, first: int
) -> DocumentError | ChildError | None:
    (image_folder / PROGRESS).write_bytes(b"")
    arguments: dict[str, JSON] = {
        "source": str(source.resolve()),
        "image_folder": str(image_folder.resolve()),
        "pages": limits.pages,
        "first": first,
        "page_cpu_seconds": limits.page_cpu_seconds,
    }
    try:
        with budget.spend(limits.wall_seconds) as seconds:
            run_limited("read_document", arguments, limits=replace(limits, wall_seconds=seconds))
    except (DocumentError, ChildError) as refusal:
        return refusal
    return None


def _told(refusal: DocumentError | ChildError | None) -> tuple[str, str]:
    """Failure code and detail of a document."""
    if refusal is None:
        return "", ""
    too_big = isinstance(refusal, ChildOutOfMemory | ChildAnswerTooBig)
    return DocumentTooBig.code if too_big else refusal.code, refusal.detail


def _noted(progress: Path, most: int, made: Survey) -> bool:
    """Add what the child noted; False if it noted more than `most` bytes."""
    with progress.open("rb") as file:
        lines = file.read(most).splitlines(keepends=True)
        whole = not file.read(1)
    progress.unlink()
    for line in lines:
        if not line.endswith(b"\n"):
            break  # the child was killed while writing, or the answer is over its limit
        _take_in(json.loads(line), made)
    return whole


def _take_in(record: dict[str, Any], made: Survey) -> None:
    if "task" in record:
        task = PageTask(**record["task"])
        made.found[task.number] = task
    elif "page" in record:
        page = page_from_json(record["page"])
        made.found[page.number] = page
    else:
        made.page_count, made.source = record["page_count"], record["source"]
        made.format = record.get("format", made.format)
        if made.kind == "unknown":
            made.kind = record["kind"]
