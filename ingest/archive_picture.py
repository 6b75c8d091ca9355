"""The picture of a page as it goes into the archive copy: black and white where the scan was, else a JPEG."""

import io
from pathlib import Path

from PIL import Image

INK_BELOW = 128


def encoded(picture: Path, is_bilevel: bool, quality: int) -> tuple[Image.Image | io.BytesIO, tuple[int, int]]:
    """The kept picture, ready to be embedded, and its size in pixels (width, height).

    `quality` (of 100) is for pictures that are not kept as JPEG.
    """
    with Image.open(picture) as kept:
        size = kept.size
        if is_bilevel:
            return kept.convert("L").point(lambda value: 255 * (value >= INK_BELOW), mode="1"), size
        if kept.format == "JPEG" and kept.mode in ("L", "RGB"):
            return io.BytesIO(picture.read_bytes()), size  # as it is: encoding it again would only lose
        plain = kept if kept.mode in ("L", "RGB") else kept.convert("RGB")
        content = io.BytesIO()
        # A WebP that was grey opens as colour; grey takes half the room.
        _greyed(plain).save(content, "JPEG", quality=quality, optimize=True)
    content.seek(0)
    return content, size


def _greyed(picture: Image.Image) -> Image.Image:
    if picture.mode == "L":
        return picture
    red, green, blue = picture.split()
    return picture.convert("L") if red.tobytes() == green.tobytes() == blue.tobytes() else picture
