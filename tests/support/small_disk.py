"""A disk with little room: a tmpfs of our own, which root may mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PAGE: Final = 4096


class SmallDisk:
    """A full folder is made with `fill`; `make_room` empties the disk again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, leave_pages: int) -> None:
        """Use up all room but so many pages of 4 KiB."""
        self._filler.unlink(missing_ok=True)
        free = os.statvfs(self.folder).f_bavail
        if free > leave_pages:
            with self._filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, (free - leave_pages) * PAGE)

    def make_room(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[SmallDisk | None]:
    """A small disk mounted at `folder` (made if needed); None where this is not allowed."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
