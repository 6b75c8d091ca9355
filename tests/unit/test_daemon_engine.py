"""What the engine checks at its start, and what its library may write into the log."""

import logging
import sqlite3
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engine import check_sqlite_library, keep_errors_short
from daemon.errors import LibraryTooOld


@pytest.mark.parametrize(
    ("python", "library", "on_sqlite", "works"),
    [
        ((3, 11, 2), (3, 40, 1), True, True),
        ((3, 12, 0), (3, 40, 1), True, False),
        ((3, 12, 0), (3, 42, 0), True, True),
        ((3, 13, 1), (3, 41, 9), False, True),
    ],
)
def test_a_sqlite_library_with_which_the_engine_would_not_start_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    python: tuple[int, ...],
    library: tuple[int, ...],
    on_sqlite: bool,
    works: bool,
) -> None:
    monkeypatch.setattr(sys, "version_info", python)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", library)
    if works:
        check_sqlite_library(on_sqlite)
    else:
        with pytest.raises(LibraryTooOld, match="prea vechi"):
            check_sqlite_library(on_sqlite)


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def library() -> tuple[logging.Logger, Kept]:
    logger, kept = logging.Logger("library-of-somebody", logging.DEBUG), Kept()
    keep_errors_short(logger)
    logger.addHandler(kept)
    return logger, kept


def test_the_text_of_an_error_does_not_get_into_the_log(library: tuple[logging.Logger, Kept]) -> None:
    logger, kept = library
    secret = "Ștefania Moldovan, CNP 5980101320015"
    try:
        raise ValueError(secret)
    except ValueError:
        logger.exception("Step failed: %s", secret)
        logger.error("Exception in workflow\n%s", secret)
    assert kept.lines[-2:] == ["Step failed", "Exception in workflow"]


def test_warnings_are_left_as_they_are(library: tuple[logging.Logger, Kept]) -> None:
    logger, kept = library
    logger.warning("queue: %s", "letters")
    assert kept.lines[-1] == "queue: letters"


@given(beginning=st.text(max_size=20), rest=st.text(min_size=1))
def test_whatever_an_error_says_only_its_first_words_are_kept(
    library: tuple[logging.Logger, Kept], beginning: str, rest: str
) -> None:
    logger, kept = library
    logger.error("%s: %s", beginning, rest)
    assert kept.lines[-1] in beginning
    assert "\n" not in kept.lines[-1]
