from datetime import date, datetime, time, timedelta

import pytest

from config.i18n import speaking
from ingest.documents.cells import MAX_CHARACTERS, MAX_COLUMNS, MAX_ROWS, Cell, table_text, written_cell


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234.5, "1234,5"),
        (0.1 + 0.2, "0,3"),
        (-12.0, "-12"),
        (5980101320015.0, "5980101320015"),
        (1e300, "1e+300"),
        (7, "7"),
        (True, "ADEVĂRAT"),
        (False, "FALS"),
        (date(2026, 11, 5), "05.11.2026"),
        (datetime(2026, 11, 5), "05.11.2026"),
        (datetime(2026, 11, 5, 9, 30), "05.11.2026 09:30"),
        (time(14, 5, 9), "14:05:09"),
        (timedelta(hours=26, minutes=3), "26:03:00"),
        (timedelta(hours=-1), "-1:00:00"),
        ("  Pop\n Ștefan ", "Pop Ștefan"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_cell_is_written_as_people_in_romania_write_it(value: Cell, written: str) -> None:
    with speaking("ro"):
        assert written_cell(value) == written


def test_rows_are_lines_without_empty_ends_and_empty_rows() -> None:
    rows: list[list[Cell]] = [["Nume", "", "Suma", ""], ["", ""], ["Pop", None, 3.5]]
    assert table_text(rows) == ("Nume |  | Suma\nPop |  | 3,5", False)


def test_too_many_rows_columns_or_characters_are_cut_and_said_to_be() -> None:
    assert table_text([["x"]] * MAX_ROWS) == ("\n".join(["x"] * MAX_ROWS), False)
    assert table_text([["x"]] * (MAX_ROWS + 1))[1]
    assert table_text([["x"] * MAX_COLUMNS + [""] * 9]) == (" | ".join(["x"] * MAX_COLUMNS), False)
    assert table_text([["x"] * (MAX_COLUMNS + 1)])[1]
    text, cut = table_text([["x" * 30_000]] * 8)
    assert (len(text), cut) == (MAX_CHARACTERS, True)
    assert table_text([["x" * 40_000]])[1]
