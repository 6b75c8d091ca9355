"""How much work on documents goes on at once, and how long the children of one document may run together."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from time import monotonic


class Budget:
    """The seconds that the children of one document may run, all together; waiting for a free place costs nothing."""

    def __init__(self, seconds: float) -> None:
        """Nothing is spent yet."""
        self._left = seconds
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """The seconds that are left, 0 when all are spent."""
        return max(0.0, self._left)

    @contextmanager
    def spend(self, at_most: float) -> Iterator[float]:
        """Take off the time of what is done inside; gives the seconds that it may take, `at_most` or what is left."""
        started = monotonic()
        try:
            yield min(at_most, self.left)
        finally:
            with self._lock:
                self._left -= monotonic() - started


def do_all(jobs: Sequence[Callable[[], None]], workers: int) -> None:
    """Do the jobs in order, `workers` at once (0: as many as there are cores).

    No more are at work at a time in this process, however many documents are read at once. The first error ends
    the rest and is raised.
    """
    workers = workers or len(os.sched_getaffinity(0))
    places, todo, lock = _places(workers), iter(jobs), threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        while True:
            with lock:
                job = None if failures else next(todo, None)
            if job is None:
                return
            try:
                with places:
                    job()
            except BaseException as failure:  # noqa: BLE001  (raised again by the thread that asked)
                failures.append(failure)

    # Daemon threads: a worker that is told to end must not wait for the pages of a long document.
    helpers = [threading.Thread(target=work, name="pages", daemon=True) for _ in range(min(workers, len(jobs)) - 1)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if failures:
        raise failures[0]


@cache
def _places(count: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(count)
