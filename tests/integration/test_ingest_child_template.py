"""The template process that forks a child per job: what it is not told, and that its death loses no job."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import child_template
from ingest.child import Limits, run_limited
from ingest.child_template import HOUSE, Template
from ingest.documents import read_document
from ingest.errors import ChildCrashed, ChildOutOfMemory, ChildTimeout
from ingest.message import MAIL_LIMITS, take_apart
from ingest.reading import DocumentReading
from tests.support.children import children_of, environment_of, is_running, open_sockets, template_of, thread_count
from tests.support.ingest_pages import page, path_bomb, pdf_of, save
from tests.support.mails import PDF, Container, file, mail, text
from tests.support.reading_jobs import jobs, jobs_of, page_job
from tests.support.waiting import wait_until


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.eml"
    path.write_bytes(mail())
    return path


class Reading:
    """A document being read in a thread of its own, up to the first sign of life from the child."""

    def __init__(self, source: Path, folder: Path) -> None:
        self._answers: list[DocumentReading] = []
        self._thread = threading.Thread(target=lambda: self._answers.append(read_document(source, image_folder=folder)))
        self._thread.start()
        wait_until(lambda: jobs_of("read_page"), what="the child")
        (self.job,) = jobs()

    def answer(self) -> DocumentReading:
        self._thread.join(60)
        (answer,) = self._answers
        return answer


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """A scan of one page of which the child has just begun to recognise the text."""
    return Reading(save(page(dpi=200), tmp_path / "scan.png"), tmp_path / "images")


def test_a_template_serves_one_job_after_the_other_and_keeps_nothing_of_them(letter: Path, tmp_path: Path) -> None:
    template = template_of("take_apart")
    for _ in range(5):
        take_apart(letter, tmp_path / "parts")
    assert template_of("take_apart") is template
    assert (children_of(template.pid), thread_count(template.pid)) == ([], 1)
    wait_until(lambda: open_sockets(template.pid) == 1, what="the closing of the last job's socket")


@pytest.mark.parametrize("task", ["take_apart", "read_document", "read_page_in_process", "no such task"])
def test_a_template_has_one_thread_and_no_secret(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CABINET_IMAP_PASSWORD", "secret")
    child_template._forget(task, template_of(task))
    with pytest.raises(ChildCrashed):
        run_limited(task, {}, limits=Limits())  # nothing to work on
    pid = template_of(task).pid
    assert thread_count(pid) == 1
    environment = environment_of(pid)
    assert not any("CABINET" in name or "secret" in value for name, value in environment.items())
    assert environment["OMP_THREAD_LIMIT"] == "1"


def test_many_threads_may_ask_at_once(tmp_path: Path) -> None:
    def subject_of(number: int) -> str:
        path = tmp_path / f"{number}.eml"
        path.write_bytes(mail(subject=f"Cererea {number}"))
        return take_apart(path, tmp_path / "parts").subject

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(subject_of, range(60))) == [f"Cererea {number}" for number in range(60)]
    assert children_of(template_of("take_apart").pid) == []


def test_a_job_that_is_killed_for_its_time_disturbs_no_other(reading: Reading, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.pdf"
    bomb.write_bytes(pdf_of([path_bomb()]))
    with pytest.raises(ChildTimeout):
        run_limited("read_page", page_job(bomb, tmp_path), limits=replace(Limits(), wall_seconds=0.5))
    assert [one.source for one in reading.answer().pages] == ["ocr"]


def test_a_template_killed_between_two_jobs_is_replaced(letter: Path, tmp_path: Path) -> None:
    take_apart(letter, tmp_path / "parts")
    killed = template_of("take_apart")
    os.kill(killed.pid, signal.SIGKILL)
    assert take_apart(letter, tmp_path / "parts").problems == ()
    assert template_of("take_apart").pid != killed.pid
    assert not Path(f"/proc/{killed.pid}").exists()  # reaped, no zombie


def test_a_template_killed_at_work_takes_its_child_along_and_the_work_is_done_anew(reading: Reading) -> None:
    os.kill(template_of("read_document").pid, signal.SIGKILL)
    wait_until(lambda: not is_running(reading.job), what="the end of the first child")
    answer = reading.answer()
    assert (answer.failure, [one.source for one in answer.pages]) == ("", ["ocr"])


def test_a_template_that_hangs_is_replaced(letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_template, "_START_SECONDS", 3)
    hanging = template_of("take_apart")
    os.kill(hanging.pid, signal.SIGSTOP)
    assert take_apart(letter, tmp_path / "parts").problems == ()
    assert not Path(f"/proc/{hanging.pid}").exists()


def test_stopping_the_service_as_a_group_does_not_blame_the_letter_at_work(reading: Reading) -> None:
    """systemd sends SIGTERM to every process of a service; the daemon finishes its work first."""
    for pid in (template_of("read_document").pid, reading.job):
        os.kill(pid, signal.SIGTERM)
    assert reading.answer().failure == ""


def test_a_library_that_starts_threads_is_not_forked(tmp_path: Path) -> None:
    request = {
        "task": "no such task",
        "arguments": {},
        "environment": {},
        "limits": {"memory": 2**30, "cpu_seconds": 5, "file_bytes": 2**20},
    }
    (tmp_path / "request.json").write_text(json.dumps(request))
    template = Template(("tests.support.starts_a_thread",))
    try:
        status, held = template.run(tmp_path, 30)
        with held:
            assert (status, thread_count(template.pid)) == (0, 1)
            assert "KeyError" in (tmp_path / "answer.json").read_text()
    finally:
        template.end()


def test_a_daemon_killed_before_it_could_tidy_up_leaves_no_letter_behind(letter: Path, tmp_path: Path) -> None:
    """The child is done, its answer lies in the scratch directory, and the daemon is killed before it reads it."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from ingest import child; from ingest.message import take_apart\n"
        "child.MEMORY_DISK = Path(sys.argv[1])\n"
        "child._answer = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "take_apart(Path(sys.argv[2]), Path(sys.argv[3]))"
    )
    daemon = subprocess.run(
        [sys.executable, "-c", program, scratch, letter, tmp_path / "parts"], cwd=HOUSE, check=False
    )
    assert daemon.returncode == -signal.SIGKILL
    wait_until(lambda: list(scratch.iterdir()) == [], what="the removal of the scratch directory")


