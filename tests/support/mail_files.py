"""Mailbox files and maildir folders for tests."""

from collections.abc import Iterable
from pathlib import Path

OPENING = b"From stefania@example.ro Mon Nov  2 08:15:00 2026\n"


def mbox(mails: Iterable[bytes], *, opening: bytes = OPENING) -> bytes:
    """An mbox file as mail programs write it: separators, quoted "From " lines (mboxrd), an empty line after each."""
    return b"".join(opening + _quoted(mail) + (b"" if mail.endswith(b"\n") else b"\n") + b"\n" for mail in mails)


def maildir(folder: Path, mails: dict[str, bytes]) -> Path:
    """A maildir with these files; a name with flags goes into cur, one without into new."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    for name, mail in mails.items():
        (folder / ("cur" if ":2," in name else "new") / name).write_bytes(mail)
    return folder


def _quoted(mail: bytes) -> bytes:
    return b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in mail.split(b"\n"))
