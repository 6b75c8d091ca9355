"""A page whose text has to be recognised: where its picture is, for the child that will read it."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

INSIDE = "inside-"


@dataclass(frozen=True, slots=True)
class PageTask:
    """Page `number` of the document is page (from 0) or frame `index` of the file `source`.

    `reason` marks a page of a file known to be damaged; `is_scan` says of a PDF page that a picture fills it (it may
    be a photo then); `is_pasted` that the picture was found inside a word processor file.
    """

    number: int
    kind: Literal["pdf", "image"]
    source: str
    index: int = 0
    reason: str = ""
    is_scan: bool = True
    is_pasted: bool = False


def keep_inside(content: Path | bytes, folder: Path) -> Path:
    """Content that was unpacked, as a file in the image folder, where other children find it.

    The reader of the document removes it at the end.
    """
    handle, name = tempfile.mkstemp(prefix=INSIDE, dir=folder)
    with os.fdopen(handle, "wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content.open("rb") as unpacked:
                shutil.copyfileobj(unpacked, file)
    return Path(name)
