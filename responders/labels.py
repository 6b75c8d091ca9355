"""Separator sheets and number labels on paper, as a PDF: a code for the machine, words for people."""

from collections.abc import Sequence
from functools import lru_cache

import zxingcpp
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from weasyprint import CSS, HTML

from config.clock import local_date
from config.town import Tables
from registry.labels import LabelKey, NumberLabel, Separator
from registry.models import RegisterEntry
from responders.errors import DepartmentUnknown
from responders.letterhead import PAPER, NothingFromOutside

STICKERS_A_PAGE = 24
MOST_SHEETS = 200


def separator_sheets(sheets: Sequence[Separator], key: LabelKey, tables: Tables) -> bytes:
    """An A4 page for each sheet (bytes of a PDF). `LabelKeyUnusable` if the key cannot be used."""
    names = {department.slug: department.name for department in tables.departments}
    shown = [
        {
            "code": _code(key.write(sheet)),
            "department": names.get(sheet.department, sheet.department),
            "day": f"{sheet.day:%d.%m.%Y}",
            "sequence": sheet.sequence,
        }
        for sheet in sheets
    ]
    return _pdf("separators.html.j2", tables, sheets=shown)


def check_department(slug: str, tables: Tables) -> None:
    """Nothing for a department of the tables and for ""; `DepartmentUnknown` otherwise."""
    if slug and slug not in {department.slug for department in tables.departments}:
        raise DepartmentUnknown(slug)


def number_stickers(entries: Sequence[RegisterEntry], key: LabelKey, tables: Tables, *, skip: int = 0) -> bytes:
    """A4 pages of 24 stickers, one for each number (bytes of a PDF), the first `skip` places left free.

    `LabelKeyUnusable` if the key cannot be used.
    """
    labels: list[dict[str, object] | None] = [None] * skip
    labels += [
        {
            "code": _code(key.write(NumberLabel(entry.number, entry.year))),
            "number": f"{entry.number}/{entry.year}",
            "day": f"{local_date(entry.registered_at):%d.%m.%Y}",
        }
        for entry in entries
    ]
    pages = [labels[at : at + STICKERS_A_PAGE] for at in range(0, len(labels), STICKERS_A_PAGE)]
    return _pdf("stickers.html.j2", tables, pages=pages)


def _code(text: str) -> Markup:
    """A QR code as a drawing to stand in a page. A quarter of it may be hidden and it is still read."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    drawing = zxingcpp.write_barcode_to_svg(code, add_quiet_zones=True)
    return Markup(drawing.partition("?>")[2] or drawing)  # noqa: S704  (made here of black squares)


def _pdf(template: str, tables: Tables, **values: object) -> bytes:
    html = _environment().get_template(template).render(office=tables.office, **values)
    pdf = HTML(string=html, url_fetcher=NothingFromOutside()).write_pdf(stylesheets=[_styles()])
    assert isinstance(pdf, bytes)
    return pdf


@lru_cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(PAPER), autoescape=True, undefined=StrictUndefined)


@lru_cache
def _styles() -> CSS:
    return CSS(filename=PAPER / "labels.css", url_fetcher=NothingFromOutside())
