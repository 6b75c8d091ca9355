"""Bar codes on a page: QR codes (those of our separator sheets and labels among them) and the usual linear ones."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

MOST_CODES = 20
LONGEST_CODE = 500
_EDGE = 9  # pixels around a code that go with it: its outermost squares are wider than their corners say


def read_codes(grey: Picture) -> list[dict[str, str]]:
    """The codes on a grey page (height x width, 0 is black), from top to bottom: {"format": "QRCode", "text": …} each.

    At most 20, each cut after 500 characters: what a stranger prints is no way to fill the record.
    """
    import zxingcpp

    known = zxingcpp.BarcodeFormat
    # Data Matrix would cost as much as all these together, and nobody prints it on letters.
    formats = [known.QRCode, known.Code128, known.Code39, known.EAN13, known.ITF]
    found = [code for code in _find(grey, formats) if code.text]
    found.sort(key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    return [{"format": code.format.name, "text": _printable(code.text)} for code in found[:MOST_CODES]]


def without_codes(grey: Picture) -> Picture:
    """The page with its QR codes painted white; the same picture if there are none.

    Text recognition takes their squares for letters: it would doubt a page that it read well.
    """
    import zxingcpp

    codes = _find(grey, [zxingcpp.BarcodeFormat.QRCode])
    if not codes:
        return grey
    painted = grey.copy()
    for code in codes:
        place = code.position
        around = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        corners = np.array([(corner.x, corner.y) for corner in around], np.int32)
        cv2.fillConvexPoly(painted, corners, 255)
        cv2.polylines(painted, [corners], True, 255, _EDGE)
    return painted


def _find(grey: Picture, formats: list[Any]) -> list[Any]:
    import zxingcpp

    # Smoothed, a noisy page takes 15 ms instead of 60, and small codes on it are read that else are not.
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    return list(
        zxingcpp.read_barcodes(
            smooth,
            formats=zxingcpp.BarcodeFormats(formats),
            try_invert=False,
            text_mode=zxingcpp.TextMode.Plain,
        )
    )


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:LONGEST_CODE]
