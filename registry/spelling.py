"""Rules of writing that hold in every room: Romanian letters with commas below, personal numbers hidden."""

import re
import unicodedata

# No Unicode normal form turns the cedilla letters of windows-1250 into the comma letters of Romanian.
_COMMA_BELOW = str.maketrans("ŞşŢţ", "ȘșȚț")
_CNP = re.compile(r"(?<!\d)([1-9])\d{9}(\d{3})(?!\d)")


def comma_below(text: str) -> str:
    """The text with ș and ț as Romanian writes them (comma below), in composed form."""
    return unicodedata.normalize("NFC", text).translate(_COMMA_BELOW)


def mask_cnp(text: str) -> str:
    """The text with the middle of every 13-digit personal number hidden (5•••••••••015; domain rule 10.2)."""
    return _CNP.sub(lambda found: f"{found[1]}{'•' * 9}{found[2]}", text)


def has_cnp(text: str) -> bool:
    """Whether a 13-digit personal number stands in the text."""
    return _CNP.search(text) is not None
