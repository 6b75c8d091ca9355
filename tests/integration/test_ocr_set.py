"""A handful of pages of the OCR test set (`make bench-ocr` reads them all), as a guard: the bars are loose."""

from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from ingest.documents import image
from ingest.documents.recognition import read_frame
from ingest.reading import Page
from tests.ocr_set.pages import DEVELOPMENT, Sample, make_set


def read(sample: Sample, folder: Path) -> Page:
    found = image.image_frame(sample.path, 0)
    assert found
    return read_frame(found[0], 1, folder)


def first_of(kind: str, folder: Path) -> Sample:
    return next(make_set(DEVELOPMENT, folder, frozenset([kind]), 1, hard=kind.startswith("hard")))


@pytest.mark.parametrize(
    ("kind", "most_wrong"),
    [("rotated", 0.01), ("faded", 0.01), ("fax", 0.02), ("stamp", 0.02), ("bad copy", 0.02), ("hard bleed", 0.02)],
)
def test_a_spoiled_page_is_read_nearly_without_error(tmp_path: Path, kind: str, most_wrong: float) -> None:
    sample = first_of(kind, tmp_path)
    wanted, got = " ".join(sample.truths[0].split()), " ".join(read(sample, tmp_path).text.split())
    assert Levenshtein.distance(wanted, got) / len(wanted) < most_wrong


def test_writing_under_heavy_noise_is_never_called_blank(tmp_path: Path) -> None:
    for sample in make_set(DEVELOPMENT, tmp_path, frozenset(["hard noise"]), hard=True):
        found = read(sample, tmp_path)
        assert (found.source, found.needs_human) == ("ocr", True)


def test_a_back_side_that_only_shows_through_gives_no_rubbish_text(tmp_path: Path) -> None:
    _, back, _ = make_set(DEVELOPMENT, tmp_path, frozenset(["blank"]))
    found = read(back, tmp_path)
    assert (found.text, found.needs_human, found.reason) == ("", True, "no-text")


def test_the_set_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    one, other = first_of("fax", tmp_path), first_of("fax", tmp_path / "again")
    assert one.truths == other.truths
    assert one.path.read_bytes() == other.path.read_bytes()
