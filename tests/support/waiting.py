"""Waiting for a condition, with a limit, instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def wait_until(condition: Callable[[], _T], *, seconds: float = 60, what: str = "the condition") -> _T:
    """The first truthy value of `condition`; AssertionError naming `what` when it does not come in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.05)
