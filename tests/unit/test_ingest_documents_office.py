import zipfile
from pathlib import Path

import pytest

from ingest.documents.office import read_office
from ingest.documents.text import read_html, read_text
from ingest.errors import DocumentDamaged, DocumentEmpty, DocumentTooBig

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(path: Path, body: str, **parts: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}", content)
    return path


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_word_file_gives_its_paragraphs_and_its_letterhead(tmp_path: Path) -> None:
    header = f"<w:hdr {W}>{paragraph('Asociația de proprietari nr. 7')}</w:hdr>"
    path = docx(tmp_path / "a", paragraph("Domnule primar,") + paragraph("vă solicităm şi"), **{"header1.xml": header})
    assert read_office(path, "docx").text == "Asociația de proprietari nr. 7\n\nDomnule primar,\nvă solicităm și"


def test_deleted_text_of_tracked_changes_is_not_what_the_sender_wrote(tmp_path: Path) -> None:
    body = "<w:p><w:del><w:r><w:delText>vechi</w:delText></w:r></w:del><w:r><w:t>nou</w:t></w:r></w:p>"
    assert read_office(docx(tmp_path / "a", body), "docx").text == "nou"


def test_an_odt_file_gives_its_paragraphs(tmp_path: Path) -> None:
    content = (
        '<d xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><text:h>Cerere</text:h>'
        "<text:p>Subsemnatul <text:span>Pop</text:span> Ion<text:line-break/>din Mediaș</text:p></d>"
    )
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("content.xml", content)
    assert read_office(tmp_path / "a", "odt").text == "Cerere\nSubsemnatul Pop Ion\ndin Mediaș"


def test_a_word_file_with_only_a_scan_inside_asks_for_a_person(tmp_path: Path) -> None:
    page = read_office(docx(tmp_path / "a", "<w:p/>", **{"media/image1.png": "x"}), "docx")
    assert (page.source, page.needs_human, page.reason) == ("unreadable", True, "pictures-not-read")


def test_entities_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("word/document.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(DocumentDamaged):
        read_office(tmp_path / "a", "docx")


def test_an_unpacking_bomb_is_refused_by_counting_its_bytes(tmp_path: Path) -> None:
    path = docx(tmp_path / "a", "<w:p/>" + " " * 40_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(DocumentTooBig):
        read_office(path, "docx")


def test_deep_nesting_does_not_overflow(tmp_path: Path) -> None:
    depth = 20_000
    body = "<w:p>" * depth + "<w:r><w:t>adânc</w:t></w:r>" + "</w:p>" * depth
    assert read_office(docx(tmp_path / "a", body), "docx").text == "adânc"


def test_an_empty_word_file_is_empty(tmp_path: Path) -> None:
    with pytest.raises(DocumentEmpty):
        read_office(docx(tmp_path / "a", "<w:p/>"), "docx")


def test_text_in_the_encoding_of_old_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Vă rog să îmi răspundeţi în scris şi la timp, că este urgent.".encode("cp1250"))
    page = read_text(path)
    assert page.text == "Vă rog să îmi răspundeți în scris și la timp, că este urgent."
    assert (page.source, page.language, page.needs_human) == ("plain", "ron", False)


def test_html_is_read_without_its_scripts(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><style>p{}</style><script>alert(1)</script><p>Bună ziua</p><p>Cu stimă</p>")
    assert read_html(path).text == "Bună ziua\n\nCu stimă"
