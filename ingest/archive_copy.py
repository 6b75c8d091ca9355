"""The archive copy of a letter that came on paper: a searchable PDF/A-2b made of the kept pictures and our own words.

`make_archive_copy` is for everybody outside; `make` is its other half, inside the limited child. Nothing is
recognised a second time: the words of the pages' text lie invisibly over the picture, where they were read.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.child import Limits, run_limited
from ingest.word_places import Placed, place_text

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
# The library's own would carry the moment of writing; the same pages are to give the same bytes.
METADATA = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmp:CreatorTool="Cabinet" xmp:CreateDate="{made_at}" pdf:Producer="Cabinet">
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>"""
POINTS_PER_INCH = 72
A4_POINTS = (595.28, 841.89)
A4_LONG_INCHES = 11.69
# Of pictures that are not kept as JPEG already.
JPEG_QUALITY = 70
SMALLEST_POINTS, LARGEST_POINTS = 3.0, 80.0
# Of the height of DejaVu's letters, in em: small ones, tall ones, and what hangs below the line.
SMALL, TALL, BELOW = 0.56, 0.75, 0.22
HANGING = frozenset("gjpqyșțşţQ,;()[]{}|/@_")
FLAT = frozenset("acemnorsuvwxz,.-–;:gpqy")


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """One page of the copy. Paths are of kept files: the picture, the list of words with their boxes in it, the file
    the page came in (`source`, with its `number` there), which tells whether it was black and white only.

    `text` is what counts as the text of the page, `note` the sentence that stands in place of a picture.
    """

    picture: str
    words: str
    source: str
    number: int
    text: str
    dpi: int | None
    note: str = ""


def make_archive_copy(
    pages: Sequence[ArchivePage], output: Path, *, title: str, made_at: datetime, limits: Limits = Limits()
) -> None:
    """Write the copy of these pages, in order, to `output`; the same pages always give the same bytes.

    `made_at` (aware) is the moment that stands in the file. Errors: the `ChildError` family, `ArchiveFontMissing`.
    """
    arguments: dict[str, Any] = {
        "output": str(output),
        "title": title,
        "made_at": made_at.isoformat(),
        "pages": [asdict(page) for page in pages],
    }
    run_limited("make_archive_copy", arguments, limits=limits)


def make(arguments: dict[str, Any]) -> dict[str, Any]:
    """The task inside the child: writes the PDF to `output`; returns the number of its pages."""
    from fpdf import FPDF
    from fpdf.enums import TextMode

    from ingest.bilevel import Bilevel
    from ingest.errors import ArchiveFontMissing

    if not FONT.is_file():
        raise ArchiveFontMissing(str(FONT))
    pages = [ArchivePage(**page) for page in arguments["pages"]]
    pdf = FPDF(unit="pt", enforce_compliance="PDFA_2B")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_title(arguments["title"])
    pdf.set_lang("ro")
    pdf.set_creator("Cabinet")
    pdf.set_producer("Cabinet")
    made_at = datetime.fromisoformat(arguments["made_at"]).astimezone(UTC).replace(microsecond=0)
    pdf.set_creation_date(made_at)
    pdf.set_xmp_metadata(METADATA.format(made_at=made_at.isoformat(), title=escape(arguments["title"])))
    pdf.add_font("text", fname=FONT)
    bilevel = Bilevel()
    for page in pages:
        if not page.picture:
            pdf.text_mode = TextMode.FILL
            _noted(pdf, page)
            continue
        pdf.text_mode = TextMode.INVISIBLE
        _pictured(pdf, page, bilevel.is_bilevel(page.source, page.number))
    pdf.output(arguments["output"])
    return {"pages": len(pages)}


def _noted(pdf: "FPDF", page: ArchivePage) -> None:
    pdf.add_page(format=A4_POINTS)
    pdf.set_font("text", size=12)
    pdf.set_xy(72, 96)
    pdf.multi_cell(A4_POINTS[0] - 144, 18, _drawable(pdf, f"{page.note}\n\n{page.text}"))


def _pictured(pdf: "FPDF", page: ArchivePage, is_bilevel: bool) -> None:
    from ingest.archive_picture import encoded

    content, (width, height) = encoded(Path(page.picture), is_bilevel, JPEG_QUALITY)
    scale = POINTS_PER_INCH / (page.dpi or max(width, height) / A4_LONG_INCHES)
    pdf.add_page(format=(width * scale, height * scale))
    pdf.image(content, 0, 0, width * scale, height * scale)
    words = json.loads(Path(page.words).read_bytes()) if page.words else []
    for placed in place_text(page.text, words, width, height):
        _write(pdf, placed, scale)


def _write(pdf: "FPDF", placed: Placed, scale: float) -> None:
    """One word, as high and as wide as it stands in the picture."""
    text = _drawable(pdf, placed.text)
    if not text.strip():
        return
    below = BELOW if HANGING & set(text) else 0.0
    above = SMALL if set(text) <= FLAT else TALL
    size = min(LARGEST_POINTS, max(SMALLEST_POINTS, placed.height * scale / (above + below)))
    pdf.set_stretching(100)
    pdf.set_font("text", size=size)
    pdf.set_stretching(max(1.0, 100 * placed.width * scale / max(0.1, pdf.get_string_width(text))))
    pdf.text(placed.left * scale, (placed.top + placed.height) * scale - below * size, text)


def _drawable(pdf: "FPDF", text: str) -> str:
    """The text without what the font cannot draw, for an archive file may not refer to a missing character."""
    from fpdf.fonts import CoreFont

    font = pdf.fonts["text"]
    assert not isinstance(font, CoreFont)
    known = font.cmap
    return "".join(character for character in text if ord(character) in known or character == "\n")
