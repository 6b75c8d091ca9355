"""Spelling of outgoing text: one line or tidy lines, correct Romanian letters, no control characters."""

import re

from registry.spelling import comma_below

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_MANY_BREAKS = re.compile(r"\n{3,}")


def one_line(text: str) -> str:
    """The text on one line without control characters or direction marks, safe for headers and sentences."""
    return " ".join(_CONTROL.sub(" ", text).split())


def tidy(text: str) -> str:
    """A letter's text as it is kept: comma-below letters, plain line ends, at most one empty line."""
    lines = comma_below(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    joined = "\n".join(_CONTROL.sub("", line).rstrip() for line in lines)
    return _MANY_BREAKS.sub("\n\n", joined).strip()
