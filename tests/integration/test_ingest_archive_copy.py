"""The archive copy: a searchable PDF/A with the picture of every page and its words where they stand."""

import json
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from ingest.archive_copy import ArchivePage, make, make_archive_copy
from ingest.errors import ChildError
from tests.support.factories import AT
from tests.support.scans import DPI, LINES, drawn_page

TEXT = "\n".join(LINES)


@pytest.fixture
def page(tmp_path: Path) -> ArchivePage:
    """A page as it is kept: picture, words with boxes, text."""
    picture, words = drawn_page()
    picture.save(tmp_path / "page.jpg", quality=75)
    (tmp_path / "words.json").write_text(json.dumps(words), encoding="utf-8")
    return ArchivePage(str(tmp_path / "page.jpg"), str(tmp_path / "words.json"), "", 1, TEXT, DPI)


def copied(folder: Path, *pages: ArchivePage, title: str = "Scrisoarea 12/2026") -> Path:
    output = folder / "copy.pdf"
    make(
        {
            "output": str(output),
            "title": title,
            "made_at": AT.isoformat(),
            "pages": [asdict(page) for page in pages],
        }
    )
    return output


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_it_says_that_it_is_pdf_a_and_holds_what_that_asks_for(tmp_path: Path, page: ArchivePage) -> None:
    with pikepdf.open(copied(tmp_path, page, title="Scrisoarea <12> & alta")) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata.pdfa_status == "2B"
            assert metadata["dc:title"] == "Scrisoarea <12> & alta"
            assert metadata["xmp:CreateDate"] == AT.isoformat()
        assert not pdf.is_encrypted
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.N == 3
        assert pdf.Root.Lang == "ro"
        fonts = [font for one in pdf.pages for font in one.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in font.DescendantFonts[0].FontDescriptor and "/ToUnicode" in font for font in fonts)


def test_a_search_finds_every_word_in_order_with_its_diacritics(tmp_path: Path, page: ArchivePage) -> None:
    assert run("pdftotext", str(copied(tmp_path, page)), "-").split() == TEXT.split()


def test_words_stand_within_a_few_points_of_where_they_were_read(tmp_path: Path, page: ArchivePage) -> None:
    found = re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]+)</word>',
        run("pdftotext", "-bbox", str(copied(tmp_path, page)), "-"),
    )
    read = json.loads(Path(page.words).read_bytes())
    assert len(found) == len(read)
    for (left, top, right, bottom, text), (word, x, y, width, height, _confidence) in zip(found, read, strict=True):
        assert text == word
        wanted = [value * 72 / DPI for value in (x, x + width, y, y + height)]
        assert np.abs(np.array([float(left), float(right)]) - wanted[:2]).max() < 2
        assert float(top) < wanted[2] + 2
        assert float(bottom) > wanted[3] - 4


def test_the_page_looks_as_it_was_scanned(tmp_path: Path, page: ArchivePage) -> None:
    run("pdftoppm", "-r", str(DPI), "-gray", str(copied(tmp_path, page)), str(tmp_path / "drawn"))
    with Image.open(next(tmp_path.glob("drawn*.pgm"))) as drawn, Image.open(page.picture) as kept:
        assert drawn.size == kept.size
        difference = np.abs(np.asarray(drawn, np.int16) - np.asarray(kept, np.int16))
        assert difference.mean() < 0.5  # the edges of letters, where a pixel of the one lies between two of the other


def test_the_same_pages_give_the_same_bytes(tmp_path: Path, page: ArchivePage) -> None:
    first = copied(tmp_path, page).read_bytes()
    assert copied(tmp_path, page).read_bytes() == first


def test_a_page_scanned_in_black_and_white_stays_so_and_small(tmp_path: Path, page: ArchivePage) -> None:
    picture, _words = drawn_page()
    picture.convert("1").save(tmp_path / "scan.tif", compression="group4")
    pdf_of_fax = tmp_path / "scan.pdf"
    picture.convert("1").save(pdf_of_fax)
    for source in (tmp_path / "scan.tif", pdf_of_fax):
        fax = ArchivePage(**{**asdict(page), "source": str(source)})
        with pikepdf.open(copied(tmp_path, fax)) as pdf:
            (image,) = pdf.pages[0].get_images().values()
            assert (image.Filter, image.BitsPerComponent) == ("/CCITTFaxDecode", 1)
            assert len(image.read_raw_bytes()) < 8_000


def test_the_kept_jpeg_is_embedded_as_it_is(tmp_path: Path, page: ArchivePage) -> None:
    with pikepdf.open(copied(tmp_path, page)) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        assert image.read_raw_bytes() == Path(page.picture).read_bytes()


def test_pages_without_a_picture_are_not_left_out(tmp_path: Path, page: ArchivePage) -> None:
    missing = ArchivePage("", "", "", 2, "", None, "Pagina 2 nu a putut fi citită.")
    output = copied(tmp_path, page, missing, page)
    with pikepdf.open(output) as pdf:
        assert len(pdf.pages) == 3
    assert "Pagina 2 nu a putut fi citită." in run("pdftotext", "-f", "2", "-l", "2", str(output), "-")


def test_characters_that_the_font_lacks_do_not_spoil_the_file(tmp_path: Path, page: ArchivePage) -> None:
    odd = ArchivePage(**{**asdict(page), "text": "apă \u4e2d\U00020000\x07 curge"})
    assert run("pdftotext", str(copied(tmp_path, odd)), "-").split() == ["apă", "curge"]


def test_it_is_made_in_a_limited_child_and_bad_input_is_an_error_of_it(tmp_path: Path, page: ArchivePage) -> None:
    make_archive_copy([page], tmp_path / "child.pdf", title="Scrisoarea 12/2026", made_at=AT)
    assert (tmp_path / "child.pdf").read_bytes() == copied(tmp_path, page).read_bytes()
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    bad = ArchivePage(**{**asdict(page), "picture": str(tmp_path / "bad.jpg")})
    with pytest.raises(ChildError):
        make_archive_copy([bad], tmp_path / "bad.pdf", title="", made_at=AT)


def test_a_bad_original_only_means_a_grey_copy(tmp_path: Path, page: ArchivePage) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    output = copied(tmp_path, ArchivePage(**{**asdict(page), "source": str(tmp_path / "broken.pdf")}))
    with pikepdf.open(output) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        assert image.Filter == "/DCTDecode"
