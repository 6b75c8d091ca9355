"""The scans folder: a file is taken when it is complete, once, and stays where people find it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from ingest.errors import describe_failure
from ingest.scans import REFUSED, TAKEN, ScansFolder
from registry.database import Database
from registry.letters import Received
from registry.models import LedgerEntry, Letter, RegisterEntry
from registry.store import FileStore

STABLE = 5.0
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40 + b"IEND\xaeB`\x82"

# Where the kind of database makes no difference, and time does.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Scanner:
    """Puts files into the folder, and looks at it at moments of its own choice: no test waits."""

    def __init__(self, folder: Path, database: Database, store: FileStore) -> None:
        self.folder, self.database, self.store = folder, database, store
        self.watcher = ScansFolder(folder, STABLE)
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        folder.mkdir()

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
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
    for length in range(10, len(PDF), 20):
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
    assert (scanner.names(), scanner.letters()) == (["cerere.pdf"], [(1, "cerere.pdf", "post")])
    scanner.watcher = ScansFolder(scanner.folder, STABLE)  # the worker that starts again
    (again,) = scanner.poll_when_stable()
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
