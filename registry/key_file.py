"""Making the files in which the house keeps its keys."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from registry.store import sync


def make_key_file(path: Path, content: bytes) -> None:
    """Write a new key that survives a power cut; when another program is faster, its key is the one.

    Only the owner may read the file. The folder is made if needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content + b"\n")
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
    sync(path.parent)
