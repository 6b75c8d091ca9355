"""Documents: `read_document` for everybody. What it starts in limited children is in `survey` and `page_job`.

Heavy libraries are imported only in the children, so the daemon and the desk never load them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from ingest.child import Limits, run_limited
from ingest.documents.crew import Budget, do_all
from ingest.documents.survey import OVER_LIMIT
from ingest.documents.surveying import Survey, page_reason, take_survey
from ingest.documents.task import INSIDE, PageTask
from ingest.errors import ChildError, ChildTimeout, DocumentTooBig
from ingest.reading import DocumentReading, Page, page_from_json, unread_page

# A page count is the sender's claim; records beyond this many say nothing more.
MAX_RECORDS: Final = 10_000
DRAWN_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Means:
    """By which means pages are recognised: the engine, how many pages at once in this process (0: as many as there
    are cores), and the folder that remembers recognised pages (None: nothing is remembered)."""

    engine: str = "pytesseract"
    workers: int = 0
    cache: Path | None = None


def read_document(
    source: Path, *, image_folder: Path, limits: Limits = Limits(), means: Means = Means()
) -> DocumentReading:
    """Read one file of any kind: one record per page, and one upright picture per page in `image_folder`.

    The folder is made if missing; files of an earlier reading of the same document are overwritten. A page that
    ends its child, or outlasts it, is an `unreadable` record with its reason, and the other pages are read. Bad input
    never raises: it gives a reading with a failure code ("encrypted", "empty", "zero-bytes", "too-big",
    "damaged", "unsupported", "needs-libreoffice", "timeout", "crashed" and others: docs/reference/error-codes.md) and
    the pages that were read. An archive gives one page, the list of its files, and the code "archive".

    Errors: `EngineMissing`, `TesseractMissing` and `LanguageDataMissing`, which the operator repairs before a new
    try; `FileNotFoundError` for a source that is not there.
    """
    source.stat()
    image_folder.mkdir(parents=True, exist_ok=True)
    budget = Budget(limits.wall_seconds)
    try:
        survey = take_survey(source, image_folder, limits, budget)
        work = _Pages(survey, image_folder.resolve(), limits, means, budget)
        do_all(work.jobs(), means.workers)
    finally:
        for path in image_folder.glob(f"{INSIDE}*"):
            path.unlink()
    return work.reading()


class _Pages:
    """The pages of one document while they are read."""

    def __init__(self, survey: Survey, image_folder: Path, limits: Limits, means: Means, budget: Budget) -> None:
        self._survey, self._image_folder = survey, image_folder
        self._limits, self._means, self._budget = limits, means, budget
        self._pages = {number: page for number, page in survey.found.items() if isinstance(page, Page)}
        self._ended: list[ChildError] = []

    def jobs(self) -> list[Callable[[], None]]:
        """What is still to be done, in the order of the pages."""
        tasks = [task for task in self._survey.found.values() if isinstance(task, PageTask)]
        texts = [page.number for page in self._pages.values() if page.source == "text-layer"]
        drawings = [partial(self._draw, texts[at : at + DRAWN_AT_ONCE]) for at in range(0, len(texts), DRAWN_AT_ONCE)]
        return [*drawings, *(partial(self._recognise, task) for task in tasks)]

    def reading(self) -> DocumentReading:
        """All pages; those without a record get one that says why."""
        from ingest.documents.version import chain_version

        made = self._survey
        failure, detail = made.failure, made.detail
        if not failure and self._ended and all(page.source == "unreadable" for page in self._pages.values()):
            # Nothing could be read: that is the document's failure too.
            first = self._ended[0]
            too_big = page_reason(first) == "page-too-big"
            failure, detail = DocumentTooBig.code if too_big else first.code, first.detail
        expected = range(1, min(made.page_count, MAX_RECORDS) + 1)
        if not failure and self._budget.left == 0 and any(number not in self._pages for number in expected):
            failure, detail = ChildTimeout.code, f"over {self._limits.wall_seconds:g} seconds"
        # Only a page count over the limit ends the reading in good order.
        in_order = failure == DocumentTooBig.code and detail == OVER_LIMIT
        for number in expected:
            beyond = in_order and number > self._limits.pages
            self._pages.setdefault(number, unread_page(number, "beyond-page-limit" if beyond else "not-reached"))
        pages = tuple(
            replace(page, pipeline=page.pipeline or chain_version()) for _, page in sorted(self._pages.items())
        )
        return DocumentReading(made.kind, pages, made.page_count, failure, detail)

    def _recognise(self, task: PageTask) -> None:
        from ingest.documents.version import pipeline_version

        if self._budget.left == 0:
            return
        version = pipeline_version(self._means.engine)
        arguments = {
            "task": asdict(task),
            "engine": self._means.engine,
            "version": version,
            "cache": str(self._means.cache.resolve()) if self._means.cache else "",
        }
        name = "read_page_in_process" if self._means.engine == "tesserocr" else "read_page"
        try:
            page = page_from_json(self._run(name, arguments))
        except ChildError as failure:
            self._ended.append(failure)
            page = unread_page(task.number, page_reason(failure))
        self._pages[task.number] = replace(page, pipeline=version)

    def _draw(self, numbers: list[int]) -> None:
        """Add pictures to pages that are text already; of several that end the child, each is tried alone."""
        if self._budget.left == 0:
            drawn: list[list[Any]] = []
        else:
            try:
                scans = [number for number in numbers if self._pages[number].reason == "prior-ocr"]
                asked = {"source": self._survey.source, "numbers": numbers, "scans": scans}
                drawn = self._run("draw_pages", asked)["drawn"]
            except ChildError:
                if len(numbers) > 1:
                    for number in numbers:
                        self._draw([number])
                    return
                drawn = []
        for number, name, width, height, codes in drawn:
            self._pages[number] = replace(
                self._pages[number], image_name=name, width=width, height=height, codes=tuple(codes)
            )
        for number in set(numbers).difference(number for number, *_ in drawn):
            page = self._pages[number]
            self._pages[number] = replace(page, needs_human=True, reason=page.reason or "not-drawn")

    def _run(self, task: str, arguments: dict[str, Any]) -> Any:
        limits = self._limits
        with self._budget.spend(limits.page_wall_seconds) as seconds:
            one = replace(limits, wall_seconds=seconds, cpu_seconds=min(limits.cpu_seconds, limits.page_cpu_seconds))
            return run_limited(task, {**arguments, "image_folder": str(self._image_folder)}, limits=one)
