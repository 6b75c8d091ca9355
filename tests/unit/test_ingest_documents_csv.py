from pathlib import Path

import pytest

from ingest.documents.csvtable import read_csv
from ingest.documents.sniff import sniff
from ingest.documents.text import MAX_BYTES, read_text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("Nume;Suma\nPop;1\nIonescu;2\n", "csv"),
        ("Nume\tSuma\r\nPop\t1\r\nIonescu\t2\r\n", "csv"),
        ("Nume,Suma,Data\nPop,1,x\nIonescu,2,y\n", "csv"),
        ('Nume;Adresa\n"Pop; Ion";a\nIonescu;"strada\nMare"\n', "csv"),
        ("sep=;\nNume;Suma\n", "csv"),
        ("Bună ziua,\n\nVă scriu, în legătură cu taxa.\n", "text"),
        ("Bună ziua, domnule\nprimar, vă rog\nfrumos, mulțumesc\n", "text"),
        ("Stimate domn,\nvă rog,\nCu stimă,\n", "text"),
        ("Nume;Suma\nPop;1\n", "text"),
        ("unu doi\ntrei\npatru\n", "text"),
    ],
)
def test_a_table_is_told_from_prose_by_its_lines(tmp_path: Path, content: str, kind: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content, newline="")
    assert sniff(path) == kind


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
def test_a_table_is_read_in_any_charset_and_delimiter(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "lista"
    path.write_bytes('Nume;Strada;Nr\r\n"Ţepeş; Ştefan";Gheorghe Lazăr;14\r\nPop;Mare;2\r\n'.encode(charset))
    page = read_csv(path)
    assert page.text == "Nume | Strada | Nr\nȚepeș; Ștefan | Gheorghe Lazăr | 14\nPop | Mare | 2"
    assert (page.source, page.needs_human) == ("sheet", False)


def test_a_table_without_an_end_of_its_quotes_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text('a;b\n"c;d\n' + "e;f\n" * 20_000)
    assert read_csv(path).text.startswith('a;b\n"c;d\ne;f')


def test_the_word_to_excel_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("sep=|\nNume|Suma\nPop|1\n")
    assert read_csv(path).text == "Nume | Suma\nPop | 1"


def test_a_table_of_many_columns_and_rows_is_cut_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(("x;" * 1000 + "x\n") * 1000)
    page = read_csv(path)
    assert (page.reason, len(page.text) <= 200_000) == ("text-cut", True)


def test_a_text_over_the_limit_is_read_from_its_beginning_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" + "ș".encode() * (MAX_BYTES // 2 + 10))
    page = read_text(path)
    assert (page.text[:3], page.reason, page.needs_human) == ("xșș", "text-cut", True)


def test_one_line_of_a_million_letters_is_read_in_time(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("cuvânt " * 140_000)
    assert len(read_text(path).text) > 900_000
