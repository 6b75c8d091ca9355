"""The quality record of pages: what the reading gave is in the record, with words and picture in the store."""

import io
import json
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from sqlmodel import select

from daemon.entering import enter_file
from daemon.house import House
from daemon.running import PlainRunner
from daemon.steps.pages import PAGE_CACHE, read_part, record_pages
from daemon.steps.parts import record_parts, take_letter_apart
from registry.database import Database
from registry.models import Page, RawFile
from registry.store import FileStore
from tests.support.factories import tables
from tests.support.house import settings_of
from tests.support.ingest_pages import line_of_text, page, pdf_of, save


@pytest.fixture
def house(tmp_path: Path, database: Database) -> House:
    config = tmp_path / "cabinet.toml"
    config.write_text(f'data_folder = "{tmp_path}"\n[recognition]\nworkers = 2\n')
    return House(settings_of(config), tables(), database, FileStore(tmp_path / "store"))


def pages_of(house: House, path: Path) -> list[Page]:
    """The rows of the pages of a scan that came in."""
    run, letter_id = PlainRunner(house), enter_file(house, path).letter_id
    for part_id in run.record(record_parts, letter_id, run.compute(take_letter_apart, letter_id))["to_read"]:
        run.record(record_pages, part_id, run.compute(read_part, part_id))
    with house.database.read() as session:
        return list(session.exec(select(Page).where(Page.letter_id == letter_id).order_by(Page.number)))


def with_code(text: str) -> Image.Image:
    sheet = Image.fromarray(page("Cerere privind iluminatul public din strada noastră", dpi=200))
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=6)
    sheet.paste(Image.fromarray(code), (600, 1200))
    return sheet


def test_words_codes_and_figures_of_a_scan_are_on_record(house: House, tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    with_code("CABINET 1").save(path, dpi=(200, 200))
    (row,) = pages_of(house, path)
    assert row.codes == [{"format": "QRCode", "text": "CABINET 1"}]
    assert row.p10_confidence is not None
    assert row.mean_confidence is not None
    assert row.p10_confidence <= row.mean_confidence
    assert (row.psm, row.pipeline.split()[1]) == (3, "pytesseract")
    assert row.words_sha256
    assert row.image_sha256
    with Image.open(io.BytesIO(house.store.read(row.image_sha256))) as picture:
        assert (row.width, row.height) == picture.size
    words = json.loads(house.store.read(row.words_sha256))
    assert [word[0] for word in words][:3] == ["Cerere", "privind", "iluminatul"]
    assert all(len(word) == 6 for word in words)
    with house.database.read() as session:
        assert session.get(RawFile, row.words_sha256) is not None


def test_a_page_that_is_text_already_has_a_picture_with_its_size_and_no_words(house: House, tmp_path: Path) -> None:
    path = tmp_path / "cerere.pdf"
    path.write_bytes(pdf_of([line_of_text(b"Cerere pentru certificat de urbanism nr. 12")]))
    (row,) = pages_of(house, path)
    assert (row.source, row.width, row.height) == ("text-layer", 992, 1404)
    assert (row.words_sha256, row.codes, row.p10_confidence, row.psm) == (None, None, None, None)
    assert row.pipeline


def test_a_second_reading_of_a_letter_takes_its_pages_from_the_cache(house: House, tmp_path: Path) -> None:
    path = save(page("Cerere privind iluminatul public din strada noastră", dpi=150), tmp_path / "a.png", dpi=150)
    first = pages_of(house, path)
    entries = sorted(house.work_folder(PAGE_CACHE).iterdir())
    run = PlainRunner(house)
    again = run.compute(read_part, first[0].part_id)
    assert len(entries) == 1
    assert sorted(house.work_folder(PAGE_CACHE).iterdir()) == entries
    assert again["words"] == {"1": first[0].words_sha256}
    assert again["pictures"] == {"page-0001.jpg": first[0].image_sha256}
