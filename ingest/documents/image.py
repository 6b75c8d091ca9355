"""Image files: every frame of a TIFF, or the one picture of the other kinds, as frames for recognition."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from ingest.errors import DocumentDamaged, DocumentTooBig
from ingest.image_chain import WORKING_LONG_SIDE, Frame

MAX_PIXELS = 100_000_000
MAX_SIDE = 32_767
# The EXIF tag of how the camera was held, and what undoes each of its values.
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Pillow's own bomb check is replaced by ours, which works from the header and gives a clerk's sentence.
Image.MAX_IMAGE_PIXELS = None
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
# Pillow loads its usual formats at first use, which would be in every child anew.
Image.preinit()


def count_frames(path: Path, kind: str) -> int:
    """How many pages the image file has. Only TIFF has pages; the frames of a GIF are an animation.

    Errors: `DocumentDamaged`, and `DocumentTooBig` from the size in the header, before anything is decoded.
    """
    with _opened(path) as image:
        if kind != "tiff":
            if not _fits(image):
                raise DocumentTooBig(f"{image.width}x{image.height} pixels")
            return 1
        try:
            return int(getattr(image, "n_frames", 1))
        except (OSError, ValueError, SyntaxError, EOFError) as failure:
            raise DocumentDamaged(type(failure).__name__) from failure


def image_frame(path: Path, index: int) -> tuple[Frame, bool] | None:
    """Frame `index` (from 0) of the file, and whether it is whole; None when it has more pixels than are read.

    Errors: `DocumentDamaged`.
    """
    with _opened(path) as image:
        try:
            image.seek(index)
            if not _fits(image):
                return None
            is_whole = _load(image)
            return _frame(image), is_whole
        except MemoryError:
            raise
        except (OSError, ValueError, SyntaxError, EOFError, TypeError) as failure:
            raise DocumentDamaged(type(failure).__name__) from failure


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as failure:
        raise DocumentDamaged(type(failure).__name__) from failure


def _fits(image: Image.Image) -> bool:
    return image.width * image.height <= MAX_PIXELS and max(image.size) <= MAX_SIDE


def _load(image: Image.Image) -> bool:
    """Decode the frame; of a cut-off file what there is, and False."""
    try:
        image.load()
    except OSError:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            image.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
        return False
    return True


def _frame(image: Image.Image) -> Frame:
    across, down = _resolution(image)
    is_bilevel = image.mode == "1"
    orientation = image.getexif().get(ORIENTATION, 1)
    # Reduced before anything else: every step below copies the picture.
    reduced = max(1, max(image.size) // WORKING_LONG_SIDE)
    smaller = _plain(image, reduced)
    if orientation in TURNS:
        smaller = smaller.transpose(TURNS[orientation])
    if orientation >= 5:
        across, down = down, across
    return Frame(np.asarray(smaller), (across / reduced, down / reduced), is_bilevel)


def _resolution(image: Image.Image) -> tuple[float, float]:
    try:
        across, down = image.info.get("dpi", (0, 0))
        return float(across), float(down)
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0, 0.0


def _plain(image: Image.Image, reduced: int) -> Image.Image:
    """Grey or RGB on white paper, eight bits a channel, `reduced` times smaller."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float32)[::reduced, ::reduced]
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray((values.clip(0, top) * (255 / top)).astype(np.uint8))
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    smaller = image.reduce(reduced) if reduced > 1 else image
    if "A" in smaller.getbands():
        with_alpha = smaller.convert("RGBA")
        paper = Image.new("RGBA", with_alpha.size, "white")
        return Image.alpha_composite(paper, with_alpha).convert("RGB")
    return smaller if smaller.mode in ("L", "RGB") else smaller.convert("RGB")
