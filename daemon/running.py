"""How steps are run: a small contract, and the plain way of keeping it (in order, in this process).

A pipeline calls `compute` for steps that read files, start programs or talk to servers, and `record` for steps that
write to the database. Every step takes and returns plain JSON values, so that the engine can keep them.
"""

from collections.abc import Callable
from typing import Any, Protocol

from daemon.house import House

Compute = Callable[..., Any]
Record = Callable[..., Any]


class Runner(Protocol):
    """Runs the steps of one letter."""

    def compute(self, step: Compute, *args: Any) -> Any:
        """Run `step(house, *args)` outside any transaction; it may run again after a crash."""

    def record(self, step: Record, *args: Any) -> Any:
        """Run `step(house, session, *args)` in one transaction, exactly once."""


class PlainRunner:
    """Runs steps one after the other without the engine: for tests and one-off commands."""

    def __init__(self, house: House) -> None:
        """Run steps in this house."""
        self._house = house

    def compute(self, step: Compute, *args: Any) -> Any:
        """See `Runner.compute`."""
        return step(self._house, *args)

    def record(self, step: Record, *args: Any) -> Any:
        """See `Runner.record`."""
        with self._house.database.write() as session:
            return step(self._house, session, *args)
