from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest.documents.sniff import sniff, sniff_head
from tests.support.office_files import ole, zipped


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
        (b"\x30\x83\x01\x0a\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", "signed"),
        (b"\x30\x83 no wrapper\x00", "unknown"),
        (b"-----BEGIN PKCS7-----\nMIIB", "signed"),
        (b"MIIJ" + b"A" * 60 + b"\r\n" + b"B" * 64 + b"\r\n", "signed"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (b"Rar!\x1a\x07\x01\x00", "rar"),
        (b"\x1f\x8b\x08\x00", "gz"),
        (b"\xffWPC\x10\x00", "wpd"),
        (b"text din DOS\r\n\x1a", "text"),
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


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"word/document.xml": "<x/>"}, "docx"),
        ({"word/document2.xml": "<x/>"}, "docx"),
        ({"xl/workbook.xml": "<x/>"}, "xlsx"),
        ({"xl/workbook.bin": "x"}, "xlsx"),
        ({"ppt/presentation.xml": "<x/>"}, "pptx"),
        ({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}, "odt"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}, "ods"),
        ({"mimetype": "application/vnd.oasis.opendocument.presentation", "content.xml": "<x/>"}, "odp"),
        ({"mimetype": "application/epub+zip", "content.xml": "<x/>"}, "zip"),
        ({"poza.txt": "x"}, "zip"),
        ({}, "zip"),
    ],
)
def test_office_files_are_told_from_other_archives(tmp_path: Path, members: dict[str, str], kind: str) -> None:
    assert sniff(zipped(tmp_path / "scrisoare.txt", members)) == kind


@pytest.mark.parametrize(
    ("streams", "inside", "kind"),
    [
        (["WordDocument", "1Table"], "", "doc"),
        (["WordDocument"], "Workbook", "doc"),
        (["Workbook"], "WordDocument", "xls"),
        (["Book"], "", "xls"),
        (["PowerPoint Document", "Current User"], "", "ppt"),
        (["__properties_version1.0"], "WordDocument", "msg"),
        (["EncryptedPackage", "EncryptionInfo"], "", "ole"),
        (["Contents"], "", "ole"),
    ],
)
def test_old_office_files_are_told_by_what_stands_at_their_top(
    tmp_path: Path, streams: list[str], inside: str, kind: str
) -> None:
    path = ole(tmp_path / "a.pdf", dict.fromkeys(streams, b"x"), inside=inside)
    assert sniff(path) == kind


@given(st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_mutated_container_still_has_a_kind(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(ole(tmp_path / "a", {"WordDocument": b"x", "1Table": b"y"}, inside="Workbook").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(8, 1535))
        raw[place] = data.draw(st.integers(0, 255))
    (tmp_path / "b").write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    assert sniff(tmp_path / "b")


def test_a_directory_that_leads_in_a_circle_has_an_end(tmp_path: Path) -> None:
    path = ole(tmp_path / "a", {"WordDocument": b"x"})
    raw = bytearray(path.read_bytes())
    raw[512 + 4 : 512 + 8] = (1).to_bytes(4, "little")  # the directory's sector comes after itself
    path.write_bytes(raw)
    assert sniff(path) == "doc"


def test_an_archive_of_a_million_names_is_not_listed_only_to_tell_its_kind(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a", {f"{n}.txt": "" for n in range(25_000)} | {"word/document.xml": "<x/>"})
    assert sniff(path) == "zip"


def test_a_broken_archive_is_still_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "rupt.docx"
    path.write_bytes(b"PK\x03\x04" + bytes(50))
    assert sniff(path) == "zip"


@given(st.binary(max_size=300))
def test_any_bytes_have_a_kind(head: bytes) -> None:
    assert sniff_head(head)
