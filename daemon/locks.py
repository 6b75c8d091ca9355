"""Locks that keep two processes off the same work; the kernel lets go of them when their holder dies."""

import fcntl
from pathlib import Path
from typing import IO

from daemon.errors import AlreadyRunning


def hold(path: Path) -> IO[str]:
    """Take the lock file at `path` and keep it while the returned file is open; `AlreadyRunning` if it is held."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise AlreadyRunning(path) from error
    return file


def is_held(path: Path) -> bool:
    """Whether some process holds the lock at `path`."""
    if not path.exists():
        return False
    try:
        hold(path).close()
    except AlreadyRunning:
        return True
    return False
