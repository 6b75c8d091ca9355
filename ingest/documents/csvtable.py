"""Tables in text form (CSV, with any delimiter): one page, a row a line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from ingest.charset import decode
from ingest.documents.cells import MAX_CELL, table_text
from ingest.documents.sniff import HEAD, delimiter
from ingest.documents.text import first_bytes, text_page
from ingest.reading import Page


def read_csv(path: Path) -> Page:
    """The page of a CSV file; if its quotes are broken, its lines as they stand. Errors: `DocumentEmpty`."""
    raw, cut = first_bytes(path)
    mark = delimiter(raw[:HEAD], whole=len(raw) <= HEAD) or ";"
    text = decode(raw).text.lstrip("\ufeff")
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]  # a word to Excel, not a row
    before = csv.field_size_limit(MAX_CELL)
    try:
        table, rows_cut = table_text(_rows(text, mark))
    except csv.Error:
        return text_page(text, "text-cut" if cut else "")
    finally:
        csv.field_size_limit(before)
    return text_page(table, "text-cut" if cut or rows_cut else "", source="sheet")


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    # newline="" of the csv module: line ends inside quotes belong to the field.
    return csv.reader(text.splitlines(keepends=True), delimiter=mark)
