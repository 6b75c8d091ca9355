"""Whether a scanner's file is complete, and that no file breaks the question."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest.scan_ends import has_its_end
from ingest.scan_folders import Meant, meant_by
from ingest.tiff_layout import is_whole_tiff

PICTURE = np.random.default_rng(3).integers(0, 255, (60, 40), np.uint8)


def saved(kind: str, **how: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, kind, **how)
    return buffer.getvalue()


TIFFS = {
    "lzw": saved("TIFF", compression="tiff_lzw"),
    "raw": saved("TIFF"),
    "big": saved("TIFF", big_tiff=True),
    "two pages": saved("TIFF", save_all=True, append_images=[Image.fromarray(PICTURE)]),
}
FILES = {"a.pdf": saved("PDF"), "a.png": saved("PNG"), "a.jpg": saved("JPEG"), **TIFFS}


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_has_its_end_and_a_cut_one_has_not(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole = FILES[name]
    path.write_bytes(whole)
    assert has_its_end(path)
    for length in range(0, len(whole.rstrip(b"\0")) - 8, max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        assert not has_its_end(path) or length < 8, length  # a few bytes are of no kind


def test_a_pdf_that_something_was_written_before_has_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"printed by a scanner\n" + FILES["a.pdf"])
    assert has_its_end(path)


def test_big_endian_tiffs_are_read_too() -> None:
    entries = b"".join(
        tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + (1).to_bytes(4, "big") + value.to_bytes(4, "big")
        for tag, kind, value in ((273, 4, 8), (279, 4, 100))
    )
    head = b"MM\x00*" + (108).to_bytes(4, "big")
    whole = head + b"\x55" * 100 + (2).to_bytes(2, "big") + entries + bytes(4)
    assert is_whole_tiff(io.BytesIO(whole), len(whole))
    assert not is_whole_tiff(io.BytesIO(whole[:-40]), len(whole) - 40)


def test_directories_in_a_circle_come_to_an_end() -> None:
    whole = b"II*\x00\x08\x00\x00\x00" + b"\x00\x00" + b"\x08\x00\x00\x00"
    assert is_whole_tiff(io.BytesIO(whole), len(whole))


@given(st.binary(max_size=400), st.sampled_from([b"II*\x00", b"MM\x00*", b"II+\x00"]))
def test_no_bytes_break_the_look_at_a_tiff(content: bytes, magic: bytes) -> None:
    whole = magic + content
    assert is_whole_tiff(io.BytesIO(whole), len(whole)) in (True, False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(FILES)), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_no_spoiled_file_breaks_the_question(tmp_path: Path, name: str, at: int, spoil: bytes) -> None:
    content = bytearray(FILES[name])
    at %= len(content)
    content[at : at + len(spoil)] = spoil
    path = tmp_path / "spoiled"
    path.write_bytes(content)
    assert has_its_end(path) in (True, False)


DEPARTMENTS = {"directia-tehnica": "Direcția Tehnică", "politia-locala": "Poliția Locală"}


@pytest.mark.parametrize(
    ("folders", "meant"),
    [
        ((), Meant("post", "")),
        (("Fax",), Meant("fax", "")),
        (("ghișeu",), Meant("counter", "")),
        (("POȘTĂ",), Meant("post", "")),
        (("directia-tehnica",), Meant("post", "directia-tehnica")),
        (("Direcţia Tehnică", "fax"), Meant("fax", "directia-tehnica")),
        (("Poliția locală",), Meant("post", "politia-locala")),
        (("2026", "noiembrie"), Meant("post", "")),
    ],
)
def test_folders_say_the_way_or_the_department(folders: tuple[str, ...], meant: Meant) -> None:
    assert meant_by(folders, DEPARTMENTS) == meant
