"""A page that a person turned, read anew from its kept picture.

`read_turned` is for everybody outside; `read` is its other half, inside the limited child.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ingest.child import Limits, run_limited
from ingest.errors import ChildError
from ingest.reading import Page, page_from_json, unread_page


def read_turned(
    picture: Path,
    degrees: int,
    dpi: int | None,
    number: int,
    *,
    image_folder: Path,
    engine: str,
    limits: Limits = Limits(),
) -> Page:
    """Turn the kept picture of page `number` clockwise by 90, 180 or 270 degrees and read it as it then stands.

    The new picture is written to `image_folder`. A reading that is cut short gives an unread page with its reason,
    and the picture without turn stays. Errors: Tesseract's.
    """
    from ingest.documents.version import pipeline_version

    arguments: dict[str, Any] = {
        "picture": str(picture),
        "degrees": degrees,
        "dpi": dpi or 0,
        "number": number,
        "image_folder": str(image_folder),
        "engine": engine,
    }
    try:
        page: Any = run_limited("read_turned", arguments, limits=limits)
    except ChildError as failure:
        return unread_page(number, failure.code)
    return replace(page_from_json(page), pipeline=pipeline_version(engine))


def read(arguments: dict[str, Any]) -> dict[str, Any]:
    """The task inside the child: the page as plain values."""
    import numpy as np
    from PIL import Image

    from ingest.documents.page_job import measured
    from ingest.documents.recognition import read_frame
    from ingest.image_chain import Frame
    from ingest.tesseract import use_engine

    use_engine(arguments["engine"])
    image_folder = Path(arguments["image_folder"])
    with Image.open(arguments["picture"]) as kept:
        plain = kept if kept.mode in ("L", "RGB") else kept.convert("RGB")
        pixels = np.asarray(plain, np.uint8)
    turned = np.ascontiguousarray(np.rot90(pixels, -arguments["degrees"] // 90))
    dpi = float(arguments["dpi"])
    frame = Frame(turned, (dpi, dpi), is_bilevel=False, may_be_photo=False, is_upright=True)
    return asdict(measured(read_frame(frame, arguments["number"], image_folder), image_folder))
