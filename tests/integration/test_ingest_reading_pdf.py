"""PDF files, born digital, scanned and mixed, through the real chain."""

import io
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image
from weasyprint import HTML

from ingest.documents import pdf, read_document
from tests.support.ingest_pages import LETTER, encrypted_pdf, error_rate, line_of_text, page, pdf_of

HTML_LETTER = "".join(f"<p>{paragraph}</p>" for paragraph in LETTER.split("\n\n"))


def printed(html: str, path: Path, **options: object) -> Path:
    HTML(string=f"<html lang=ro><meta charset=utf-8>{html}").write_pdf(path, **options)
    return path


def scan_data_url(**options: object) -> str:
    from base64 import b64encode

    out = io.BytesIO()
    Image.fromarray(page(dpi=200)).save(out, "PNG")
    return "data:image/png;base64," + b64encode(out.getvalue()).decode()


def test_a_born_digital_letter_is_taken_from_its_text_layer(tmp_path: Path) -> None:
    reading = read_document(printed(HTML_LETTER, tmp_path / "a.pdf"), image_folder=tmp_path / "images")
    (found,) = reading.pages
    assert (reading.kind, reading.failure, found.source, found.language) == ("pdf", "", "text-layer", "ron")
    assert error_rate(LETTER, found.text) < 0.005
    assert (tmp_path / "images" / str(found.image_name)).stat().st_size > 1000


def test_a_digital_letter_with_a_scanned_annex_is_judged_page_by_page(tmp_path: Path) -> None:
    style = "<style>@page scan{margin:0}section{page:scan;break-before:page}img{width:210mm}</style>"
    html = f"{style}{HTML_LETTER}<section><img src='{scan_data_url()}'></section>"
    reading = read_document(printed(html, tmp_path / "a.pdf"), image_folder=tmp_path / "images")
    assert [p.source for p in reading.pages] == ["text-layer", "ocr"]
    assert error_rate(LETTER, reading.pages[1].text) < 0.02


def test_a_scan_saved_by_a_scanner_as_pdf_is_recognised(tmp_path: Path) -> None:
    sheets = [Image.fromarray(page()), Image.fromarray(page("Pagina următoare a petiției către primărie"))]
    sheets[0].save(tmp_path / "a.pdf", save_all=True, append_images=sheets[1:], resolution=300)
    reading = read_document(tmp_path / "a.pdf", image_folder=tmp_path / "images")
    assert [p.source for p in reading.pages] == ["ocr", "ocr"]
    assert error_rate(LETTER, reading.pages[0].text) < 0.02


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_black_and_white_scan_is_read_from_the_scanners_own_pixels_however_its_page_is_turned(
    tmp_path: Path, turn: int
) -> None:
    """The file holds the scan turned back by as much as the page turns it, with the streak of a dirty fax."""
    sheet = page(dpi=200).copy()
    sheet[:, 700:704] = 0
    turned = np.rot90(sheet, turn // 90)
    scan = tmp_path / "a.pdf"
    Image.fromarray(turned).convert("1", dither=Image.Dither.NONE).save(scan, resolution=200)
    with pikepdf.open(scan, allow_overwriting_input=True) as opened:
        opened.pages[0].Rotate = turn
        opened.save(scan)
    frame = pdf.page_frame(scan, 0, is_scan=True)
    assert frame.is_bilevel
    assert frame.dpi == pytest.approx((200, 200), abs=1)
    assert np.array_equal(frame.pixels > 127, sheet > 127)
    assert error_rate(LETTER, read_document(scan, image_folder=tmp_path / "images").pages[0].text) < 0.02


def test_a_scan_with_something_else_on_its_page_is_read_as_one_sees_it(tmp_path: Path) -> None:
    scan = tmp_path / "a.pdf"
    Image.fromarray(page(dpi=150)).save(scan, resolution=150)
    drawn = {
        "a line drawn over it": b"0 0 1 RG 10 w 0 0 m 300 300 l S",
        "half as large": b"",
        "mirrored": b"",
    }
    matrices = {"half as large": b"0.5 0 0 0.5 0 0 cm ", "mirrored": b"-1 0 0 1 595 0 cm "}
    for what, added in drawn.items():
        with pikepdf.open(scan) as opened:
            first = opened.pages[0]
            content = b"q " + matrices.get(what, b"") + first.Contents.read_bytes() + b" Q " + added
            first.Contents = opened.make_stream(content)
            opened.save(tmp_path / "b.pdf")
        frame = pdf.page_frame(tmp_path / "b.pdf", 0, is_scan=True)
        assert (frame.dpi, frame.is_bilevel) == (pytest.approx((200, 200)), False), what


def test_what_was_typed_into_form_fields_is_read(tmp_path: Path) -> None:
    form = f"{HTML_LETTER}<form><input name=suprafata value='85 mp' style='appearance:auto'></form>"
    reading = read_document(printed(form, tmp_path / "a.pdf", pdf_forms=True), image_folder=tmp_path / "images")
    assert "suprafata: 85 mp" in reading.pages[0].text


def test_a_document_locked_only_against_printing_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(encrypted_pdf(b""))
    reading = read_document(tmp_path / "a.pdf", image_folder=tmp_path / "images")
    assert reading.pages[0].text == "Cerere privind eliberarea unui certificat"


def test_a_turned_page_keeps_the_order_of_its_text(tmp_path: Path) -> None:
    content = line_of_text(b"Cerere pentru certificat de urbanism nr. 12")
    (tmp_path / "a.pdf").write_bytes(pdf_of([content]).replace(b"/Type/Page/Parent", b"/Type/Page/Rotate 90/Parent"))
    reading = read_document(tmp_path / "a.pdf", image_folder=tmp_path / "images")
    assert reading.pages[0].text == "Cerere pentru certificat de urbanism nr. 12"


def test_the_second_opinion_reads_a_page_and_survives_a_broken_file(tmp_path: Path) -> None:
    path = printed(HTML_LETTER, tmp_path / "a.pdf")
    assert error_rate(LETTER, pdf._pdfplumber_text(path, 0)) < 0.01
    path.write_bytes(b"%PDF-1.7 rupt")
    assert pdf._pdfplumber_text(path, 0) == ""


def test_an_enormous_sheet_is_drawn_small_enough(tmp_path: Path) -> None:
    content = line_of_text(b"Plan de situatie pentru strada Garii din Medias")
    (tmp_path / "a.pdf").write_bytes(pdf_of([content], media_box=b"0 0 14400 14400"))
    reading = read_document(tmp_path / "a.pdf", image_folder=tmp_path / "images")
    assert (reading.failure, reading.pages[0].source) == ("", "text-layer")
    with Image.open(tmp_path / "images" / "page-0001.jpg") as picture:
        assert picture.width <= 1700
