"""Pages in are page records out, whatever the survey found and however the children of the pages ended."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import documents
from ingest.child import JSON, Limits
from ingest.documents import MAX_RECORDS, Means, _Pages
from ingest.documents.crew import Budget, do_all
from ingest.documents.surveying import Survey
from ingest.documents.task import PageTask
from ingest.errors import ChildCrashed, ChildError, ChildOutOfMemory, ChildTimeout
from ingest.reading import Page, unread_page

ENDS = [None, ChildTimeout("late"), ChildCrashed("signal 9"), ChildOutOfMemory("MemoryError")]


@given(
    kinds=st.lists(st.sampled_from(["text", "task", "damaged", "missing"]), max_size=30),
    ends=st.lists(st.sampled_from(ENDS), min_size=1, max_size=7),
    claimed=st.integers(0, 40),
    seconds=st.sampled_from([0, 600]),
)
def test_every_page_has_one_record(
    kinds: list[str], ends: list[ChildError | None], claimed: int, seconds: float
) -> None:
    found: dict[int, Page | PageTask] = {}
    for number, kind in enumerate(kinds, 1):
        if kind == "text":
            found[number] = Page(number, "Cerere", "Cerere", "text-layer")
        elif kind == "task":
            found[number] = PageTask(number, "image", "/scan.tif", number - 1)
        elif kind == "damaged":
            found[number] = unread_page(number, "page-damaged")
    calls = iter(range(10_000))

    def run(task: str, arguments: dict[str, JSON], *, limits: Limits) -> JSON:
        end = ends[next(calls) % len(ends)]
        if end is not None:
            raise end
        if task == "draw_pages":
            numbers = arguments["numbers"]
            assert isinstance(numbers, list)
            return {"drawn": [[number, f"{number}.jpg", 10, 20, []] for number in numbers]}
        number = PageTask(**arguments["task"]).number  # type: ignore[arg-type]
        return {"number": number, "text": "Bună", "raw_text": "Bună", "source": "ocr"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "run_limited", run)
        survey = Survey("pdf", max(claimed, len(kinds)), "/scan.pdf", "pdf", found)
        work = _Pages(survey, Path("/images"), Limits(), Means(workers=1), Budget(seconds))
        do_all(work.jobs(), 1)
        reading = work.reading()
    assert [page.number for page in reading.pages] == list(range(1, survey.page_count + 1))
    assert all(page.reason for page in reading.pages if page.source == "unreadable")
    assert all(page.needs_human for page in reading.pages if page.image_name is None and page.source != "ocr")
    texts = [page.text for page in reading.pages if found.get(page.number) and page.source == "text-layer"]
    assert texts == ["Cerere"] * kinds.count("text")


def test_a_claim_of_pages_beyond_reason_gives_no_more_records_than_can_be_kept() -> None:
    survey = Survey("pdf", 2_000_000_000, "/scan.pdf", "pdf", {}, "too-big", "pages over the limit")
    reading = _Pages(survey, Path("/images"), Limits(), Means(), Budget(1)).reading()
    assert len(reading.pages) == MAX_RECORDS
    assert {page.reason for page in reading.pages[:200]} == {"not-reached"}
    assert {page.reason for page in reading.pages[200:]} == {"beyond-page-limit"}
