"""The scans folder: a file is taken when it is complete, once, and stays where people find it."""

import errno
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import col, select

from ingest.errors import describe_failure
from ingest.scans import ABANDONED_AFTER, CLAIMED, REFUSED, TAKEN, ScansFolder
from registry.database import Database
from registry.letters import Received
from registry.models import LedgerEntry, Letter, RegisterEntry
from registry.store import FileStore
from tests.support import piles

STABLE = 5.0
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 0\ntrailer<</Root 1 0 R>>\nstartxref\n40\n%%EOF\n"
DEPARTMENTS = {"directia-tehnica": "Direcția Tehnică", "politia-locala": "Poliția Locală"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40 + b"IEND\xaeB`\x82"

# Where the kind of database makes no difference, and time does.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Scanner:
    """Puts files into the folder, and looks at it at moments of its own choice: no test waits."""

    def __init__(self, folder: Path, database: Database, store: FileStore) -> None:
        self.folder, self.database, self.store = folder, database, store
        self.watcher = ScansFolder(folder, STABLE, DEPARTMENTS)
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        folder.mkdir()

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def poll(self, later: float = 0.0) -> list[Received]:
        self.now += timedelta(seconds=later)
        return self.watcher.poll(self.database, self.store, self.now)

    def poll_when_stable(self) -> list[Received]:
        return [*self.poll(1), *self.poll(STABLE)]

    def names(self, sub: str = "") -> list[str]:
        return sorted(path.name for path in (self.folder / sub).glob("*") if path.is_file())

    def letters(self) -> list[tuple[int, str, str]]:
        """Number, original name and channel of every letter."""
        with self.database.read() as session:
            rows = session.exec(
                select(RegisterEntry.number, Letter.original_name, Letter.channel)
                .join(Letter, col(Letter.entry_id) == col(RegisterEntry.id))
                .order_by(col(RegisterEntry.number))
            )
            return [(number, name, channel) for number, name, channel in rows]

    def ledger(self) -> list[tuple[str, str]]:
        with self.database.read() as session:
            rows = session.exec(select(LedgerEntry.outcome, LedgerEntry.problem).order_by(col(LedgerEntry.id)))
            return [(outcome, problem) for outcome, problem in rows]


@pytest.fixture
def scanner(tmp_path: Path, database: Database, store: FileStore) -> Scanner:
    return Scanner(tmp_path / "scans", database, store)


@on_sqlite
def test_a_growing_file_is_taken_when_it_is_stable_and_has_its_end(scanner: Scanner) -> None:
    whole = PDF + b"\n" * 10
    for length in range(10, len(PDF) - 7, 20):
        scanner.write("cerere.pdf", whole[:length])
        assert scanner.poll(STABLE + 1) == []  # it changed since the last look
    assert scanner.poll(STABLE + 1) == []  # quiet, but without its end: the scanner paused
    scanner.write("cerere.pdf", whole)
    assert scanner.poll(1) == []
    assert scanner.poll(STABLE - 1) == []
    (taken,) = scanner.poll(2)
    assert taken.new
    assert scanner.letters() == [(1, "cerere.pdf", "post")]
    assert (scanner.names(), scanner.names(TAKEN)) == ([], ["cerere.pdf"])
    assert scanner.poll_when_stable() == []


CUT_OFF = {"a.png": PNG[:-8], "a.pdf": PDF[:-7], "a.jpg": b"\xff\xd8\xff\xe0"}


@on_sqlite
@pytest.mark.parametrize("name", CUT_OFF)
def test_a_file_that_never_gets_its_end_is_taken_after_much_patience(scanner: Scanner, name: str) -> None:
    scanner.write(name, CUT_OFF[name])
    assert scanner.poll_when_stable() == []
    assert len(scanner.poll(STABLE * 20)) == 1
    assert scanner.letters() == [(1, name, "post")]


@on_sqlite
def test_several_files_at_once_are_letters_in_the_order_of_their_names(scanner: Scanner) -> None:
    for number in (3, 1, 2):
        scanner.write(f"scan-{number}.pdf", PDF + str(number).encode() + b"%%EOF")
    assert [received.new for received in scanner.poll_when_stable()] == [True, True, True]
    assert scanner.letters() == [(number, f"scan-{number}.pdf", "post") for number in (1, 2, 3)]


def test_an_empty_file_is_refused_with_a_reason_and_stops_nobody(scanner: Scanner) -> None:
    scanner.write("a-gol.pdf", b"")
    scanner.write("b.pdf", PDF)
    assert len(scanner.poll_when_stable()) == 1
    assert scanner.names() == ["a-gol.pdf"]  # the scanner may still be filling it
    assert scanner.poll(STABLE * 20) == []
    assert scanner.names(REFUSED) == ["a-gol.pdf"]
    assert ("failed", "zero-bytes") in scanner.ledger()
    assert "0 octeți" in describe_failure("zero-bytes")
    assert scanner.letters() == [(1, "b.pdf", "post")]


def test_the_same_scan_under_another_name_is_one_letter(scanner: Scanner) -> None:
    scanner.write("cerere.pdf", PDF)
    scanner.poll_when_stable()
    scanner.write("cerere din nou.pdf", PDF)
    (again,) = scanner.poll_when_stable()
    assert not again.new
    assert scanner.letters() == [(1, "cerere.pdf", "post")]
    assert scanner.names(TAKEN) == ["cerere din nou.pdf", "cerere.pdf"]
    assert [outcome for outcome, _ in scanner.ledger()] == ["stored", "duplicate"]


def test_another_scan_under_the_same_name_is_another_letter_and_both_files_are_kept(scanner: Scanner) -> None:
    contents = {PDF + bytes([65 + number]) + b"\n%%EOF" for number in range(3)}
    for content in contents:
        scanner.write("SCAN0001.pdf", content)
        scanner.poll_when_stable()
    assert [number for number, _, _ in scanner.letters()] == [1, 2, 3]
    assert scanner.names(TAKEN) == ["SCAN0001 (2).pdf", "SCAN0001 (3).pdf", "SCAN0001.pdf"]
    assert {path.read_bytes() for path in (scanner.folder / TAKEN).iterdir()} == contents


def test_a_crash_between_registering_and_moving_makes_no_second_letter(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    scanner.write("cerere.pdf", PDF)
    with monkeypatch.context() as broken:
        broken.setattr(ScansFolder, "_move", crash)
        scanner.poll(1)
        with pytest.raises(KeyboardInterrupt):
            scanner.poll(STABLE)
    assert (scanner.names(TAKEN), scanner.letters()) == ([], [(1, "cerere.pdf", "post")])
    scanner.watcher = ScansFolder(scanner.folder, STABLE)  # the worker that starts again
    (again,) = scanner.poll()
    assert not again.new
    assert (scanner.names(), scanner.names(TAKEN)) == ([], ["cerere.pdf"])
    assert scanner.letters() == [(1, "cerere.pdf", "post")]
    assert scanner.ledger() == [("stored", "")]


@on_sqlite
@pytest.mark.parametrize(
    "name", [".ascuns.pdf", "~lucru.pdf", "Thumbs.db", "desktop.ini", "scan.TMP", "scan.pdf.part", "x.crdownload"]
)
def test_hidden_and_unfinished_files_are_left_alone(scanner: Scanner, name: str) -> None:
    scanner.write(name, PDF)
    (scanner.folder / "un dosar").mkdir()
    assert [*scanner.poll_when_stable(), *scanner.poll(STABLE * 20)] == []
    assert scanner.names() == [name]
    assert scanner.ledger() == []


@on_sqlite
def test_a_share_that_went_away_is_an_error_until_it_is_back(scanner: Scanner) -> None:
    scanner.poll()
    scanner.folder.rmdir()
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            scanner.poll(STABLE)
    assert not scanner.folder.exists()  # no empty folder was made in place of the share
    scanner.folder.mkdir()
    scanner.write("cerere.pdf", PDF)
    assert len(scanner.poll_when_stable()) == 1


@on_sqlite
def test_a_folder_that_was_never_there_is_made(tmp_path: Path, database: Database, store: FileStore) -> None:
    folder = tmp_path / "nou" / "scans"
    ScansFolder(folder, STABLE).poll(database, store, datetime(2026, 11, 23, tzinfo=UTC))
    assert folder.is_dir()


@on_sqlite
def test_one_file_that_cannot_be_read_keeps_nobody_waiting(scanner: Scanner) -> None:
    class LockedOut(FileStore):
        def put_file(self, source: Path) -> str:
            if source.name == "a.pdf":
                raise PermissionError
            return super().put_file(source)

    readable, scanner.store = scanner.store, LockedOut(scanner.store.folder)
    scanner.write("a.pdf", PDF)
    scanner.write("b.pdf", PDF + b"b%%EOF")
    assert len(scanner.poll_when_stable()) == 1
    assert scanner.names() == ["a.pdf"]
    scanner.store = readable
    assert len(scanner.poll_when_stable()) == 1
    assert scanner.letters() == [(1, "b.pdf", "post"), (2, "a.pdf", "post")]


def test_a_name_that_is_not_text_is_no_obstacle(scanner: Scanner) -> None:
    path = os.fsencode(scanner.folder) + b"/cerere \xba\xfe.pdf"
    with open(path, "wb") as file:
        file.write(PDF)
    assert len(scanner.poll_when_stable()) == 1
    assert scanner.letters() == [(1, "cerere \ufffd\ufffd.pdf", "post")]
    assert os.listdir(os.fsencode(scanner.folder / TAKEN)) == [b"cerere \xba\xfe.pdf"]


@on_sqlite
def test_a_file_that_disappears_while_the_folder_is_looked_at_is_no_obstacle(scanner: Scanner) -> None:
    (scanner.folder / "a.pdf").symlink_to(scanner.folder / ".nowhere")
    scanner.write("b.pdf", PDF)
    vanishing = scanner.write("c.pdf", PDF + b"c%%EOF")
    scanner.poll(1)
    listed = ScansFolder._candidates

    class Late(ScansFolder):
        def _candidates(self) -> list[Path]:
            found = listed(self)
            vanishing.unlink()
            return found

    late = Late(scanner.folder, STABLE)
    late._seen = scanner.watcher._seen
    scanner.watcher = late
    assert len(scanner.poll(STABLE)) == 1
    assert scanner.letters() == [(1, "b.pdf", "post")]


def tiff(pages: int) -> bytes:
    return piles.as_tiff([np.full((80, 60), 200, np.uint8)] * pages)


@on_sqlite
def test_a_tiff_whose_scanner_pauses_between_two_pages_is_not_taken_half(scanner: Scanner) -> None:
    """libtiff writes a page's picture, then its directory, then the pointer to it: it stops anywhere."""
    whole = tiff(3)
    for length in range(8, len(whole.rstrip(b"\0")), 7):  # zeros at the end are padding
        scanner.write("teanc.tif", whole[:length])
        scanner.poll(STABLE)
        assert scanner.poll(STABLE) == [], length
    scanner.write("teanc.tif", whole)
    scanner.poll(STABLE)
    assert len(scanner.poll(STABLE)) == 1


@on_sqlite
def test_a_tiff_with_the_picture_of_a_page_to_come_is_not_taken_yet(scanner: Scanner) -> None:
    scanner.write("teanc.tif", tiff(1) + os.urandom(2000))
    assert scanner.poll_when_stable() == []


@on_sqlite
def test_a_pdf_whose_table_is_not_where_it_says_is_not_complete(scanner: Scanner) -> None:
    scanner.write("cerere.pdf", PDF.replace(b"startxref\n40", b"startxref\n4000"))
    assert scanner.poll_when_stable() == []
    assert len(scanner.poll(STABLE * 20)) == 1


@on_sqlite
def test_sub_folders_name_a_channel_or_a_department(scanner: Scanner) -> None:
    names = ["fax/a.pdf", "Direcția tehnică/b.pdf", "ghiseu/POLITIA-LOCALA/c.pdf", "Diverse/d.pdf"]
    for number, name in enumerate(names):
        scanner.write(name, PDF + bytes([65 + number]) + b"%%EOF")
    assert len(scanner.poll_when_stable()) == 4
    with scanner.database.read() as session:
        found = {one.original_name: (one.channel, one.intended_department) for one in session.exec(select(Letter))}
    assert found == {
        "a.pdf": ("fax", ""),
        "b.pdf": ("post", "directia-tehnica"),
        "c.pdf": ("counter", "politia-locala"),
        "d.pdf": ("post", ""),
    }
    taken = {str(path.relative_to(scanner.folder / TAKEN)) for path in (scanner.folder / TAKEN).rglob("*.pdf")}
    assert taken == set(names)
    assert (scanner.folder / "fax").is_dir()  # people go on putting files there
    assert scanner.poll_when_stable() == []


def test_a_worker_that_is_slower_takes_nothing_twice(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers see the same file as complete; a share may also go on showing a file that was renamed."""
    scanner.write("cerere.pdf", PDF)
    other = ScansFolder(scanner.folder, STABLE, worker="2")
    for watcher in (scanner.watcher, other):
        watcher.poll(scanner.database, scanner.store, scanner.now)
    late = other._candidates()
    assert len(scanner.poll(STABLE)) == 1
    monkeypatch.setattr(ScansFolder, "_candidates", lambda _: late)
    assert other.poll(scanner.database, scanner.store, scanner.now) == []
    assert scanner.letters() == [(1, "cerere.pdf", "post")]


def test_what_a_dead_worker_was_taking_is_taken_over_after_a_while(scanner: Scanner) -> None:
    scanner.write(f"{CLAIMED}/gone/20261123-1/fax/cerere.pdf", PDF)
    assert scanner.poll_when_stable() == []
    assert len(scanner.poll(ABANDONED_AFTER.total_seconds())) == 1
    assert scanner.letters() == [(1, "cerere.pdf", "fax")]
    assert scanner.names(f"{TAKEN}/fax") == ["cerere.pdf"]
    assert not (scanner.folder / CLAIMED).exists()


@on_sqlite
def test_a_file_that_goes_on_growing_after_it_was_taken_comes_back_whole(scanner: Scanner) -> None:
    class Slow(FileStore):
        def put_file(self, source: Path) -> str:
            sha256 = super().put_file(source)
            with source.open("ab") as scanner_again:
                scanner_again.write(b"a page more\n" + PDF)
            return sha256

    usual, scanner.store = scanner.store, Slow(scanner.store.folder)
    scanner.write("teanc.pdf", PDF)
    assert scanner.poll_when_stable() == []
    assert (scanner.names(), scanner.letters()) == (["teanc.pdf"], [])
    scanner.store = usual
    assert len(scanner.poll_when_stable()) == 1
    with scanner.database.read() as session:
        assert scanner.store.read(session.exec(select(Letter.raw_sha256)).one()).count(b"%PDF") == 2


@on_sqlite
def test_a_read_only_share_is_read_in_place_and_each_file_once(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Path.mkdir

    def refuse(path: Path, *args: Any, **how: Any) -> None:
        if CLAIMED in path.parts:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        make(path, *args, **how)

    monkeypatch.setattr(Path, "mkdir", refuse)
    scanner.write("cerere.pdf", PDF)
    assert len(scanner.poll_when_stable()) == 1
    assert [*scanner.poll_when_stable(), *scanner.poll(STABLE * 20)] == []
    assert (scanner.names(), scanner.letters()) == (["cerere.pdf"], [(1, "cerere.pdf", "post")])
    assert scanner.ledger() == [("stored", "")]
    scanner.watcher = ScansFolder(scanner.folder, STABLE)  # a new worker looks once more, and finds it known
    assert [one.new for one in scanner.poll_when_stable()] == [False]
    assert scanner.ledger() == [("stored", "")]


@on_sqlite
def test_a_file_that_a_scanner_holds_open_waits_and_others_do_not(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def locked(source: Any, target: Any) -> None:
        if Path(source).name == "a.pdf":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        rename(source, target)

    scanner.write("a.pdf", PDF)
    scanner.write("b.pdf", PDF + b"b%%EOF")
    with monkeypatch.context() as share:
        share.setattr(os, "rename", locked)
        assert len(scanner.poll_when_stable()) == 1
        assert scanner.names() == ["a.pdf"]
    assert len(scanner.poll()) == 1
    assert scanner.names() == []


@on_sqlite
@pytest.mark.parametrize("day", [datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_a_scanner_with_a_wrong_clock_dates_no_letter(scanner: Scanner, day: datetime) -> None:
    path = scanner.write("cerere.pdf", PDF)
    os.utime(path, (day.timestamp(), day.timestamp()))
    scanner.poll_when_stable()
    with scanner.database.read() as session:
        letter = session.exec(select(Letter)).one()
    assert abs((letter.received_at - letter.registered_at).total_seconds()) < 60


@on_sqlite
def test_a_share_without_links_keeps_files_of_the_same_name_apart(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "link", no_links)
    for letter in (b"a", b"b"):
        scanner.write("SCAN.pdf", PDF + letter + b"%%EOF")
        scanner.poll_when_stable()
    assert scanner.names(TAKEN) == ["SCAN (2).pdf", "SCAN.pdf"]


def test_a_crash_at_any_moment_loses_and_doubles_nothing(tmp_path: Path, migrated_file: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.dying_scanner", str(tmp_path), str(migrated_file)],
        input=PDF,
        capture_output=True,
        check=True,
        timeout=240,
    )
    found = [json.loads(line) for line in run.stdout.splitlines() if line.startswith(b"{")]
    assert len(found) > 80
    assert found[0]["moment"] == ""
    whole = {"letters": 1, "numbers": 1, "channel": "fax", "taken": ["fax/cerere.pdf"], "elsewhere": []}
    assert [one for one in found if {**one, "moment": ""} != {**whole, "moment": ""}] == []
