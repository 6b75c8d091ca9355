"""The two engines behind one interface, pages read at the same time, and pages remembered."""

import importlib.util
import os
import re
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ingest import child_template
from ingest.child import Limits
from ingest.documents import Means, read_document
from ingest.engines import by_library
from ingest.errors import EngineMissing, LanguageDataMissing
from ingest.reading import DocumentReading
from tests.support.children import template_of
from tests.support.ingest_pages import HUNGARIAN, LETTER, error_rate, page, pdf_of, save, skewed

needs_tesserocr = pytest.mark.skipif(
    importlib.util.find_spec("tesserocr") is None, reason="the optional package tesserocr is not installed"
)
BOTH = pytest.mark.parametrize("engine", ["pytesseract", pytest.param("tesserocr", marks=needs_tesserocr)])


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@BOTH
def test_a_scan_is_read_with_words_in_their_places_and_figures(tmp_path: Path, engine: str) -> None:
    """Crooked, at 300 dpi: what is kept has other pixels than what was recognised of it, and than what came in."""
    path = save(skewed(page(), 2.0), tmp_path / "scan.png")
    (found,) = read_document(path, image_folder=tmp_path / "images", means=Means(engine=engine)).pages
    assert error_rate(LETTER, found.text) < 0.02
    assert found.pipeline.split()[1] == engine
    assert (found.psm, found.codes) == (3, ())
    assert found.mean_confidence is not None
    assert found.p10_confidence is not None
    assert found.p10_confidence < found.mean_confidence
    with Image.open(tmp_path / "images" / str(found.image_name)) as picture:
        assert (found.width, found.height) == picture.size
        assert all(word.left + word.width <= picture.width for word in found.words)
        # There is ink in the box of every longer word, and none in a box of its size left of the first line.
        grey = picture.convert("L")
        boxes = [(w.left, w.top, w.left + w.width, w.top + w.height) for w in found.words if len(w.text) > 3]
        assert all(grey.crop(box).getextrema()[0] < 128 for box in boxes)
        assert grey.crop((0, 0, picture.width // 20, picture.height)).getextrema()[0] > 128


@needs_tesserocr
def test_both_engines_read_nearly_the_same_words(tmp_path: Path) -> None:
    path = save(page(LETTER + "\n\n" + HUNGARIAN, size=10), tmp_path / "scan.png")
    one, other = (
        read_document(path, image_folder=tmp_path / engine, means=Means(engine=engine)).pages[0]
        for engine in ("pytesseract", "tesserocr")
    )
    assert error_rate(" ".join(words(one.text)), " ".join(words(other.text))) < 0.02
    assert (one.language, other.language) == ("ron+hun+deu", "ron+hun+deu")


@needs_tesserocr
def test_the_limits_hold_for_the_library_too(tmp_path: Path) -> None:
    dense = Image.new("L", (1654, 2339), 255)
    dense.paste(Image.fromarray(page((LETTER + "\n") * 4, size=5, dpi=200)))
    dense.save(tmp_path / "scan.png", dpi=(200, 200))
    limits = replace(Limits(), page_cpu_seconds=1)
    means = Means(engine="tesserocr")
    reading = read_document(tmp_path / "scan.png", image_folder=tmp_path / "images", limits=limits, means=means)
    assert (reading.failure, [one.reason for one in reading.pages]) == ("timeout", ["page-timeout"])


def test_without_its_package_the_operator_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tesserocr", None)
    with pytest.raises(EngineMissing, match="tesserocr"):
        by_library.installed_languages()
    assert "pytesseract" in EngineMissing().sentence()


@needs_tesserocr
def test_without_romanian_data_the_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(LanguageDataMissing):
        by_library.loaded("ron+no-such-language")


def numbered_scan(tmp_path: Path, pages: int) -> Path:
    sheets = [
        Image.fromarray(page(f"Pagina {number} din scanare\n\nAnexă la petiția noastră", dpi=150))
        for number in range(1, pages + 1)
    ]
    path = tmp_path / "scan.pdf"
    sheets[0].save(path, save_all=True, append_images=sheets[1:], resolution=150)
    return path


def spied_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """A tesseract that does something first."""
    spy = tmp_path / "bin" / "tesseract"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\n{before}\nPATH=/usr/bin:/usr/local/bin exec tesseract "$@"\n')
    spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")


def test_the_pages_of_a_scan_are_read_at_the_same_time_and_stand_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spy lets each page wait until a second one has begun, so one worker alone would never come to an end."""
    (tmp_path / "begun").mkdir()
    wait = (
        f'case "$*" in *pgm*) touch {tmp_path}/begun/$$; n=0; '
        f"while [ $(ls {tmp_path}/begun | wc -l) -lt 2 ] && [ $n -lt 300 ]; do sleep 0.05; n=$((n+1)); done; "
        f"[ $n -lt 300 ] || exit 3;; esac"
    )
    spied_tesseract(tmp_path, monkeypatch, wait)
    reading = read_document(numbered_scan(tmp_path, 4), image_folder=tmp_path / "images", means=Means(workers=2))
    assert [one.text.splitlines()[0] for one in reading.pages] == [f"Pagina {n} din scanare" for n in range(1, 5)]
    assert [one.number for one in reading.pages] == [1, 2, 3, 4]


@BOTH
def test_a_second_reading_recognises_nothing_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    means = Means(engine=engine, cache=tmp_path / "cache")
    path = numbered_scan(tmp_path, 2)
    first = read_document(path, image_folder=tmp_path / "first", means=means)
    # From now on the program is not there, and the library finds no data.
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    child_template._forget("read_document", template_of("read_document"))
    child_template._forget("read_page_in_process", template_of("read_page_in_process"))
    try:
        second = read_document(path, image_folder=tmp_path / "second", means=means)
    finally:
        child_template._forget("read_document", template_of("read_document"))
        child_template._forget("read_page_in_process", template_of("read_page_in_process"))
    assert second == first
    assert (tmp_path / "second" / "page-0002.jpg").read_bytes() == (tmp_path / "first" / "page-0002.jpg").read_bytes()


def test_a_page_killed_at_its_work_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second call of Tesseract kills the process that made it."""
    counter = tmp_path / "calls"
    kill = f'case "$*" in *pgm*) echo x >> {counter}; [ $(wc -l < {counter}) -ne 2 ] || kill -9 $PPID;; esac'
    spied_tesseract(tmp_path, monkeypatch, kill)
    reading = read_document(numbered_scan(tmp_path, 4), image_folder=tmp_path / "images", means=Means(workers=1))
    assert (reading.failure, [one.reason for one in reading.pages]) == ("", ["", "page-crashed", "", ""])


def test_digital_pages_are_all_drawn_and_measured(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of([b"BT /F1 12 Tf 72 720 Td (Cerere de urbanism nr. %d) Tj ET" % n for n in range(1, 21)]))
    reading: DocumentReading = read_document(path, image_folder=tmp_path / "images")
    assert [one.text for one in reading.pages] == [f"Cerere de urbanism nr. {n}" for n in range(1, 21)]
    assert {(one.width, one.height, one.reason) for one in reading.pages} == {(992, 1404, "")}
    assert len(list((tmp_path / "images").iterdir())) == 20
