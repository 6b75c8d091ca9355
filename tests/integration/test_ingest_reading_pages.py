"""Real pages through the real chain: a limited child, OpenCV, Tesseract."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.documents import read_document
from ingest.reading import DocumentReading, Page
from tests.support.ingest_pages import HUNGARIAN, LETTER, error_rate, page, photographed, save, shadowed, skewed

SHEET = page()


def only_page(reading: DocumentReading, folder: Path) -> Page:
    assert (reading.failure, reading.page_count, len(reading.pages)) == ("", 1, 1)
    (single,) = reading.pages
    assert single.image_name
    with Image.open(folder / single.image_name) as picture:
        assert picture.width <= 1700
    return single


def read(path: Path) -> Page:
    folder = path.parent / "images"
    return only_page(read_document(path, image_folder=folder), folder)


def test_a_clean_scan_is_read_nearly_without_error(tmp_path: Path) -> None:
    found = read(save(SHEET, tmp_path / "scan.png"))
    assert error_rate(LETTER, found.text) < 0.02
    assert (found.source, found.language, found.tries, found.needs_human) == ("ocr", "ron", 1, False)
    assert "ț" in found.text
    assert not set("şţ") & set(found.text)


def test_paragraphs_of_the_letter_stay_paragraphs(tmp_path: Path) -> None:
    paragraphs = read(save(SHEET, tmp_path / "scan.png")).text.split("\n\n")
    assert len(paragraphs) >= 4
    assert any(p.startswith("De aproximativ") and p.count("\n") >= 3 for p in paragraphs)


def test_a_turned_crooked_shadowed_scan_is_read(tmp_path: Path) -> None:
    spoiled = np.rot90(shadowed(skewed(SHEET, -1.7)))
    found = read(save(spoiled, tmp_path / "scan.jpg", quality=60))
    assert error_rate(LETTER, found.text) < 0.05
    assert found.angle == pytest.approx(271.7, abs=0.3)


def test_a_page_laid_upside_down_is_read_and_shown_upright(tmp_path: Path) -> None:
    found = read(save(np.rot90(SHEET, 2), tmp_path / "scan.png"))
    assert error_rate(LETTER, found.text) < 0.02
    assert found.angle == 180
    with Image.open(tmp_path / "images" / str(found.image_name)) as picture:
        rows = np.asarray(picture.convert("L")).min(axis=1) < 128
    # The letter fills the upper two thirds of the sheet.
    assert rows[: len(rows) // 2].sum() > 3 * rows[-len(rows) // 4 :].sum()


def test_a_phone_photo_is_read_and_shown_in_colour(tmp_path: Path) -> None:
    photo = photographed(SHEET)
    photo[2800:3000, 1200:1600] = (40, 60, 200)  # a blue stamp below the text
    found = read(save(photo, tmp_path / "poza.jpg", dpi=72, quality=85))
    assert error_rate(LETTER, found.text) < 0.05
    with Image.open(tmp_path / "images" / str(found.image_name)) as picture:
        assert picture.mode == "RGB"


def test_the_turn_in_the_camera_s_tag_is_heeded(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(np.rot90(SHEET), tmp_path / "poza.jpg", quality=85, exif=exif)
    found = read(path)
    assert error_rate(LETTER, found.text) < 0.02
    assert (found.angle, found.tries) == (0, 1)


def test_a_hungarian_letter_is_read_with_hungarian_letters(tmp_path: Path) -> None:
    found = read(save(page(HUNGARIAN), tmp_path / "scan.png"))
    assert error_rate(HUNGARIAN, found.text) < 0.02
    assert found.language == "ron+hun+deu"


def test_a_blank_page_is_a_record_without_text(tmp_path: Path) -> None:
    found = read(save(np.full((3507, 2480), 248, np.uint8), tmp_path / "verso.png"))
    assert (found.source, found.text, found.tries, found.needs_human) == ("blank", "", 0, False)


def test_scribble_without_letters_is_for_a_person(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    sheet = np.full((2339, 1654), 255, np.uint8)
    for _ in range(60):
        y, x = rng.integers(200, 2000), rng.integers(200, 1400)
        sheet[y : y + rng.integers(8, 40), x : x + rng.integers(8, 40)] = 0
    found = read(save(sheet, tmp_path / "scan.png", dpi=200))
    assert found.needs_human
    assert found.reason in ("no-text", "low-confidence", "lines-missed")


def test_every_frame_of_a_fax_file_is_a_page(tmp_path: Path) -> None:
    second = page("A doua pagină\n\nAnexă la petiția privind iluminatul public din strada noastră")
    frames = [Image.fromarray(SHEET), Image.new("L", (2480, 3508), 255), Image.fromarray(second)]
    path = tmp_path / "fax.tif"
    bilevel = [frame.convert("1", dither=Image.Dither.NONE) for frame in frames]
    bilevel[0].save(path, save_all=True, append_images=bilevel[1:], compression="group4", dpi=(300, 300))
    reading = read_document(path, image_folder=tmp_path / "images")
    assert [p.source for p in reading.pages] == ["ocr", "blank", "ocr"]
    assert error_rate(LETTER, reading.pages[0].text) < 0.02
    assert reading.pages[2].text.startswith("A doua pagină")
    assert sorted(p.name for p in (tmp_path / "images").iterdir()) == [f"page-000{n}.jpg" for n in (1, 2, 3)]


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA", "I;16", "LA"])
def test_unusual_colour_modes_are_read(tmp_path: Path, mode: str) -> None:
    sheet = Image.fromarray(page(dpi=150))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(sheet, np.uint16) * 257)
    else:
        picture = sheet.convert("RGB").convert(mode) if mode != "LA" else sheet.convert("LA")
    path = tmp_path / "scan"
    picture.save(path, {"P": "GIF", "CMYK": "TIFF"}.get(mode, "PNG"))
    assert error_rate(LETTER, read(path).text) < 0.02


def test_white_on_black_is_read(tmp_path: Path) -> None:
    assert error_rate(LETTER, read(save(255 - page(dpi=200), tmp_path / "scan.png", dpi=200)).text) < 0.02
