"""Codes on pages: found askew, small, noisy and upside down; and painted over before text recognition."""

import cv2
import numpy as np
import pytest
import zxingcpp

from ingest.codes import LONGEST_CODE, MOST_CODES, read_codes, without_codes

TEXT = "CABINET1:S:DIRECTIA-TEHNICA:20261125:7:ABCDEFGHIJKLMNOP"
WHITE = np.full((2339, 1654), 255, np.uint8)


def on_page(text: str = TEXT, kind: str = "QRCode", *, scale: int = 4, at: tuple[int, int] = (600, 600)) -> np.ndarray:
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    drawn = np.array(zxingcpp.write_barcode_to_image(code, scale=scale))
    sheet = WHITE.copy()
    top, left = at
    sheet[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return sheet


def noisy(sheet: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 25, sheet.shape)
    return np.clip(cv2.GaussianBlur(sheet, (0, 0), 1.2) + noise, 0, 255).astype(np.uint8)


def turned(sheet: np.ndarray, degrees: float) -> np.ndarray:
    height, width = sheet.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(sheet, matrix, (width, height), borderValue=255), np.uint8)


@pytest.mark.parametrize("scale", [3, 5, 10])
def test_a_code_is_read_in_every_size_and_under_noise(scale: int) -> None:
    for sheet in (on_page(scale=scale), noisy(on_page(scale=scale))):
        assert read_codes(sheet) == [{"format": "QRCode", "text": TEXT}]


@pytest.mark.parametrize("degrees", [3, -12, 45, 90, 180, 270])
def test_a_code_is_read_however_the_page_lies(degrees: float) -> None:
    assert read_codes(turned(on_page(), degrees)) == [{"format": "QRCode", "text": TEXT}]


@pytest.mark.parametrize(
    ("kind", "text"), [("Code128", "RR123456789RO"), ("EAN13", "5941234567899"), ("Code39", "AB-123")]
)
def test_the_usual_linear_codes_are_read(kind: str, text: str) -> None:
    (code,) = read_codes(on_page(text, kind, scale=3))
    assert (code["format"], code["text"]) == (kind, text)


def test_several_codes_come_from_top_to_bottom() -> None:
    sheet = np.minimum(on_page("DOWN", at=(1800, 200)), on_page("UP", at=(100, 900)))
    assert [code["text"] for code in read_codes(sheet)] == ["UP", "DOWN"]


def test_a_page_without_codes_has_none_and_stays_the_same_picture() -> None:
    sheet = cv2.putText(WHITE.copy(), "Subsemnatul Ion", (100, 300), cv2.FONT_HERSHEY_SIMPLEX, 2, 0, 3)
    page = np.asarray(sheet, np.uint8)
    assert read_codes(page) == []
    assert without_codes(page) is page


def test_codes_are_painted_white_and_nothing_else_is() -> None:
    sheet = on_page()
    sheet[100:120, 100:900] = 0
    painted = without_codes(turned(sheet, 4))
    assert read_codes(painted) == []
    assert (painted[550:900, 550:900] > 250).all()
    assert (painted < 50).sum() > 10_000
    assert (sheet < 50).sum() > 20_000  # the page itself is left alone


def test_what_a_stranger_prints_does_not_fill_the_record() -> None:
    assert len(read_codes(on_page("A" * 1500, scale=2))[0]["text"]) == LONGEST_CODE
    sheet = WHITE.copy()
    for number in range(30):
        row, column = divmod(number, 6)
        sheet = np.minimum(sheet, on_page(f"N{number}", at=(50 + row * 200, 50 + column * 200)))
    assert len(read_codes(sheet)) == MOST_CODES
