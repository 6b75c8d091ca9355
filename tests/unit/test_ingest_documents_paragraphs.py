from ingest.paragraphs import arrange
from ingest.reading import Word


def line(text: str, top: int, left: int = 100) -> list[Word]:
    return [Word(text, left, top, 900, 20, 95.0)]


def test_a_gap_between_lines_starts_a_paragraph() -> None:
    lines = [line("unu", 0), line("doi", 30), line("trei", 60), line("patru", 120), line("cinci", 150)]
    assert arrange(lines) == "unu\ndoi\ntrei\n\npatru\ncinci"


def test_an_indented_line_starts_a_paragraph() -> None:
    lines = [line("unu", 0), line("doi", 30), line("trei", 60, left=180), line("patru", 90)]
    assert arrange(lines) == "unu\ndoi\n\ntrei\npatru"


def test_the_next_column_starts_a_paragraph() -> None:
    lines = [line("unu", 0), line("doi", 30), line("trei", 0, left=1200), line("patru", 30, left=1200)]
    assert arrange(lines) == "unu\ndoi\n\ntrei\npatru"


def test_a_page_without_lines_has_no_text() -> None:
    assert arrange([]) == ""
