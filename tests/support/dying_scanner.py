"""Takes one scan from a folder and dies on the way, at one moment after the other; then another worker goes on.

`python -m tests.support.dying_scanner FOLDER RECORD`: prints one JSON line for each moment, with what was found after.
"""

import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import func, select

from config.logging import set_up_logging
from ingest.scans import TAKEN, ScansFolder
from registry.database import Database
from registry.models import Letter, RegisterEntry
from registry.store import FileStore
from tests.support.dying import die_at

STABLE = 5.0
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NAME = "fax/cerere.pdf"


@dataclass(frozen=True, slots=True)
class Found:
    """What there is after the crash and the work of the next worker; `moment` is "" for the run that does not die."""

    moment: str
    letters: int
    numbers: int
    channel: str
    taken: list[str]
    elsewhere: list[str]


def one_death(folder: Path, record: Path, content: bytes, number: int, moment: str) -> Found:
    """Die at the moment of this number (0: not at all), go on in another process, and look."""
    scans = folder / "scans"
    (scans / NAME).parent.mkdir(parents=True)
    (scans / NAME).write_bytes(content)
    shutil.copy(record, folder / "cabinet.db")
    url = f"sqlite:///{folder / 'cabinet.db'}"
    child = os.fork()
    if not child:
        database, watcher = Database(url), ScansFolder(scans, STABLE)
        store = FileStore(folder / "store")
        watcher.poll(database, store, NOW)
        with die_at(number) as moments:
            watcher.poll(database, store, NOW + timedelta(seconds=STABLE))
        (folder / "moments.json").write_text(json.dumps(moments))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) == bool(number)
    database, watcher, store = Database(url), ScansFolder(scans, STABLE), FileStore(folder / "store")
    for look in range(3):
        watcher.poll(database, store, NOW + timedelta(minutes=look))
    with database.read() as session:
        letters = session.exec(select(Letter)).all()
        numbers = session.exec(select(func.count()).select_from(RegisterEntry)).one()
    database.close()
    for letter in letters:
        assert store.read(letter.raw_sha256) == content
    taken = [str(path.relative_to(scans / TAKEN)) for path in (scans / TAKEN).rglob("*") if path.is_file()]
    others = [path for path in scans.rglob("*") if path.is_file() and TAKEN not in path.parts]
    elsewhere = [str(path.relative_to(scans)) for path in others]
    channel = letters[0].channel if letters else ""
    return Found(moment, len(letters), numbers, channel, taken, elsewhere)


def main(folder: Path, record: Path, content: bytes) -> None:
    """Go through without dying, then die before and after everything that leaves a trace outside the process."""
    set_up_logging("ERROR")
    whole = folder / "whole"
    whole.mkdir()
    print(json.dumps(asdict(one_death(whole, record, content, 0, ""))), flush=True)
    for number, moment in enumerate(json.loads((whole / "moments.json").read_text()), 1):
        if moment.startswith("c_"):  # of the others nothing is to be seen outside
            place = folder / str(number)
            place.mkdir()
            print(json.dumps(asdict(one_death(place, record, content, number, moment))), flush=True)
            shutil.rmtree(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.stdin.buffer.read())
