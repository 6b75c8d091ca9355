"""The sheet of paper in a phone photo: found as a bright four-sided shape and flattened."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Corners = npt.NDArray[np.float32]

A4_RATIO = 297 / 210


def find_sheet(pixels: Picture) -> Corners | None:
    """The four corners of the sheet (top left, then clockwise, in pixels), or None when the page fills the frame.

    There must be darker desk on at least three sides, else a shadow on a scan is taken for the desk
    (trials/ocr.md, 3.9).
    """
    factor = 600 / max(pixels.shape[:2])
    if factor > 1 or min(pixels.shape[:2]) * factor < 150:
        return None
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    grey = small if small.ndim == 2 else small.max(axis=2)
    # Text is smoothed away so that the sheet is one bright shape.
    grey = cv2.medianBlur(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), 9)
    _, bright = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    quad = _four_corners(hull)
    if quad is None or not _is_sheet(quad, hull, np.asarray(grey, np.uint8)):
        return None
    return np.asarray(_clockwise(quad) / factor, np.float32)


def _four_corners(hull: npt.NDArray[np.integer[Any] | np.floating[Any]]) -> Corners | None:
    length = cv2.arcLength(hull, True)
    for tolerance in (0.01, 0.02, 0.03, 0.05, 0.08):
        quad = cv2.approxPolyDP(hull, tolerance * length, True)
        if len(quad) == 4:
            return quad.reshape(4, 2).astype(np.float32)
        if len(quad) < 4:
            return None
    return None


def _is_sheet(quad: Corners, hull: npt.NDArray[np.integer[Any] | np.floating[Any]], grey: Picture) -> bool:
    height, width = grey.shape
    area = cv2.contourArea(quad)
    if not 0.2 * height * width < area < 0.97 * height * width or area < 0.93 * cv2.contourArea(hull):
        return False
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    gaps = [left > 0.01 * width, top > 0.01 * height, right < 0.99 * width, bottom < 0.99 * height]
    if sum(bool(gap) for gap in gaps) < 3:
        return False
    inside = np.zeros_like(grey)
    cv2.fillConvexPoly(inside, quad.astype(np.int32), 255)
    desk = grey[inside == 0]
    return bool(desk.size and float(np.median(grey[inside > 0])) - float(np.median(desk)) > 40)


def _clockwise(quad: Corners) -> Corners:
    total, difference = quad.sum(axis=1), quad[:, 1] - quad[:, 0]
    order = [total.argmin(), difference.argmin(), total.argmax(), difference.argmax()]
    return quad[order]


def flatten_sheet(pixels: Picture, corners: Corners) -> Picture:
    """The sheet seen from straight above; a shape near A4 becomes A4."""
    top_left, top_right, bottom_right, bottom_left = corners
    width = max(np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left))
    height = max(np.linalg.norm(bottom_left - top_left), np.linalg.norm(bottom_right - top_right))
    if 1.2 < height / width < 1.65:
        height = width * A4_RATIO
    elif 1.2 < width / height < 1.65:
        width = height * A4_RATIO
    size = (round(float(width)), round(float(height)))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    return np.asarray(
        cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
