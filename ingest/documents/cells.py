"""Rows of cells as lines of text, with numbers and dates as people in Romania write them."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from config.i18n import gettext as _

Cell: TypeAlias = "str | int | float | bool | date | datetime | time | timedelta | None"

SEPARATOR: Final = " | "
MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 256
MAX_CELL: Final = 32_767  # Excel's own limit
MAX_CHARACTERS: Final = 200_000


def table_text(rows: Iterable[Iterable[Cell]]) -> tuple[str, bool]:
    """The rows as lines, cells between " | ", empty rows left out; and whether something was cut off at a limit."""
    lines: list[str] = []
    size, cut = 0, False
    for number, row in enumerate(rows):
        if number >= MAX_ROWS or size > MAX_CHARACTERS:
            return "\n".join(lines)[:MAX_CHARACTERS], True
        cells, is_wide = _row(row)
        cut = cut or is_wide
        line = SEPARATOR.join(cells)
        if line:
            lines.append(line)
            size += len(line) + 1
    text = "\n".join(lines)
    return text[:MAX_CHARACTERS], cut or len(text) > MAX_CHARACTERS


def _row(row: Iterable[Cell]) -> tuple[list[str], bool]:
    """The words of the cells without empty ones at the end, and whether a cell was left out or cut."""
    cells: list[str] = []
    filled, cut = 0, False
    for number, cell in enumerate(row):
        written = written_cell(cell)
        if not written:
            if number < MAX_COLUMNS:
                cells.append("")
            continue
        if number >= MAX_COLUMNS:
            cut = True
            break
        cells.append(written[:MAX_CELL])
        filled, cut = number + 1, cut or len(written) > MAX_CELL
    return cells[:filled], cut


def written_cell(value: Cell) -> str:
    """One cell in words: "1234,5", "25.11.2026", "14:30", "TRUE" in the language of the house; "" if empty.

    Thousands are not grouped: numbers in tables are often identifiers (CNP, file numbers).
    """
    match value:
        case None:
            return ""
        case bool():
            return _("TRUE") if value else _("FALSE")
        case int():
            return str(value)
        case float():
            return _number(value)
        case datetime():
            has_time = (value.hour, value.minute, value.second) != (0, 0, 0)
            return f"{_day(value)} {_clock(value)}" if has_time else _day(value)
        case date():
            return _day(value)
        case time():
            return _clock(value)
        case timedelta():
            seconds = round(value.total_seconds())
            sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
            return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return " ".join(_pieces(value))


def _pieces(text: str) -> Iterator[str]:
    """A cell may have lines of its own; here a line is a row."""
    return iter(text.split())


def _number(value: float) -> str:
    """With the digits that a table program shows at most (15); whole numbers without decimals."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}".replace(".", ",")


def _day(value: date) -> str:
    return f"{value.day:02d}.{value.month:02d}.{value.year}"


def _clock(value: datetime | time) -> str:
    return f"{value.hour:02d}:{value.minute:02d}" + (f":{value.second:02d}" if value.second else "")
