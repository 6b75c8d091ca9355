"""Files that old mail programs wrote into the text itself (uuencode: "begin 644 harta.png" … "end")."""

import binascii
import re
from dataclasses import dataclass
from typing import Final

from ingest.headers import one_line

_FILES: Final = 50
_BEGIN: Final = re.compile(r"begin [0-7]{3,4} (\S.{0,254})")
_LINE: Final = 100


@dataclass(frozen=True, slots=True)
class UuFile:
    """One file with the name its sender gave it."""

    name: str
    content: bytes


def without_uuencoded(text: str) -> tuple[str, tuple[UuFile, ...]]:
    """The text with every whole uuencoded file replaced by its name in brackets, and those files.

    A block with a line that does not decode, or without its end, is text and stays. Linear time.
    """
    if "begin " not in text:
        return text, ()
    lines = text.split("\n")
    kept: list[str] = []
    files: list[UuFile] = []
    # A block without an end is looked through once only, however many beginnings stand in it.
    hopeless = number = 0
    while number < len(lines):
        line = lines[number].rstrip("\r")
        begin = _BEGIN.fullmatch(line) if number >= hopeless and len(files) < _FILES else None
        if begin is not None:
            content, stop = _block(lines, number + 1)
            if content is not None:
                files.append(UuFile(one_line(begin.group(1)), content))
                kept.append(f"[{one_line(begin.group(1))}]")
                number = stop + 1
                continue
            hopeless = stop
        kept.append(lines[number])
        number += 1
    return "\n".join(kept), tuple(files)


def _block(lines: list[str], number: int) -> tuple[bytes | None, int]:
    """The decoded file whose lines begin here and the number of its "end" line; None and where it stops being one."""
    content = bytearray()
    while number < len(lines):
        line = lines[number].rstrip("\r")
        if line == "end":
            return (bytes(content) or None), number
        if len(line) > _LINE:
            break
        try:
            content += binascii.a2b_uu(line)
        except (binascii.Error, ValueError):
            break
        number += 1
    return None, number
