"""One process group: starts the processes of the house, restarts what dies, stops all together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
HEALTHY_AFTER_SECONDS = 30.0
STOP_SECONDS = 40.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Process:
    """One long-running command of the house."""

    name: str
    command: Sequence[str]


def own_command(*arguments: str) -> list[str]:
    """The command line that runs `cabinet` with these arguments in this Python."""
    return [sys.executable, "-m", "daemon.cli", *arguments]


def supervise(processes: Sequence[Process], stop: threading.Event) -> None:
    """Keep all processes running until `stop` is set or SIGTERM/SIGINT comes; then stop them in reverse order.

    A process that dies is started again, each time after a longer pause while it keeps dying quickly.
    """
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    keepers = [_Keeper(process) for process in processes]
    try:
        while not stop.wait(0.2):
            for keeper in keepers:
                keeper.look()
    finally:
        for keeper in reversed(keepers):
            keeper.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for keeper in keepers:
            keeper.wait_stopped(deadline)


class _Keeper:
    def __init__(self, process: Process) -> None:
        self._process = process
        self._pause = SHORTEST_PAUSE
        self._start_at = 0.0
        self._started_at = 0.0
        self._running: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        now = time.monotonic()
        if self._running is None:
            if now >= self._start_at:
                self._running = subprocess.Popen(self._process.command, env=os.environ)  # noqa: S603
                self._started_at = now
            return
        status = self._running.poll()
        if status is None:
            return
        if now - self._started_at > HEALTHY_AFTER_SECONDS:
            self._pause = SHORTEST_PAUSE
        log.error("process_died", process=self._process.name, status=status, restart_seconds=self._pause)
        self._running, self._start_at = None, now + self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2)

    def ask_to_stop(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()

    def wait_stopped(self, deadline: float) -> None:
        if self._running is None:
            return
        try:
            self._running.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
