"""PDFs whose pages are pictures in the codings of scanners, written by hand, and pages nested without end."""

import io
import struct

import numpy as np
from PIL import Image

from daemon.practice.locked_pdf import pdf_bytes

# The file's end in a page of the MMR coding.
_FLAGS_MMR = b"\x01"


def pdf_of_pictures(pictures: list[tuple[bytes, tuple[int, int], bytes]]) -> bytes:
    """One A4 page for each (data, (width, height), the keys of its dictionary with the filter)."""
    kids = b" ".join(b"%d 0 R" % (3 + 3 * number) for number in range(len(pictures)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pictures), kids),
    ]
    for number, (data, (width, height), keys) in enumerate(pictures):
        first = 3 + 3 * number
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I %d 0 R>>>>/Contents %d 0 R>>"
            % (first + 1, first + 2),
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d%s/Length %d>>\nstream\n%s\nendstream"
            % (width, height, keys, len(data), data),
            b"<</Length 30>>\nstream\nq 595 0 0 842 0 0 cm /I Do Q  \nendstream",
        ]
    return pdf_bytes(objects)


def jbig2(sheet: np.ndarray) -> tuple[bytes, tuple[int, int], bytes]:
    """The sheet as scanners with small files write it: one JBIG2 region in the coding of faxes."""
    height, width = sheet.shape
    out = io.BytesIO()
    # Set bits are ink in JBIG2.
    bilevel = Image.fromarray(255 - sheet).convert("1", dither=Image.Dither.NONE)
    # One strip, so that the whole coding is one piece.
    bilevel.save(out, "TIFF", compression="group4", tiffinfo={278: height})
    with Image.open(out) as written:
        (offset,), (count,) = written.tag_v2[273], written.tag_v2[279]
    coded = out.getvalue()[offset : offset + count]
    page_information = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", width, height, 0, 0, 0) + _FLAGS_MMR + coded
    data = _segment(0, 48, page_information) + _segment(1, 38, region)
    return data, (width, height), b"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode"


def jpeg2000(sheet: np.ndarray) -> tuple[bytes, tuple[int, int], bytes]:
    """The sheet in JPEG 2000."""
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "JPEG2000", quality_mode="rates", quality_layers=[20])
    return (
        out.getvalue(),
        (sheet.shape[1], sheet.shape[0]),
        b"/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/JPXDecode",
    )


def flat(width: int, height: int, packed: bytes) -> tuple[bytes, tuple[int, int], bytes]:
    """A picture of three colours whose deflated data are `packed`."""
    return packed, (width, height), b"/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode"


def nested_pages(depth: int, leaf: bytes) -> bytes:
    """A PDF with one page, below `depth` nodes of the page tree one in another."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    for number in range(2, depth + 2):
        parent = b"/Parent %d 0 R" % (number - 1) if number > 2 else b""
        objects.append(b"<</Type/Pages/Count 1/Kids[%d 0 R]%s>>" % (number + 1, parent))
    objects.append(
        b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 %d 0 R>>>>/Contents %d 0 R>>"
        % (depth + 1, depth + 3, depth + 4)
    )
    objects.append(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(leaf), leaf))
    return pdf_bytes(objects)


def _segment(number: int, kind: int, data: bytes) -> bytes:
    return struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data
