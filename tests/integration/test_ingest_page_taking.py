"""Pages of a scan as a file of their own: nothing lost, the same bytes each time, and never the wrong pages."""

import io
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from ingest.errors import DocumentDamaged, DocumentUnsupported
from ingest.page_taking import take_pages

NOISE = np.random.default_rng(0)
BILEVEL = Image.fromarray(np.where(NOISE.random((300, 200)) < 0.9, 255, 0).astype(np.uint8)).convert("1")
COLOUR = Image.fromarray(NOISE.integers(0, 255, (300, 200, 3), np.uint8))
GREY = Image.fromarray(NOISE.integers(0, 255, (300, 200), np.uint8))


def tiff(folder: Path) -> Path:
    path = folder / "scan.tif"
    BILEVEL.save(path, save_all=True, append_images=[COLOUR, GREY], dpi=(204, 98))
    return path


def pdf(folder: Path, pages: int = 4) -> Path:
    path = folder / "scan.pdf"
    frames = [Image.fromarray(NOISE.integers(0, 255, (60, 40), np.uint8)) for _ in range(pages)]
    frames[0].save(path, "PDF", save_all=True, append_images=frames[1:])
    return path


def test_pages_of_a_tiff_keep_every_pixel_and_their_resolution(tmp_path: Path) -> None:
    source, target = tiff(tmp_path), tmp_path / "taken"
    take_pages(source, [2, 3, 1], 3, target, origin="a" * 64)
    with Image.open(target) as taken:
        assert getattr(taken, "n_frames", 1) == 3
        for index, page in enumerate((COLOUR, GREY, BILEVEL)):
            taken.seek(index)
            assert taken.mode == page.mode
            assert np.array_equal(np.asarray(taken), np.asarray(page))
            assert tuple(map(float, taken.info["dpi"])) == (204.0, 98.0)


def test_pages_of_a_pdf_keep_their_pictures_byte_by_byte(tmp_path: Path) -> None:
    source, target = pdf(tmp_path), tmp_path / "taken"
    take_pages(source, [2, 4], 4, target, origin="a" * 64)
    with pikepdf.open(source) as whole, pikepdf.open(target) as taken:
        assert len(taken.pages) == 2
        for number, page in zip((2, 4), taken.pages, strict=True):
            (kept,) = page.get_images().values()
            (scanned,) = whole.pages[number - 1].get_images().values()
            assert kept.read_raw_bytes() == scanned.read_raw_bytes()


@pytest.mark.parametrize("make", [tiff, pdf])
def test_the_same_pages_are_the_same_bytes_and_those_of_another_scan_are_not(make: object, tmp_path: Path) -> None:
    assert callable(make)
    source = make(tmp_path)
    count = 3 if make is tiff else 4
    made = []
    for number, origin in enumerate(("a", "a", "b")):
        take_pages(source, [2], count, tmp_path / str(number), origin=origin * 64)
        made.append((tmp_path / str(number)).read_bytes())
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_a_file_whose_pages_are_counted_differently_is_left_alone(tmp_path: Path) -> None:
    for source, count in ((pdf(tmp_path), 5), (tiff(tmp_path), 2)):
        with pytest.raises(DocumentDamaged):
            take_pages(source, [1], count, tmp_path / "taken", origin="a")


def test_a_broken_file_and_one_without_pages_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(pdf(tmp_path).read_bytes()[:300])
    with pytest.raises(DocumentDamaged):
        take_pages(broken, [1], 4, tmp_path / "taken", origin="a")
    picture = io.BytesIO()
    GREY.save(picture, "PNG")
    (tmp_path / "a.png").write_bytes(picture.getvalue())
    with pytest.raises(DocumentUnsupported):
        take_pages(tmp_path / "a.png", [1], 1, tmp_path / "taken", origin="a")


def test_a_pdf_with_an_owner_password_gives_its_pages(tmp_path: Path) -> None:
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(pdf(tmp_path)) as whole:
        whole.save(locked, encryption=pikepdf.Encryption(owner="secret", user=""))
    take_pages(locked, [1], 4, tmp_path / "taken", origin="a")
    with pikepdf.open(tmp_path / "taken") as taken:
        assert len(taken.pages) == 1
