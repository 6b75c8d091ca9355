"""The bad inputs of trials/ocr.md, section 8: each ends within its limit with a reason, and the next is read."""

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.child import Limits
from ingest.documents import Means, read_document
from ingest.reading import DocumentReading
from tests.support.ingest_pages import LETTER, error_rate, line_of_text, page, path_bomb, pdf_of
from tests.support.paper_pdfs import flat, jbig2, jpeg2000, nested_pages, pdf_of_pictures

DIGITAL = line_of_text(b"Cerere pentru certificat de urbanism nr. 12")
SAID = "Cerere pentru certificat de urbanism nr. 12"


def read(path: Path, limits: Limits = Limits(), means: Means = Means()) -> DocumentReading:
    """The reading, with a record for each page within reason, and nothing left but pictures of pages."""
    folder = path.parent / "images"
    reading = read_document(path, image_folder=folder, limits=limits, means=means)
    assert [one.number for one in reading.pages] == list(range(1, len(reading.pages) + 1))
    assert len(reading.pages) == min(reading.page_count, 10_000)
    assert {found.name for found in folder.iterdir()} == {one.image_name for one in reading.pages} - {None}
    return reading


def written(folder: Path, content: bytes, name: str = "intrare.pdf") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def tiff(width: int, height: int, frames: int) -> bytes:
    """White frames of one bit a pixel that share their data; of a large one the data are missing."""
    data = bytes(min(width * height // 8, 10_000))
    out = b"II*\0" + struct.pack("<I", 8 + len(data)) + data
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 1), (259, 3, 1, 1), (262, 3, 1, 0)]
    entries += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(data))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries)
    for number in range(1, frames + 1):
        following = len(out) + len(directory) + 4 if number < frames else 0
        out += directory + struct.pack("<I", following)
    return out


def test_scans_in_the_codings_of_office_scanners_are_read(tmp_path: Path) -> None:
    sheet = page(dpi=200)
    reading = read(written(tmp_path, pdf_of_pictures([jbig2(sheet), jpeg2000(sheet)])))
    assert [one.source for one in reading.pages] == ["ocr", "ocr"]
    assert [error_rate(LETTER, one.text) < 0.02 for one in reading.pages] == [True, True]


