"""Spelling of outgoing text: correct Romanian letters, no control characters, no CNP."""

import re
import unicodedata

# No Unicode normal form turns the cedilla letters of windows-1250 into the comma letters of Romanian.
_COMMA_BELOW = str.maketrans("ŞşŢţ", "ȘșȚț")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_CNP = re.compile(r"(?<!\d)([1-9])\d{9}(\d{3})(?!\d)")
_MANY_BREAKS = re.compile(r"\n{3,}")


def comma_below(text: str) -> str:
    """The text with ș and ț as Romanian writes them (comma below), in composed form."""
    return unicodedata.normalize("NFC", text).translate(_COMMA_BELOW)


def one_line(text: str) -> str:
    """The text on one line without control characters or direction marks, safe for headers and sentences."""
    return " ".join(_CONTROL.sub(" ", text).split())


def tidy(text: str) -> str:
    """A letter's text as it is kept: comma-below letters, plain line ends, at most one empty line."""
    lines = comma_below(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    joined = "\n".join(_CONTROL.sub("", line).rstrip() for line in lines)
    return _MANY_BREAKS.sub("\n\n", joined).strip()


def mask_cnp(text: str) -> str:
    """The text with the middle of every 13-digit personal number hidden (domain rule 10.2)."""
    return _CNP.sub(lambda found: f"{found[1]}{'•' * 9}{found[2]}", text)


def has_cnp(text: str) -> bool:
    """Whether a 13-digit personal number stands in the text."""
    return _CNP.search(text) is not None
