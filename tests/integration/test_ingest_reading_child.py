"""The child process: what it may use, what it is not told, and that it never outlives its work."""

import os
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import child
from ingest.child import Limits, run_limited
from ingest.child_template import HOUSE
from ingest.documents import read_document
from ingest.errors import ChildAnswerTooBig, ChildCrashed, ChildTimeout, LanguageDataMissing, TesseractMissing
from tests.support.children import children_of, is_running
from tests.support.ingest_pages import line_of_text, page, path_bomb, pdf_of, save
from tests.support.reading_jobs import jobs, jobs_of, page_job
from tests.support.waiting import wait_until


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(pdf_of([path_bomb()]))
    return path


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(child, "MEMORY_DISK", folder)
    return folder


def arguments(source: Path, tmp_path: Path) -> dict[str, child.JSON]:
    folder = tmp_path / "images"
    folder.mkdir(exist_ok=True)
    return {"source": str(source), "image_folder": str(folder), "pages": 200}


def test_a_task_that_takes_too_long_is_killed_and_leaves_nothing(bomb: Path, tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(ChildTimeout, match="over 2 seconds"):
        run_limited("read_page", page_job(bomb, tmp_path / "images"), limits=replace(Limits(), wall_seconds=2))
    assert list(scratch.iterdir()) == []
    assert jobs() == []


def test_a_task_that_computes_too_long_is_killed(bomb: Path, tmp_path: Path) -> None:
    with pytest.raises(ChildTimeout, match="over 1 processor seconds"):
        run_limited("read_page", page_job(bomb, tmp_path / "images"), limits=replace(Limits(), cpu_seconds=1))


def test_a_child_that_is_killed_is_a_reading_with_a_failure(bomb: Path, tmp_path: Path, scratch: Path) -> None:
    readings = []
    reader = threading.Thread(target=lambda: readings.append(read_document(bomb, image_folder=tmp_path / "images")))
    reader.start()
    wait_until(lambda: jobs_of("read_page"))
    (pid,) = jobs()
    os.kill(pid, signal.SIGKILL)
    reader.join(20)
    (reading,) = readings
    assert (reading.kind, reading.failure, reading.detail) == ("pdf", "crashed", "signal 9")
    assert [p.reason for p in reading.pages] == ["page-crashed"]


def test_a_child_does_not_outlive_its_parent(bomb: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    program = (
        "import sys; from pathlib import Path; from ingest import child; from ingest.documents import read_document\n"
        "child.MEMORY_DISK = Path(sys.argv[3])\n"
        "read_document(Path(sys.argv[1]), image_folder=Path(sys.argv[2]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, bomb, tmp_path / "images", scratch], cwd=HOUSE)
    wait_until(lambda: any('"read_page"' in path.read_text() for path in scratch.glob("*/request.json")))
    (template,) = children_of(parent.pid)
    wait_until(lambda: children_of(template))
    (pid,) = children_of(template)
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_running(pid) and not is_running(template) and list(scratch.iterdir()) == [])


def test_an_answer_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(pdf_of([line_of_text(b"Cerere")]))
    with pytest.raises(ChildAnswerTooBig):
        run_limited("read_document", arguments(source, tmp_path), limits=replace(Limits(), answer_bytes=5))


def test_a_file_larger_than_allowed_ends_the_child(tmp_path: Path) -> None:
    source = save(page(dpi=150), tmp_path / "scan.png")
    with pytest.raises(ChildAnswerTooBig):
        run_limited("read_page", page_job(source, tmp_path / "images"), limits=replace(Limits(), file_bytes=5000))


def test_an_unknown_task_is_a_typed_error_without_the_words_of_the_input() -> None:
    with pytest.raises(ChildCrashed, match=r"KeyError at child_main\.py"):
        run_limited("no such task", {}, limits=Limits())


def test_without_tesseract_the_operator_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TesseractMissing, match="tesseract-ocr"):
        read_document(save(page(dpi=150), tmp_path / "scan.png"), image_folder=tmp_path / "images")


def test_without_romanian_data_the_operator_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(LanguageDataMissing, match="tesseract-ocr-ron"):
        read_document(save(page(dpi=150), tmp_path / "scan.png"), image_folder=tmp_path / "images")


def test_tesseract_runs_on_one_thread_and_sees_no_secret_of_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OMP_THREAD_LIMIT unset or 2 makes two parallel Tesseracts 10 to 40 times slower (trials/ocr.md, 3.1)."""
    spy = tmp_path / "bin" / "tesseract"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\nenv > {tmp_path}/seen\nPATH=/usr/bin:/usr/local/bin exec tesseract "$@"\n')
    spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("OMP_THREAD_LIMIT", "8")
    monkeypatch.setenv("CABINET_IMAP_PASSWORD", "secret")
    reading = read_document(save(page(dpi=150), tmp_path / "scan.png"), image_folder=tmp_path / "images")
    assert reading.pages[0].source == "ocr"
    seen = (tmp_path / "seen").read_text().splitlines()
    assert "OMP_THREAD_LIMIT=1" in seen
    assert not any("CABINET" in line or "secret" in line for line in seen)


def test_scratch_that_a_killed_daemon_left_is_swept_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "MEMORY_DISK", tmp_path)
    old, young, other = tmp_path / "cabinet-child-1", tmp_path / "cabinet-child-2", tmp_path / "somebody-else"
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "request.json").write_text("{}")
    now = datetime.now(UTC)
    for folder in (old, other):
        os.utime(folder, ((now - timedelta(days=2)).timestamp(),) * 2)
    assert child.sweep_scratch(now) == 1
    assert [path.exists() for path in (old, young, other)] == [False, True, True]
