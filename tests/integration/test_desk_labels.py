"""Printing separator sheets and labels, from the desk and from the command line; the codes are read from the PDF."""

from datetime import date
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from httpx import Response
from typer.testing import CliRunner

from config.settings import CONFIG_VARIABLE
from daemon import cli
from ingest.codes import read_codes
from registry.database import Database
from registry.labels import Label, LabelKey, NumberLabel, Separator, label_key, next_sheets
from registry.users import Role
from tests.support.browser import signed_in, words_of
from tests.support.factories import AT, make_letter
from tests.support.seed import OpenedDesk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> OpenedDesk:
    return open_desk(tmp_path)


def printed(pdf: bytes, key: LabelKey) -> list[list[Label | None]]:
    """The labels on each page, as a scanner at 150 dpi would see them."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pictures = [page.render(scale=150 / 72, grayscale=True).to_numpy() for page in document]
    finally:
        document.close()
    grey = [np.ascontiguousarray(picture.reshape(picture.shape[:2])) for picture in pictures]
    return [[key.read(code["text"]) for code in read_codes(one)] for one in grey]


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def is_pdf(answer: Response) -> bool:
    return answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF")


def test_a_clerk_prints_sheets_that_are_numbered_on(desk: OpenedDesk) -> None:
    clerk, _user = signed_in(desk, Role.CLERK)
    assert "Foi separatoare" in clerk.page("/labels")
    first = clerk.post("/labels/sheets", department="directia-tehnica", count="2")
    again = clerk.post("/labels/sheets", department="directia-tehnica", count="1")
    assert is_pdf(first)
    assert is_pdf(again)
    key = label_key(desk.app.state.desk.settings)
    labels = [label for pdf in (first, again) for page in printed(pdf.content, key) for label in page]
    assert [label.sequence for label in labels if isinstance(label, Separator)] == [1, 2, 3]
    assert {label.department for label in labels if isinstance(label, Separator)} == {"directia-tehnica"}
    assert "Foaie separatoare" in text_of(first.content)
    assert "Direcția Tehnică" in text_of(first.content)


def test_labels_are_for_numbers_of_the_register(desk: OpenedDesk) -> None:
    with desk.database.write() as session:
        for _ in range(3):
            make_letter(session, desk.store)
    clerk, _user = signed_in(desk, Role.CLERK)
    key = label_key(desk.app.state.desk.settings)
    year = AT.year
    some = clerk.post("/labels/numbers", written=f"3/{year}, 1/{year}", skip="22")
    assert printed(some.content, key) == [[NumberLabel(3, year), NumberLabel(1, year)]]
    assert f"Nr. 3/{year}" in text_of(some.content)
    latest = clerk.post("/labels/numbers", last="2")
    assert printed(latest.content, key) == [[NumberLabel(2, year), NumberLabel(3, year)]]
    unknown = clerk.post("/labels/numbers", written=f"77/{year}")
    assert unknown.status_code == 409
    assert f"Numărul 77/{year} nu este în registru" in words_of(unknown)


def test_sheets_for_a_department_that_is_not_there_are_refused(desk: OpenedDesk) -> None:
    clerk, _user = signed_in(desk, Role.CLERK)
    answer = clerk.post("/labels/sheets", department="nicăieri", count="1")
    assert answer.status_code == 409
    assert "Nu există compartimentul" in words_of(answer)


def test_sheets_are_counted_by_department_and_day(database: Database) -> None:
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    with database.write() as session:
        assert [one.sequence for one in next_sheets(session, "juridic", 3, monday)] == [1, 2, 3]
        assert [one.sequence for one in next_sheets(session, "", 1, monday)] == [1]
    with database.write() as session:
        assert next_sheets(session, "juridic", 1, monday) == [Separator("juridic", monday, 4)]
        assert [one.sequence for one in next_sheets(session, "juridic", 2, tuesday)] == [1, 2]


def test_the_command_line_prints_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "cabinet.toml"
    config.write_text(f'data_folder = "{tmp_path / "data"}"\n')
    monkeypatch.setenv(CONFIG_VARIABLE, str(config))
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(cli.app, ["labels", "sheets", "--count", "2", "--department", "politia-locala"])
    assert run.exit_code == 0, run.output
    key = LabelKey(tmp_path / "data" / "labels.key")
    (first,), (second,) = printed((tmp_path / "separatoare.pdf").read_bytes(), key)
    assert isinstance(first, Separator)
    assert isinstance(second, Separator)
    assert (first.department, first.sequence, second.sequence) == ("politia-locala", 1, 2)
    refused = CliRunner().invoke(cli.app, ["labels", "numbers", "5/2026"])
    assert "5/2026" in str(refused.exception)
