from ingest.paragraphs import arrange, in_reading_order
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


def test_a_block_read_last_goes_before_the_text_that_it_stands_above_of() -> None:
    addressee, letter = [[Word("Primăriei", 100, 140, 250, 20, 95.0)]], [line("Subsemnata", 200), line("solicit", 230)]
    number = [[Word("Nr. 12", 700, 100, 250, 20, 95.0)]]
    text = arrange(in_reading_order([addressee, letter, number]))
    assert text.split() == ["Nr.", "12", "Primăriei", "Subsemnata", "solicit"]


def test_columns_stay_one_after_the_other() -> None:
    left = [[line("stânga sus", 0)], [line("stânga jos", 300)]]
    right = [[line("dreapta sus", 0, left=1200)], [line("dreapta jos", 300, left=1200)]]
    texts = [words[0].text for words in in_reading_order([*left, *right])]
    assert texts == ["stânga sus", "stânga jos", "dreapta sus", "dreapta jos"]
