"""Pictures made smaller or larger."""

import cv2
import numpy as np

from ingest.ink import Picture


def scaled(pixels: Picture, factor: float, factor_y: float | None = None) -> Picture:
    """The picture `factor` times as wide, and as high unless `factor_y` says otherwise."""
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * (factor_y or factor))))
    shrinks = size[0] <= width and size[1] <= height
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8)
