"""Work of the command line on files and users."""

import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session, col, select

from config import clock
from daemon.house import House
from ingest.documents import read_document
from ingest.reading import DocumentReading
from ingest.scans import readable
from registry.errors import NotFound
from registry.letters import Received, Seen, Source, receive
from registry.models import User

_LONGEST_PLACE = 300  # of the ledger's column


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """The named files, and all files below the named folders, in order of name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        else:
            yield path


def enter_file(house: House, file: Path) -> Received:
    """Register a file as a letter: .eml as e-mail, everything else as post. The file is left where it is."""
    sha256 = house.store.put_file(file)
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    name, place = readable(file.name), readable(str(file.resolve().parent))[-_LONGEST_PLACE:]
    seen = Seen(Source.COMMAND, place, f"{name}:{sha256[:16]}", changed)
    channel = "email" if file.suffix.lower() == ".eml" else "post"
    with house.database.write() as session:
        return receive(session, house.store, seen, sha256, channel=channel, at=clock.now(), original_name=name)


def read_file(file: Path) -> DocumentReading:
    """Read a document outside the record; page pictures are thrown away."""
    with tempfile.TemporaryDirectory(prefix="cabinet-extract-") as folder:
        return read_document(file, image_folder=Path(folder))


def user_named(session: Session, username: str) -> User:
    """The user of this name; `NotFound` if there is none."""
    user = session.exec(select(User).where(User.username == username)).first()
    if user is None:
        raise NotFound
    return user


def users(session: Session) -> list[User]:
    """All users by name."""
    return list(session.exec(select(User).order_by(col(User.username))))
