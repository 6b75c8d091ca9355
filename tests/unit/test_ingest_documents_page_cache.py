"""Pages remembered: by their pixels and all that decides the outcome, never half, never for ever."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ingest.documents.page_cache import MAX_AGE, PageCache, sweep_page_cache
from ingest.documents.version import CHAIN, chain_hash
from ingest.image_chain import Frame
from ingest.reading import Page, Word, unread_page

HOUSE = Path(__file__).resolve().parents[2]
FRAME = Frame(np.arange(12, dtype=np.uint8).reshape(3, 4), (200.0, 200.0), False)
PAGE = Page(
    1,
    "Bună ziua",
    "Buna ziua",
    "ocr",
    mean_confidence=91.0,
    image_name="page-0001.jpg",
    words=(Word("Bună", 1, 2, 3, 4, 95.5),),
    codes=({"format": "QRCode", "text": "x"},),
)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "page-0001.jpg").write_bytes(b"\xff\xd8 picture \n of a page")
    return folder


@pytest.fixture
def cache(tmp_path: Path, images: Path) -> PageCache:
    made = PageCache(tmp_path / "cache", "1")
    made.keep(FRAME, "", PAGE, images)
    return made


def entries(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").iterdir())


def test_a_page_is_found_again_under_its_new_number(cache: PageCache, images: Path) -> None:
    found = cache.find(FRAME, "", 7, images)
    assert found == replace(PAGE, number=7, image_name="page-0007.jpg")
    assert (images / "page-0007.jpg").read_bytes() == (images / "page-0001.jpg").read_bytes()


@pytest.mark.parametrize(
    "other",
    [
        Frame(FRAME.pixels + 1, (200.0, 200.0), False),
        Frame(FRAME.pixels.reshape(4, 3), (200.0, 200.0), False),
        replace(FRAME, dpi=(300.0, 200.0)),
        replace(FRAME, is_bilevel=True),
        replace(FRAME, may_be_photo=False),
        replace(FRAME, is_upright=True),
    ],
)
def test_whatever_decides_the_outcome_tells_pages_apart(cache: PageCache, images: Path, other: Frame) -> None:
    assert cache.find(other, "", 1, images) is None


def test_another_version_or_a_damaged_file_is_read_anew(cache: PageCache, images: Path, tmp_path: Path) -> None:
    assert PageCache(tmp_path / "cache", "2").find(FRAME, "", 1, images) is None
    assert cache.find(FRAME, "file-damaged", 1, images) is None


@pytest.mark.parametrize("keep", [0, 10, 70, 200])
def test_an_entry_half_written_is_none(cache: PageCache, images: Path, tmp_path: Path, keep: int) -> None:
    (entry,) = entries(tmp_path)
    entry.write_bytes(entry.read_bytes()[:keep])
    assert cache.find(FRAME, "", 1, images) is None
    assert entries(tmp_path) == []


def test_what_may_go_better_next_time_is_not_kept(images: Path, tmp_path: Path) -> None:
    made = PageCache(tmp_path / "cache", "1")
    made.keep(FRAME, "", unread_page(1, "recognition-timeout"), images)
    made.keep(FRAME, "", replace(PAGE, reason="language-pack-missing"), images)
    assert made.find(FRAME, "", 1, images) is None


def test_a_cache_that_cannot_be_written_costs_nothing_but_the_entry(images: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    made = PageCache(tmp_path / "cache", "1")
    made.keep(FRAME, "", PAGE, images)
    assert made.find(FRAME, "", 1, images) is None


def test_old_entries_and_leftovers_are_swept(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    young, old, leftover, writing = (tmp_path / name for name in ("aa", "bb", "part-1", "part-2"))
    for path, age in (
        (young, timedelta(1)),
        (old, MAX_AGE + timedelta(1)),
        (leftover, timedelta(hours=2)),
        (writing, timedelta()),
    ):
        path.write_bytes(b"x")
        os.utime(path, ((now - age).timestamp(),) * 2)
    assert sweep_page_cache(tmp_path, now) == 2
    assert sorted(tmp_path.iterdir()) == [young, writing]


def test_beyond_its_size_the_longest_unused_go_first(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for number in range(5):
        path = tmp_path / str(number)
        path.write_bytes(b"x" * 100)
        os.utime(path, ((now - timedelta(minutes=number)).timestamp(),) * 2)
    assert sweep_page_cache(tmp_path, now, most=250) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]


def test_the_chain_is_all_that_a_page_is_read_with() -> None:
    """A module that is new in the child and in neither list would leave old pages in the cache."""
    program = (
        "import sys, ingest.documents.page_job\n"
        "print(*(name for name in sys.modules if name.startswith(('ingest.', 'registry.'))))"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=HOUSE, capture_output=True, check=True, text=True)
    loaded = {HOUSE / f"{name.replace('.', '/')}.py" for name in said.stdout.split()}
    without_effect = {"page_cache", "crew", "survey", "surveying", "task", "errors", "child"}
    without_effect |= {"child_main", "child_server", "child_template"}
    needed = {path for path in loaded if path.exists() and path.stem not in without_effect}
    assert needed == {HOUSE / name for name in CHAIN}


def test_any_change_of_the_chain_is_a_new_version(tmp_path: Path) -> None:
    for name in CHAIN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((HOUSE / name).read_bytes())
    versions = {chain_hash(HOUSE), chain_hash(tmp_path)}
    assert len(versions) == 1
    for name in CHAIN:
        path = tmp_path / name
        path.write_bytes(path.read_bytes() + b"# changed\n")
        versions.add(chain_hash(tmp_path))
    assert len(versions) == 1 + len(CHAIN)
