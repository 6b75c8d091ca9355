"""Something happening at a chosen moment of a piece of work, found by listening to every call the interpreter makes.

A moment is the entry into or the return from a function of the rooms that receive (ingest, registry), or of a call
that leaves a trace outside the process: on the disk, in the database or at the mail server. So no step is forgotten
when the code changes.
"""

import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
_ROOMS = (f"{ROOT}/ingest/", f"{ROOT}/registry/")
_POSIX = frozenset({"fsync", "fdatasync", "ftruncate", "link", "mkdir", "open", "rename", "replace", "unlink", "write"})
_METHODS = frozenset({"commit", "execute", "executemany", "rollback", "sendall", "write"})
_FILES = (io.BufferedWriter, io.BufferedRandom, io.FileIO, type(os))


@contextmanager
def listening(on_moment: Callable[[int, str], None]) -> Iterator[list[str]]:
    """Call `on_moment` with number (from 1) and name of each moment; gives the names so far.

    What it raises comes out of the call in question, which is then not made; after that nobody listens any more.
    """
    moments: list[str] = []

    def listen(frame: FrameType, event: str, arg: Any) -> None:
        if event in ("call", "return"):
            if not frame.f_code.co_filename.startswith(_ROOMS):
                return
            name = f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
        else:
            name = getattr(arg, "__name__", "")
            if name == "write" and not isinstance(arg.__self__, _FILES):
                if type(arg.__self__).__module__ != "_ssl":
                    return  # a log line
                name = "sendall"
            module = getattr(arg, "__module__", None)  # None: a method, such as a cursor's or a file's
            if not (name in _POSIX and module in ("posix", "io", "_io")) and not (name in _METHODS and module is None):
                return
        moments.append(f"{event}:{name}")
        on_moment(len(moments), moments[-1])

    sys.setprofile(listen)
    try:
        yield moments
    finally:
        sys.setprofile(None)


@contextmanager
def die_at(number: int) -> Iterator[list[str]]:
    """Kill this process (SIGKILL) at the moment of this number, and say which it was; 0: only write them down."""

    def die(count: int, moment: str) -> None:
        if count == number:
            os.write(1, f"dies: {number} {moment}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    with listening(die) as moments:
        yield moments


@contextmanager
def disk_fails_at(number: int) -> Iterator[list[str]]:
    """Let the write to the disk of this number (from 1) fail as on a full disk.

    Gives the names of the writes so far: as many as `number` once one has failed, even if the code that wrote could
    do without it (making a folder that is there already) and told nobody.
    """
    writes: list[str] = []

    def fail(count: int, moment: str) -> None:
        event, name = moment.split(":")
        if event == "c_call" and name in _POSIX:
            writes.append(name)
            if len(writes) == number:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with listening(fail):
        yield writes
