"""The raw-file store: durable, written once, and honest about damage."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from config import clock
from registry.errors import FileDamaged
from registry.store import FileStore

CONTENT = "Scrisoare către primărie".encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def incoming(store: FileStore) -> list[Path]:
    return list((store.folder / "incoming").iterdir())


def test_bytes_are_kept_under_their_hash_and_read_back(store: FileStore) -> None:
    assert store.put(CONTENT) == SHA256
    assert store.path(SHA256) == store.folder / SHA256[:2] / SHA256
    assert store.read(SHA256) == CONTENT
    assert store.size(SHA256) == len(CONTENT)
    assert incoming(store) == []


def test_the_same_bytes_are_kept_once(store: FileStore, tmp_path: Path) -> None:
    store.put(CONTENT)
    first = store.path(SHA256).stat()
    source = tmp_path / "scan.pdf"
    source.write_bytes(CONTENT)
    assert store.put(CONTENT) == store.put_file(source) == SHA256
    assert store.path(SHA256).stat().st_ino == first.st_ino
    assert incoming(store) == []


def test_many_files_are_kept_together_each_under_its_hash(store: FileStore) -> None:
    contents = [f"Scrisoarea {number}".encode() for number in range(60)]
    hashes = store.put_many([*contents, contents[0], CONTENT, CONTENT])
    assert hashes == [hashlib.sha256(content).hexdigest() for content in [*contents, contents[0], CONTENT, CONTENT]]
    assert [store.read(sha256) for sha256 in hashes[:60]] == contents
    assert incoming(store) == []
    assert store.put_many([]) == []


def test_of_many_files_each_is_flushed_before_it_has_its_name_and_each_folder_once(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [f"Scrisoarea {number}".encode() for number in range(40)]
    flushed: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.readlink(f"/proc/self/fd/{handle}")))
    hashes = store.put_many(contents)
    files, folders = flushed[:40], flushed[40:]
    assert {Path(file).parent.name for file in files} == {"incoming"}
    assert len(set(files)) == 40
    assert sorted(folders) == sorted({str(store.path(sha256).parent) for sha256 in hashes} | {str(store.folder)})
    assert folders[-1] == str(store.folder)


def test_when_one_of_many_cannot_be_written_no_leftovers_stay(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    for contents in ([CONTENT], [f"{number}".encode() for number in range(20)]):
        with pytest.raises(OSError, match="no space"):
            store.put_many(contents)
    assert incoming(store) == []
    assert not store.path(SHA256).exists()


def test_a_file_below_the_store_is_kept_without_a_copy(store: FileStore) -> None:
    there = store.partials / "one"
    there.write_bytes(CONTENT)
    inode = there.stat().st_ino
    assert store.take(there) == SHA256
    assert store.path(SHA256).stat().st_ino == inode
    there.write_bytes(CONTENT)
    assert store.take(there) == SHA256
    assert not there.exists()
    assert store.path(SHA256).stat().st_ino == inode


def test_a_file_is_copied_and_left_where_it_was(store: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "scan.pdf"
    source.write_bytes(b"x" * 3_000_000)
    sha256 = store.put_file(source)
    assert store.read(sha256) == source.read_bytes()


def test_no_bytes_at_all_are_kept_like_others(store: FileStore) -> None:
    assert store.read(store.put(b"")) == b""


def test_bytes_and_their_folder_are_flushed_to_disk_before_they_have_their_name(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, bool]] = []
    real = os.fsync

    def watching(handle: int) -> None:
        flushed.append((os.readlink(f"/proc/self/fd/{handle}"), store.path(SHA256).exists()))
        real(handle)

    monkeypatch.setattr(os, "fsync", watching)
    store.put(CONTENT)
    (temporary, had_name), (parent, has_name), (folder, _) = flushed
    assert Path(temporary).parent == store.folder / "incoming"
    assert not had_name
    assert has_name
    assert [parent, folder] == [str(store.path(SHA256).parent), str(store.folder)]


def test_bytes_that_were_already_there_are_flushed_too(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(CONTENT)
    flushed: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.readlink(f"/proc/self/fd/{handle}")))
    store.put(CONTENT)
    assert str(store.path(SHA256).parent) in flushed


@pytest.mark.parametrize("damage", [b"", b"Scrisoare", CONTENT[:-1] + b"x", CONTENT + b"\x00"])
def test_changed_bytes_are_noticed(store: FileStore, damage: bytes) -> None:
    store.put(CONTENT)
    store.path(SHA256).write_bytes(damage)
    with pytest.raises(FileDamaged, match=SHA256):
        store.read(SHA256)


def test_missing_bytes_are_noticed(store: FileStore) -> None:
    with pytest.raises(FileDamaged, match=SHA256):
        store.read(SHA256)


def test_a_source_that_is_not_there_leaves_nothing_behind(store: FileStore, tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        store.put_file(tmp_path / "nothing.pdf")
    assert incoming(store) == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_sweeping_removes_what_a_crash_left_and_nothing_else(store: FileStore) -> None:
    store.put(CONTENT)
    (store.folder / "incoming" / "half").write_bytes(b"half a lett")
    (store.folder / "incoming" / "none").touch()
    assert store.sweep(clock.now()) == 0  # perhaps another process is writing them just now
    tomorrow = clock.now() + timedelta(days=1, minutes=1)
    assert store.sweep(tomorrow) == 2
    assert store.sweep(tomorrow) == 0
    assert store.read(SHA256) == CONTENT


def test_others_cannot_look_into_the_folders_of_the_store(store: FileStore) -> None:
    store.put(CONTENT)
    for folder in (store.folder / "incoming", store.path(SHA256).parent):
        assert folder.stat().st_mode & 0o077 == 0
    assert store.path(SHA256).stat().st_mode & 0o077 == 0
