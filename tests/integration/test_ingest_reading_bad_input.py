"""Whatever comes in, the reader ends in time with a reading: a failure code, a page record for every page."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.practice.locked_pdf import pdf_bytes
from ingest.child import Limits
from ingest.documents import Means, read_document
from ingest.reading import DocumentReading
from tests.support.ingest_pages import (
    LETTER,
    encrypted_pdf,
    error_rate,
    line_of_text,
    page,
    path_bomb,
    pdf_of,
    save,
)

DIGITAL = line_of_text(b"Cerere pentru certificat de urbanism nr. 12")


def read(
    tmp_path: Path, content: bytes, limits: Limits = Limits(), means: Means = Means(), name: str = "intrare.pdf"
) -> DocumentReading:
    path = tmp_path / name
    path.write_bytes(content)
    reading = read_document(path, image_folder=tmp_path / "images", limits=limits, means=means)
    assert {found.suffix for found in (tmp_path / "images").iterdir()} <= {".jpg"}
    return reading


@pytest.mark.parametrize(
    ("content", "kind", "failure"),
    [
        (b"", "unknown", "zero-bytes"),
        (pdf_bytes([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>"]), "pdf", "empty"),
        (encrypted_pdf(b"secret"), "pdf", "encrypted"),
        (b"%PDF-1.7\n" + bytes(500), "pdf", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "png", "damaged"),
        (b"\xff\xd8\xff\xe0", "jpeg", "damaged"),
        (b"II*\x00\xff\xff\xff\xff", "tiff", "damaged"),
        (b"PK\x03\x04" + bytes(30), "zip", "damaged"),
        (b"{\\rtf1 }", "rtf", "empty"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), "7z", "archive-unsupported"),
        (b"Rar!\x1a\x07\x00" + bytes(30), "rar", "archive-unsupported"),
        (b"\x30\x82\x01\x00" + bytes(256), "signed", "unsupported"),
        (b"From: ana@example.org\r\nMessage-ID: <1@x>\r\n\r\nText", "eml", "mail-file"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(50), "heic", "unsupported"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "ole", "encrypted"),
        (bytes(range(256)) * 4, "unknown", "unsupported"),
        (b" \n\n ", "text", "empty"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, kind: str, failure: str) -> None:
    reading = read(tmp_path, content)
    assert (reading.kind, reading.failure, reading.pages) == (kind, failure, ())


def test_a_web_page_named_pdf_is_read_as_the_web_page_it_is(tmp_path: Path) -> None:
    reading = read(tmp_path, "<html><body><p>Fișierul nu a fost găsit</p></body></html>".encode())
    assert (reading.kind, reading.failure, reading.pages[0].text) == ("html", "", "Fișierul nu a fost găsit")


def test_a_cut_off_pdf_gives_what_is_left_and_asks_for_a_person(tmp_path: Path) -> None:
    whole = pdf_of([DIGITAL, DIGITAL])
    reading = read(tmp_path, whole[: whole.rfind(b"xref") - 5])
    assert reading.failure == "" or reading.pages == ()
    assert all(p.needs_human and p.reason == "file-damaged" for p in reading.pages if p.source != "unreadable")


def test_a_picture_larger_than_any_scan_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "urias.png"
    Image.new("1", (30_000, 30_000)).save(path)
    reading = read_document(path, image_folder=tmp_path / "images")
    assert (reading.failure, reading.pages) == ("too-big", ())


def test_three_pixels_are_a_blank_page(tmp_path: Path) -> None:
    path = save(np.zeros((3, 3), np.uint8), tmp_path / "punct.png")
    (found,) = read_document(path, image_folder=tmp_path / "images").pages
    assert (found.source, found.image_name) == ("blank", "page-0001.jpg")


def test_a_cut_off_photo_is_read_as_far_as_it_goes_and_asks_for_a_person(tmp_path: Path) -> None:
    path = save(page(), tmp_path / "poza.jpg", quality=85)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    (found,) = read_document(path, image_folder=tmp_path / "images").pages
    assert (found.needs_human, found.reason) == (True, "file-damaged")
    assert found.text.startswith(LETTER[:30])


def test_a_page_that_takes_too_long_says_so_and_the_pages_around_it_are_read(tmp_path: Path) -> None:
    limits = replace(Limits(), page_wall_seconds=3)
    reading = read(tmp_path, pdf_of([DIGITAL, path_bomb(), DIGITAL]), limits)
    assert (reading.failure, reading.page_count) == ("", 3)
    assert [p.source for p in reading.pages] == ["text-layer", "unreadable", "text-layer"]
    assert [p.reason for p in reading.pages] == ["", "page-timeout", ""]


def test_a_document_that_takes_too_long_ends_with_the_pages_that_were_read(tmp_path: Path) -> None:
    limits = replace(Limits(), wall_seconds=5, page_wall_seconds=3)
    reading = read(tmp_path, pdf_of([DIGITAL, *[path_bomb()] * 4]), limits, Means(workers=1))
    assert (reading.failure, reading.detail, reading.page_count) == ("timeout", "over 5 seconds", 5)
    reasons = [p.reason for p in reading.pages]
    assert (reasons[0], reasons[-1]) == ("", "not-reached")
    assert set(reasons[1:-1]) <= {"page-timeout", "not-reached"}


def test_a_page_that_is_text_but_cannot_be_drawn_keeps_its_text(tmp_path: Path) -> None:
    limits = replace(Limits(), page_cpu_seconds=2)
    reading = read(tmp_path, pdf_of([DIGITAL, DIGITAL + b"\n" + path_bomb(600_000), DIGITAL]), limits)
    assert reading.failure == ""
    assert [p.text for p in reading.pages] == ["Cerere pentru certificat de urbanism nr. 12"] * 3
    assert [p.reason for p in reading.pages] == ["", "not-drawn", ""]
    assert [p.image_name is None for p in reading.pages] == [False, True, False]


def test_the_processor_limit_ends_a_reading_too(tmp_path: Path) -> None:
    reading = read(tmp_path, pdf_of([path_bomb()]), replace(Limits(), cpu_seconds=3))
    assert (reading.failure, reading.detail) == ("timeout", "over 3 processor seconds")


def test_a_document_that_needs_too_much_memory_is_too_big(tmp_path: Path) -> None:
    path = tmp_path / "mare.png"
    Image.new("RGB", (10_000, 9_900), "white").save(path)
    reading = read_document(path, image_folder=tmp_path / "images", limits=replace(Limits(), memory=900_000_000))
    assert (reading.failure, reading.page_count) == ("too-big", 1)
    assert [p.reason for p in reading.pages] == ["page-too-big"]


def test_the_largest_picture_allowed_fits_into_the_usual_memory(tmp_path: Path) -> None:
    path = tmp_path / "mare.png"
    Image.new("RGB", (10_000, 9_900), "white").save(path)
    reading = read_document(path, image_folder=tmp_path / "images")
    assert (reading.failure, [p.source for p in reading.pages]) == ("", ["blank"])


def test_pages_beyond_the_limit_are_on_record(tmp_path: Path) -> None:
    reading = read(tmp_path, pdf_of([DIGITAL] * 5), replace(Limits(), pages=3))
    assert (reading.failure, reading.page_count) == ("too-big", 5)
    assert [p.reason for p in reading.pages] == ["", "", "", "beyond-page-limit", "beyond-page-limit"]
    assert [p.number for p in reading.pages] == [1, 2, 3, 4, 5]


def test_text_without_end_is_cut_and_marked(tmp_path: Path) -> None:
    line = b"(" + b"Cerere pentru certificat de urbanism " * 4 + b") Tj T* "
    words = b"BT /F1 6 Tf 7 TL 10 14300 Td " + line * 2000 + b"ET"
    (found,) = read(tmp_path, pdf_of([words], media_box=b"0 0 14400 14400")).pages
    assert (found.needs_human, found.reason) == (True, "text-cut")
    assert 100_000 < len(found.text) <= 200_000


def test_an_answer_over_its_limit_keeps_the_pages_that_fit(tmp_path: Path) -> None:
    reading = read(tmp_path, pdf_of([DIGITAL] * 9), replace(Limits(), answer_bytes=1500))
    assert (reading.failure, reading.page_count, len(reading.pages)) == ("too-big", 9, 9)
    assert reading.pages[0].source == "text-layer"
    assert reading.pages[-1].reason == "not-reached"


def test_a_page_count_that_lies_does_not_stop_the_reading(tmp_path: Path) -> None:
    reading = read(tmp_path, pdf_of([DIGITAL]).replace(b"/Count 1", b"/Count 99999999"))
    assert len(reading.pages) <= 10_000
    assert reading.pages == () or "certificat" in reading.pages[0].text


def test_a_form_that_contains_itself_ends(tmp_path: Path) -> None:
    loop = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length 5>>\nstream\n/X Do\nendstream",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>/Length 5>>"
        b"\nstream\n/X Do\nendstream",
    ]
    reading = read(tmp_path, pdf_bytes(loop))
    assert len(reading.pages) == 1


def test_random_damage_never_raises(tmp_path: Path) -> None:
    chance = random.Random(11)
    path = save(page(dpi=100), tmp_path / "scan.png", dpi=100)
    originals = [pdf_of([DIGITAL]), path.read_bytes(), encrypted_pdf(b"")]
    for original in originals * 2:
        broken = bytearray(original)
        for _ in range(chance.randint(1, 30)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        reading = read(tmp_path, bytes(broken))
        assert reading.failure or len(reading.pages) == reading.page_count


def test_the_same_scan_named_pdf_is_still_read(tmp_path: Path) -> None:
    path = save(page(dpi=150), tmp_path / "scan.png", dpi=150)
    reading = read(tmp_path, path.read_bytes())
    assert reading.kind == "png"
    assert error_rate(LETTER, reading.pages[0].text) < 0.02
