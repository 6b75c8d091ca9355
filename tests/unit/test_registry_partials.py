"""Files that come in by pieces: kept between tries, trusted as far as they are durable, written by one process."""

import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from config import clock
from registry.partials import LONGEST_PIECE, Partials
from registry.store import FileStore

PLACE = "primaria/INBOX/1"


def files(store: FileStore) -> list[Path]:
    return sorted(store.partials.iterdir())


def test_a_file_goes_on_where_it_broke_off_and_ends_in_the_store(store: FileStore) -> None:
    partials = Partials(store)
    with suppress(ConnectionError), partials.open(PLACE, "17") as partial:
        assert partial is not None
        partial.append(b"prima ")
        partial.append(b"parte ")
        raise ConnectionError
    assert [path.stat().st_mode & 0o777 for path in files(store)] == [0o600]
    with partials.open(PLACE, "17") as partial:
        assert partial is not None
        assert partial.length == 12
        partial.append(b"si restul")
        sha256 = partial.finish()
    assert store.read(sha256) == b"prima parte si restul"
    assert files(store) == []


def test_a_process_that_did_not_write_the_file_trusts_all_but_the_last_piece(store: FileStore) -> None:
    with Partials(store).open(PLACE, "17") as partial:
        assert partial is not None
        for number in range(3):
            partial.append(bytes([number]) * LONGEST_PIECE)
        partial.append(b"x" * 10)
    with Partials(store).open(PLACE, "17") as partial:
        assert partial is not None
        assert partial.length == 2 * LONGEST_PIECE + 10
        partial.append(b"y")
        assert store.read(partial.finish())[-2:] == b"\x02y"


def test_a_piece_half_written_on_a_full_disk_is_asked_for_again(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    partials = Partials(store)

    def full(handle: int) -> None:
        raise OSError(28, "no space left")

    with partials.open(PLACE, "17") as partial:
        assert partial is not None
        partial.append(b"prima ")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            partial.append(b"a doua")
        monkeypatch.undo()
    with partials.open(PLACE, "17") as partial:
        assert partial is not None
        assert partial.length == 6
        assert files(store)[0].stat().st_size == 6


def test_bytes_are_flushed_before_they_count(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_size))
    with Partials(store).open(PLACE, "17") as partial:
        assert partial is not None
        partial.append(b"x" * (2 * LONGEST_PIECE + 1))
    assert flushed == [LONGEST_PIECE, 2 * LONGEST_PIECE, 2 * LONGEST_PIECE + 1]


def test_while_one_process_writes_another_one_leaves_the_file_alone(store: FileStore) -> None:
    other = (
        "import sys; from pathlib import Path; from registry.partials import Partials; "
        "from registry.store import FileStore\n"
        f"with Partials(FileStore(Path(sys.argv[1]))).open({PLACE!r}, '17') as partial: print(partial is None)"
    )
    command = [sys.executable, "-c", other, str(store.folder)]
    with Partials(store).open(PLACE, "17") as partial:
        assert partial is not None
        partial.append(b"x")
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_file_in_which_nothing_came_leaves_nothing(store: FileStore) -> None:
    with Partials(store).open(PLACE, "17"):
        assert len(files(store)) == 1
    assert files(store) == []


def test_files_of_messages_that_no_longer_matter_are_thrown_away(store: FileStore) -> None:
    partials = Partials(store)
    for place, key in ((PLACE, "1"), (PLACE, "2"), ("primaria/INBOX/2", "1")):
        with partials.open(place, key) as partial:
            assert partial is not None
            partial.append(b"x")
    assert partials.keep_only(PLACE, ["2", "3"]) == 1
    assert len(files(store)) == 2
    assert partials.keep_only(PLACE, []) == 1
    assert partials.keep_only(PLACE, []) == 0
    assert store.sweep(clock.now() + timedelta(days=6)) == 0
    assert store.sweep(clock.now() + timedelta(days=8)) == 1
    assert files(store) == []
