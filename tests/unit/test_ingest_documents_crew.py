"""Pages at work at once: as many as allowed in the whole process, in order, and none after an error."""

import threading
from functools import partial

import pytest

from ingest.documents.crew import Budget, do_all


class Watch:
    """Counts how many jobs are at work at a time; with `together` each waits until so many are."""

    def __init__(self, together: int = 0) -> None:
        self.most = 0
        self.done: list[int] = []
        self._now = 0
        self._lock = threading.Lock()
        self._barrier = threading.Barrier(together) if together else None

    def job(self, number: int) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        if self._barrier:
            self._barrier.wait(20)
        with self._lock:
            self._now -= 1
            self.done.append(number)


def test_two_workers_work_at_the_same_time() -> None:
    watch = Watch(together=2)
    do_all([partial(watch.job, number) for number in range(10)], 2)
    assert (watch.most, sorted(watch.done)) == (2, list(range(10)))


def test_one_worker_goes_in_order() -> None:
    watch = Watch()
    do_all([partial(watch.job, number) for number in range(10)], 1)
    assert (watch.most, watch.done) == (1, list(range(10)))


def test_documents_read_at_once_share_the_workers() -> None:
    watch = Watch(together=3)
    documents = [
        threading.Thread(target=do_all, args=([partial(watch.job, number) for number in range(6)], 3)) for _ in range(4)
    ]
    for document in documents:
        document.start()
    for document in documents:
        document.join(30)
    assert (watch.most, len(watch.done)) == (3, 24)


def test_the_first_error_ends_the_rest_and_is_raised() -> None:
    watch = Watch()

    def fails() -> None:
        raise LookupError("missing")

    with pytest.raises(LookupError, match="missing"):
        do_all([partial(watch.job, 0), fails, partial(watch.job, 2)], 1)
    assert watch.done == [0]
    do_all([partial(watch.job, 3)], 1)  # the place is free again
    assert watch.done == [0, 3]


def test_nothing_to_do_is_done() -> None:
    do_all([], 0)


def test_a_budget_gives_what_is_left_and_no_more() -> None:
    budget = Budget(5)
    with budget.spend(2) as seconds:
        assert seconds == 2
    assert 0 < budget.left < 5
    with budget.spend(60) as seconds:
        assert seconds == pytest.approx(5, abs=1)
    assert Budget(0).left == 0
