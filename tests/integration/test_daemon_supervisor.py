"""The supervisor with real processes: what dies comes back, and all end together."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import ROOT
from tests.support.waiting import wait_until

SUPERVISOR = """
import json, sys, threading
from config.logging import set_up_logging
from daemon import supervisor
set_up_logging()
supervisor.STOP_SECONDS = 1.0
stop = threading.Event()
if sys.argv[2] == "event":
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
supervisor.supervise([supervisor.Process(*one) for one in json.loads(sys.argv[1])], stop)
"""
DIES = "import sys; open(sys.argv[1], 'a').write('x'); sys.exit(3)"
LIVES = "import sys, time; open(sys.argv[1], 'a').write('x'); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LIVES


class Supervised:
    """A supervisor in a process of its own, with programs that leave a mark each time they start."""

    def __init__(self, folder: Path, programs: dict[str, str], stop_by: str = "signal") -> None:
        self.folder = folder
        processes = [(name, [sys.executable, "-c", program, str(folder / name)]) for name, program in programs.items()]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, json.dumps(processes), stop_by],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def starts(self, name: str) -> int:
        path = self.folder / name
        return len(path.read_text()) if path.exists() else 0

    def running(self) -> list[str]:
        """Command lines of all processes that carry the folder's name, without the supervisor's."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if words[-2:-1] and words[-2].startswith(str(self.folder).encode()):
                found.append(words[-2].decode())
        return sorted(found)

    def end(self) -> list[dict[str, object]]:
        """Wait for the end; returns the log."""
        assert self.process.stderr is not None
        lines = self.process.stderr.read().decode().splitlines()
        assert self.process.wait(timeout=20) == 0, lines
        return [json.loads(line) for line in lines]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Supervised]]:
    all_of_them: list[Supervised] = []
    yield all_of_them
    for one in all_of_them:
        one.process.kill()
        one.process.communicate()


def test_a_process_that_keeps_dying_is_started_again_after_growing_pauses(
    tmp_path: Path, started: list[Supervised]
) -> None:
    begun = time.monotonic()
    house = Supervised(tmp_path, {"dies": DIES, "lives": LIVES})
    started.append(house)
    wait_until(lambda: house.starts("dies") >= 4, seconds=30, what="the fourth start")
    assert time.monotonic() - begun >= 0.5 + 1 + 2
    house.process.send_signal(signal.SIGTERM)
    log = house.end()
    pauses = [line["restart_seconds"] for line in log if line["event"] == "process_died"]
    assert pauses[:3] == [0.5, 1.0, 2.0]
    assert {(line["process"], line["status"]) for line in log if line["event"] == "process_died"} == {("dies", 3)}
    assert house.starts("lives") == 1
    assert house.running() == []


@pytest.mark.parametrize("stop_by", ["signal", "event"])
def test_all_processes_end_together_even_one_that_does_not_want_to(
    tmp_path: Path, started: list[Supervised], stop_by: str
) -> None:
    house = Supervised(tmp_path, {"one": LIVES, "stubborn": STUBBORN, "two": LIVES}, stop_by)
    started.append(house)
    wait_until(lambda: all(house.starts(name) for name in ("one", "stubborn", "two")), what="all starting")
    assert len(house.running()) == 3
    if stop_by == "signal":
        house.process.send_signal(signal.SIGINT)
    else:
        assert house.process.stdin is not None
        house.process.stdin.write(b"\n")
        house.process.stdin.flush()
    house.end()
    assert house.running() == []


def test_a_killed_process_is_replaced(tmp_path: Path, started: list[Supervised]) -> None:
    house = Supervised(tmp_path, {"one": "import os; " + LIVES.replace("'x'", "str(os.getpid()) + ' '")})
    started.append(house)
    wait_until(lambda: house.starts("one"), what="the start")
    first = int((tmp_path / "one").read_text().split()[0])
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len((tmp_path / "one").read_text().split()) == 2, what="the replacement")
    house.process.send_signal(signal.SIGTERM)
    (died,) = [line for line in house.end() if line["event"] == "process_died"]
    assert died["status"] == -signal.SIGKILL
