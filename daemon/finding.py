"""Finding what `cabinet ingest` is to enter: files, mailbox files and maildir folders below the named paths."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ingest.documents.sniff import HEAD, sniff_head
from ingest.mailfiles import MAILDIR_PARTS, is_maildir, starts_like_mbox
from ingest.outlook import is_outlook

Kind = Literal["mail", "mbox", "maildir", "document", "system-file", "missing", "unreadable"]

_SYSTEM_FILES: Final = frozenset(
    {"thumbs.db", "desktop.ini", ".ds_store", "maildirfolder", "maildirsize", "subscriptions"}
)
_SYSTEM_STARTS: Final = ("~$", "._", "dovecot", "courierimap")
_SYSTEM_ENDS: Final = (".msf", ".lock", ".tmp", ".part", ".crdownload")
_MAIL: Final = (".eml", ".msg")
# Names that say what a file is; of all others the content says it.
_DOCUMENTS: Final = (
    ".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".webp", ".bmp", ".heic", ".txt", ".csv", ".htm",
    ".html", ".rtf", ".doc", ".docx", ".odt", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".odp", ".zip", ".7z", ".rar",
    ".p7m", ".p7s", ".xml",
)  # fmt: skip
_OLE: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing to enter. `size` in bytes is what the progress bar counts."""

    path: Path
    kind: Kind
    size: int


def find(paths: Iterable[Path]) -> Iterator[Found]:
    """What lies at the paths and in the folders below them, in order of name; "unreadable" where that cannot be told.

    Files that programs keep for themselves are "system-file" when they were found in a folder; what is named itself is
    always entered.
    """
    for path in paths:
        yield from _below(path) if path.is_dir() else (_found(path, named=True),)


def _below(folder: Path) -> Iterator[Found]:
    try:
        entries = sorted(folder.iterdir())
        maildir = is_maildir(folder)
        size = sum(_size(file) for name in MAILDIR_PARTS for file in (folder / name).iterdir()) if maildir else 0
    except OSError:
        yield Found(folder, "unreadable", 0)
        return
    if maildir:
        yield Found(folder, "maildir", size)
    for entry in entries:
        if not entry.is_dir():
            yield _found(entry, named=False)
        elif not entry.is_symlink() and not (maildir and entry.name in (*MAILDIR_PARTS, "tmp")):
            yield from _below(entry)  # a link to a folder is left alone, for it may lead back up


def _found(path: Path, *, named: bool) -> Found:
    if not named and _is_system_file(path.name.lower()):
        return Found(path, "system-file", 0)
    try:
        if not path.exists():
            return Found(path, "missing", 0)
        if not path.is_file():
            return Found(path, "unreadable", 0)  # a device or pipe, on which reading would wait for ever
        return Found(path, kind_of(path), path.stat().st_size)
    except OSError:
        return Found(path, "unreadable", 0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_system_file(name: str) -> bool:
    return name in _SYSTEM_FILES or name.startswith(_SYSTEM_STARTS) or name.endswith(_SYSTEM_ENDS)


def kind_of(path: Path) -> Literal["mail", "mbox", "document"]:
    """What a file is: by its ending if that says it, else by its content."""
    ending = path.suffix.lower()
    if ending in _MAIL:
        return "mail"
    if ending in _DOCUMENTS:
        return "document"
    with path.open("rb") as file:
        head = file.read(HEAD)
    if starts_like_mbox(head):
        return "mbox"
    if sniff_head(head) == "eml" or (head.startswith(_OLE) and is_outlook(path)):
        return "mail"
    return "document"