def test_a_scan_whose_coding_is_damaged_is_never_taken_for_a_blank_page(tmp_path: Path) -> None:
    sheet = page(dpi=100)
    damaged = [flat(100, 100, b"nothing deflated")]
    for data, size, keys in (jbig2(sheet), jpeg2000(sheet)):
        damaged += [(data[: len(data) // 2], size, keys), (data[:40] + b"\xff" * 200 + data[240:], size, keys)]
    reading = read(written(tmp_path, pdf_of_pictures(damaged)))
    assert (reading.failure, reading.page_count) == ("", 5)
    assert all(one.needs_human and one.source != "blank" for one in reading.pages)


def test_a_white_page_of_a_scan_is_blank(tmp_path: Path) -> None:
    white = np.full((1169, 827), 255, np.uint8)
    reading = read(written(tmp_path, pdf_of_pictures([jbig2(white), jpeg2000(white)])))
    assert [(one.source, one.needs_human) for one in reading.pages] == [("blank", False)] * 2


def test_ten_thousand_pages_end_at_the_limit_and_are_all_on_record(tmp_path: Path) -> None:
    kids = b"[" + b"3 0 R " * 10_000 + b"]"
    content = pdf_of([DIGITAL]).replace(b"/Count 1/Kids[4 0 R]", b"/Count 10000/Kids" + kids.replace(b"3 0", b"4 0"))
    reading = read(written(tmp_path, content), replace(Limits(), pages=5))
    assert (reading.failure, reading.page_count, len(reading.pages)) == ("too-big", 10_000, 10_000)
    assert [one.text for one in reading.pages[:5]] == [SAID] * 5
    assert {one.reason for one in reading.pages[5:]} == {"beyond-page-limit"}


def test_pages_in_a_thousand_nodes_end(tmp_path: Path) -> None:
    reading = read(written(tmp_path, nested_pages(1000, DIGITAL)))
    assert reading.failure or [one.text or one.reason for one in reading.pages] in ([SAID], ["page-damaged"])


@pytest.mark.parametrize("claimed", [b"0", b"-1", b"3", b"2000000000"])
def test_a_page_count_that_lies_ends(tmp_path: Path, claimed: bytes) -> None:
    content = pdf_of([DIGITAL]).replace(b"/Count 1", b"/Count " + claimed)
    reading = read(written(tmp_path, content), replace(Limits(), pages=5))
    assert reading.failure or reading.pages[0].text == SAID


def test_a_page_that_ends_the_survey_is_passed_over(tmp_path: Path) -> None:
    """Its parsing alone takes longer than a page may."""
    contents = [DIGITAL, path_bomb(6_000_000), DIGITAL, path_bomb(6_000_000)]
    reading = read(written(tmp_path, pdf_of(contents)), replace(Limits(), page_cpu_seconds=1))
    assert (reading.failure, reading.page_count) == ("", 4)
    assert [one.reason for one in reading.pages] == ["", "page-timeout", "", "page-timeout"]
    assert [one.text for one in reading.pages] == [SAID, "", SAID, ""]


def test_a_huge_picture_in_a_small_file_ends_and_the_next_page_is_read(tmp_path: Path) -> None:
    """20,000 x 20,000 pixels in three colours, 1.2 MB deflated: more than a gigabyte of memory."""
    squeezer = zlib.compressobj(9)
    row = b"\xff" * 60_000
    packed = b"".join(squeezer.compress(row) for _ in range(20_000)) + squeezer.flush()
    whole = pdf_of_pictures([flat(20_000, 20_000, packed), jpeg2000(page("Pagina a doua a cererii", dpi=100))])
    reading = read(written(tmp_path, whole), replace(Limits(), memory=1_200_000_000))
    assert (reading.failure, reading.page_count) == ("", 2)
    assert reading.pages[0].source in ("blank", "unreadable")
    assert reading.pages[1].text == "Pagina a doua a cererii"


def test_a_fax_of_two_thousand_frames_ends_at_the_limit(tmp_path: Path) -> None:
    path = written(tmp_path, tiff(64, 80, 2000), "fax.tif")
    reading = read(path, replace(Limits(), pages=3))
    assert (reading.failure, reading.page_count) == ("too-big", 2000)
    assert [one.source for one in reading.pages[:4]] == ["blank", "blank", "blank", "unreadable"]


def test_frames_that_are_too_large_or_damaged_are_records_among_the_others(tmp_path: Path) -> None:
    small = Image.new("1", (600, 800), 1)
    path = tmp_path / "fax.tif"
    small.save(path, save_all=True, append_images=[Image.new("1", (40_000, 200), 1), small], compression="group4")
    reading = read(path)
    assert [one.reason for one in reading.pages] == ["blank", "too-many-pixels", "blank"]


def test_a_tiff_that_claims_sixty_thousand_pixels_square_is_not_decoded(tmp_path: Path) -> None:
    reading = read(written(tmp_path, tiff(60_000, 60_000, 1), "plan.tif"))
    assert [one.reason for one in reading.pages] == ["too-many-pixels"]


@pytest.mark.parametrize("claimed", [1, 9600])
def test_a_resolution_that_lies_changes_nothing(tmp_path: Path, claimed: int) -> None:
    path = tmp_path / "scan.png"
    Image.fromarray(page("Cerere privind iluminatul public din strada noastră", dpi=150)).save(
        path, dpi=(claimed, claimed)
    )
    assert read(path).pages[0].text == "Cerere privind iluminatul public din strada noastră"


def test_a_long_strip_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "fasie.png"
    Image.fromarray(np.full((200, 40_000), 255, np.uint8)).save(path)
    reading = read(path)
    assert (reading.failure, reading.pages) == ("too-big", ())


def test_a_photo_of_an_iphone_says_what_to_ask_for(tmp_path: Path) -> None:
    reading = read(written(tmp_path, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500), "poza.heic"))
    assert (reading.kind, reading.failure) == ("heic", "unsupported")
