"""A real worker that is killed at chosen points: `python -m tests.support.dying_worker FOLDER POINT…`.

A point is `after:STEP` (the step is done and kept) or `inside:STEP` (its body ran, nothing is kept yet). Each point
kills one process, once: a mark in FOLDER remembers it. `freeze:STEP` stops the process there (SIGSTOP), once;
`always:STEP:ROW` kills every process that comes to this step of this row.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from config.logging import set_up_logging
from config.settings import load_settings
from daemon import engine
from daemon.worker import run_worker


def strike_once(folder: Path, points: set[str], point: str, how: signal.Signals = signal.SIGKILL) -> None:
    """Send this process the signal if `point` is due and was not used before."""
    if point not in points:
        return
    try:
        (folder / point).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), how)


def make_mortal(folder: Path, points: set[str]) -> None:
    """Let the engine's runner die at the points."""
    runner = engine._DurableRunner

    def mortal(run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def runs(self: Any, step: Callable[..., Any], *args: Any) -> Any:
            @wraps(step)
            def dies_inside(*inner: Any) -> Any:
                result = step(*inner)
                strike_once(folder, points, f"freeze:{step.__name__}", signal.SIGSTOP)
                strike_once(folder, points, f"inside:{step.__name__}")
                if args and f"always:{step.__name__}:{args[0]}" in points:
                    os.kill(os.getpid(), signal.SIGKILL)
                return result

            result = run(self, dies_inside, *args)
            strike_once(folder, points, f"after:{step.__name__}")
            return result

        return runs

    runner.compute = mortal(runner.compute)  # type: ignore[method-assign]
    runner.record = mortal(runner.record)  # type: ignore[method-assign]


if __name__ == "__main__":
    set_up_logging()
    make_mortal(Path(sys.argv[1]), set(sys.argv[2:]))
    run_worker(load_settings())
