"""Piles of paper as a scanner gives them: letters, our separator sheets, pages with labels, blank backs."""

import io
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import cv2
import numpy as np
import pypdfium2
import zxingcpp
from PIL import Image

from registry.labels import Label, LabelKey, Separator
from responders.labels import separator_sheets
from tests.support.factories import tables
from tests.support.ingest_pages import page

DPI = 150
DAY = date(2026, 11, 23)


@lru_cache
def letter_page(text: str) -> np.ndarray:
    """A clean page with this text."""
    return page(text, dpi=DPI, size=12)


@lru_cache
def blank_page() -> np.ndarray:
    """A page with nothing on it."""
    return np.full((round(11.69 * DPI), round(8.27 * DPI)), 255, np.uint8)


def sheet_page(key: LabelKey, department: str = "", sequence: int = 1) -> np.ndarray:
    """A separator sheet that was printed and scanned."""
    pdf = separator_sheets([Separator(department, DAY, sequence)], key, tables())
    document = pypdfium2.PdfDocument(pdf)
    try:
        drawn = document[0].render(scale=DPI / 72, grayscale=True).to_numpy()
    finally:
        document.close()
    return np.ascontiguousarray(drawn.reshape(drawn.shape[:2]))


def with_code(sheet: np.ndarray, text: str, *, scale: int = 4) -> np.ndarray:
    """The page with a QR code of this text stuck to its upper right corner."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    sticker = np.array(zxingcpp.write_barcode_to_image(code, scale=scale))
    labelled = sheet.copy()
    height, width = sticker.shape
    labelled[40 : 40 + height, -40 - width : -40] = sticker
    return labelled


def with_label(sheet: np.ndarray, label: Label, key: LabelKey) -> np.ndarray:
    """The page with one of our labels on it."""
    return with_code(sheet, key.write(label))


def as_pdf(pages: Sequence[np.ndarray]) -> bytes:
    """The pile as the PDF of a scanner."""
    return _saved(pages, "PDF", resolution=DPI)


def as_tiff(pages: Sequence[np.ndarray]) -> bytes:
    """The pile as a black and white TIFF, as fax machines write it."""
    bilevel = [cv2.threshold(one, 160, 255, cv2.THRESH_BINARY)[1] for one in pages]
    frames = [Image.fromarray(one).convert("1") for one in bilevel]
    buffer = io.BytesIO()
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:], compression="group4", dpi=(DPI, DPI))
    return buffer.getvalue()


def _saved(pages: Sequence[np.ndarray], kind: str, **how: object) -> bytes:
    frames = [Image.fromarray(one) for one in pages]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], **how)
    return buffer.getvalue()