def test_a_child_that_needs_too_much_memory_ends_with_that_reason(tmp_path: Path) -> None:
    path = tmp_path / "big.eml"
    path.write_bytes(mail(text("x" * 60_000_000)))
    with pytest.raises(ChildOutOfMemory):
        take_apart(path, tmp_path / "parts", replace(MAIL_LIMITS, memory=120 * 1024**2))


@pytest.mark.parametrize("task", ["take_apart", "read_document", "read_page"])
def test_a_child_finds_everything_it_needs_loaded(task: str, tmp_path: Path) -> None:
    """What is imported after the fork is imported again for every letter."""
    (tmp_path / "letter").write_bytes(mail(Container([text(), file(PDF, name="a.pdf")])))
    save(page(dpi=100), tmp_path / "scan.png", dpi=100)
    program = (
        "import importlib, sys; from pathlib import Path; from ingest.child_main import _perform\n"
        "from ingest.child_server import PRELOADED, template_name; task, folder = sys.argv[1:]\n"
        "for module in PRELOADED[template_name(task)]: importlib.import_module(module)\n"
        "before = set(sys.modules); Path(folder, 'parts').mkdir()\n"
        "page = {'number': 1, 'kind': 'image', 'source': folder + '/scan.png'}\n"
        "_perform(task, {'path': folder + '/letter', 'source': folder + '/letter', 'parts_folder': folder + '/parts',"
        " 'image_folder': folder + '/parts', 'pages': 5, 'task': page, 'engine': 'pytesseract', 'version': '',"
        " 'cache': ''})\n"
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith(('ingest', 'PIL'))))"
    )
    done = subprocess.run([sys.executable, "-c", program, task, tmp_path], cwd=HOUSE, capture_output=True, check=True)
    assert done.stdout.decode().split() == []
