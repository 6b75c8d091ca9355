import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ingest.documents.sniff import sniff, sniff_head


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"junk from a mail gateway\n%PDF-1.4\n", "pdf"),
        (b"<!DOCTYPE html><html><body>Eroare 404</body></html>", "html"),
        (b"\xef\xbb\xbf<html>", "html"),
        ("Bună ziua, vă scriu în legătură cu taxa.".encode(), "text"),
        ("Bună ziua, şi".encode("cp1250"), "text"),
        (b"BMW-ul vecinului blocheaza aleea", "text"),
        (b"From: ana@example.org\r\nTo: primaria@example.org\r\nMessage-ID: <1@x>\r\n\r\nText", "eml"),
        (b"Catre: domnul primar\nDe la: un cetatean\n", "text"),
        (b"{\\rtf1\\ansi", "rtf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), "ole"),
        (b"\x00\x00\x00\x18ftypheic", "heic"),
        (b"\x30\x82\x0a\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", "signed"),
        (bytes(range(64)), "unknown"),
        (b"", "unknown"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, kind: str) -> None:
    assert sniff_head(head) == kind


@pytest.mark.parametrize(
    ("pillow", "kind"),
    [("JPEG", "jpeg"), ("PNG", "png"), ("TIFF", "tiff"), ("GIF", "gif"), ("WEBP", "webp"), ("BMP", "bmp")],
)
def test_every_image_kind_is_told_whatever_the_name(tmp_path: Path, pillow: str, kind: str) -> None:
    path = tmp_path / "scrisoare.pdf"
    Image.new("RGB", (20, 20)).save(path, pillow)
    assert sniff(path) == kind


def test_office_files_are_told_from_other_archives(tmp_path: Path) -> None:
    for name, members, kind in (
        ("a", {"word/document.xml": "<x/>"}, "docx"),
        ("b", {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}, "odt"),
        ("c", {"poza.txt": "x"}, "zip"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        assert sniff(tmp_path / name) == kind


def test_a_broken_archive_is_still_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "rupt.docx"
    path.write_bytes(b"PK\x03\x04" + bytes(50))
    assert sniff(path) == "zip"


@given(st.binary(max_size=300))
def test_any_bytes_have_a_kind(head: bytes) -> None:
    assert sniff_head(head)
