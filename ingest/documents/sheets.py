"""Spreadsheets (XLSX, XLSB, XLS, ODS): one page for each sheet that holds something."""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from config.i18n import gettext as _
from ingest.documents.cells import table_text
from ingest.documents.text import text_page
from ingest.documents.zipped import office_archive
from ingest.errors import DocumentDamaged, DocumentEncrypted, DocumentTooBig
from ingest.reading import Page, unread_page

MAX_UNPACKED: Final = 128 * 1024**2
# The library makes a full rectangle of every sheet; a stray cell in the last corner would be 17 thousand million.
MAX_RECTANGLE: Final = 10_000_000
_CHUNK: Final = 1024**2
_TAIL: Final = 40
_CELL: Final = re.compile(rb"""\br=["']([A-Z]{1,12})([0-9]{1,12})["']""")


def open_workbook(path: Path, kind: str) -> Any:
    """The opened workbook. Errors: `DocumentDamaged`, `DocumentEncrypted`, `DocumentTooBig`."""
    if kind != "xls":
        _weigh(path, kind)
    with tempfile.TemporaryDirectory() as folder:
        # The library goes by the ending; when it must guess, its errors say nothing.
        named = Path(folder) / f"workbook.{kind}"
        named.symlink_to(path.resolve())
        with _told():
            return CalamineWorkbook.from_path(str(named))


def read_sheets(workbook: Any, sheets: int) -> Iterator[Page]:
    """A page for each of the first `sheets` sheets that holds something, made one by one; macros are never looked at.

    The first line of a page is the sheet's name.
    """
    number = 0
    for sheet in workbook.sheets_metadata[:sheets]:
        if sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        page = _page(workbook, sheet, number + 1)
        if page is not None:
            number += 1
            yield page


def _page(workbook: Any, sheet: Any, number: int) -> Page | None:
    try:
        with _told():
            text, cut = table_text(workbook.get_sheet_by_name(sheet.name).iter_rows())
    except DocumentTooBig:
        return unread_page(number, "sheet-too-large")
    except DocumentDamaged:
        return unread_page(number, "page-damaged")
    if not text:
        return None
    hidden = sheet.visible != SheetVisibleEnum.Visible
    title = _("[hidden sheet: {name}]") if hidden else _("[sheet: {name}]")
    reason = "text-cut" if cut else "hidden-sheet" if hidden else ""
    return text_page(f"{title.format(name=sheet.name)}\n{text}", reason, number=number, source="sheet")


@contextmanager
def _told() -> Iterator[None]:
    """The library's errors in our words. Its panics are no `Exception`, and would end the whole reading."""
    try:
        yield
    except PasswordError as failure:
        raise DocumentEncrypted("workbook") from failure
    except (CalamineError, OSError, ValueError, OverflowError) as failure:
        if "limit exceeded" in str(failure):
            raise DocumentTooBig("cells") from failure
        raise DocumentDamaged(type(failure).__name__) from failure
    except BaseException as failure:
        if type(failure).__name__ == "PanicException":
            raise DocumentDamaged("panic") from failure
        raise


def _weigh(path: Path, kind: str) -> None:
    """Refuse an archive that unpacks to too much or claims a sheet of too many cells, by reading it once."""
    left = MAX_UNPACKED
    with office_archive(path) as archive:
        for member in archive.infolist():
            # Pictures are not opened by anybody here.
            if member.filename.endswith((".xml", ".bin", ".rels")):
                left -= _weigh_member(archive, member, left, cells=kind == "xlsx")


def _weigh_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, *, cells: bool) -> int:
    """The real size of a member in bytes. Errors: `DocumentTooBig`."""
    size = rows = columns = 0
    tail = b""
    with archive.open(member) as part:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise DocumentTooBig(f"over {MAX_UNPACKED} bytes unpacked")
            if cells and member.filename.startswith("xl/worksheets/"):
                for name, row in _CELL.findall(tail + chunk):
                    columns, rows = max(columns, _column(name)), max(rows, int(row))
                if rows * columns > MAX_RECTANGLE:
                    raise DocumentTooBig(f"a sheet over {MAX_RECTANGLE} cells")
                tail = chunk[-_TAIL:]
    return size


def _column(name: bytes) -> int:
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number
