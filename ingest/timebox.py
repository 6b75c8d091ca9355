"""A limit on the processor time of library calls, so that a bomb in a mail costs that part and not the mail."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

# Of the 20 processor seconds that a mail has (`ingest.message.MAIL_LIMITS`).
_SECONDS: Final = 6.0


class TimeUp(BaseException):
    """The call took too long. Not an `Exception`, so that a library's own "except Exception" does not swallow it."""


@dataclass(slots=True)
class Budget:
    """The processor seconds that all risky library calls for one mail may take together."""

    seconds: float = _SECONDS

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Raise `TimeUp` inside the block after this much processor time, or when the budget is used up.

        For pure Python code in the main thread; elsewhere (tests in threads) the block runs without a limit.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if self.seconds <= 0:
            raise TimeUp
        started = time.process_time()
        before = signal.signal(signal.SIGVTALRM, _time_is_up)
        signal.setitimer(signal.ITIMER_VIRTUAL, min(seconds, self.seconds))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
            self.seconds -= time.process_time() - started


def at_most(seconds: float) -> AbstractContextManager[None]:
    """The limit of `Budget.at_most` for a single call."""
    return Budget(seconds).at_most(seconds)


def _time_is_up(number: int, frame: FrameType | None) -> None:
    raise TimeUp
