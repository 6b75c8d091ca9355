"""Logging: one JSON object a line on stderr, and libraries that quote mail or pages are kept quiet."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def logged(code: str, level: str = "DEBUG") -> list[dict[str, Any]]:
    """What a fresh process writes: logging is set up once per process, so never in that of the tests."""
    program = f"import logging, structlog\nfrom config.logging import set_up_logging\nset_up_logging({level!r})\n{code}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_our_lines_and_those_of_libraries_look_alike() -> None:
    ours, theirs = logged(
        "structlog.get_logger().info('letter_received', letter=7)\nlogging.getLogger('someone').warning('a %s', 'ț')"
    )
    assert (ours["event"], ours["letter"], ours["level"]) == ("letter_received", 7, "info")
    assert (theirs["event"], theirs["level"]) == ("a ț", "warning")
    assert ours["timestamp"].endswith("Z")


def test_lines_below_the_level_are_not_written() -> None:
    lines = logged("log = structlog.get_logger()\nlog.info('a')\nlog.warning('b')\nlog.error('c')", "WARNING")
    assert [line["event"] for line in lines] == ["b", "c"]


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_libraries_that_would_quote_letters_speak_only_when_something_is_wrong(level: str) -> None:
    names = ("imapclient", "dbos", "weasyprint", "fontTools", "pdfminer", "mailparser", "alembic")
    lines = logged(
        f"for name in {names!r}:\n"
        "    for part in (name, name + '.inner'):\n"
        "        logging.getLogger(part).debug('Ștefania')\n"
        "        logging.getLogger(part).info('Ștefania')\n"
        "    logging.getLogger(name).warning('wrong')",
        level,
    )
    assert [line["event"] for line in lines] == ["wrong"] * len(names)


def test_the_mail_server_library_which_quotes_strangers_in_its_warnings_says_nothing() -> None:
    assert logged("logging.getLogger('mail.log').warning('unrecognised: Ștefania')", "DEBUG") == []
