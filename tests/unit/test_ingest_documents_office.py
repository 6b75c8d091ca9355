import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from ingest.documents.office import read_office
from ingest.documents.text import read_html, read_text
from ingest.errors import DocumentDamaged, DocumentEmpty, DocumentEncrypted, DocumentTooBig
from ingest.reading import Page
from tests.support.office_files import WORD, docx, paragraph, zipped


def read(path: Path, kind: str, folder: Path | None = None) -> list[Page]:
    count, pages = read_office(path, kind, 200, folder or path.parent)
    found = list(pages)
    assert len(found) == count
    return found


def text(path: Path, kind: str) -> str:
    return read(path, kind)[0].text


def test_a_word_file_gives_its_paragraphs_and_its_letterhead(tmp_path: Path) -> None:
    header = f"<w:hdr {WORD}>{paragraph('Asociația de proprietari nr. 7')}</w:hdr>"
    path = docx(tmp_path / "a", paragraph("Domnule primar,") + paragraph("vă solicităm şi"), **{"header1.xml": header})
    assert text(path, "docx") == "Asociația de proprietari nr. 7\n\nDomnule primar,\nvă solicităm și"


def test_deleted_text_of_tracked_changes_is_not_what_the_sender_wrote(tmp_path: Path) -> None:
    body = "<w:p><w:del><w:r><w:delText>vechi</w:delText></w:r></w:del><w:r><w:t>nou</w:t></w:r></w:p>"
    assert text(docx(tmp_path / "a", body), "docx") == "nou"


def test_an_odt_file_gives_its_paragraphs(tmp_path: Path) -> None:
    content = (
        '<d xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><text:h>Cerere</text:h>'
        "<text:p>Subsemnatul <text:span>Pop</text:span> Ion<text:line-break/>din Mediaș</text:p></d>"
    )
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("content.xml", content)
    assert text(tmp_path / "a", "odt") == "Cerere\nSubsemnatul Pop Ion\ndin Mediaș"


def test_a_word_file_with_only_a_scan_inside_asks_for_a_person(tmp_path: Path) -> None:
    (page,) = read(docx(tmp_path / "a", "<w:p/>", **{"media/image1.png": "x"}), "docx")
    assert (page.source, page.needs_human, page.reason) == ("unreadable", True, "pictures-not-read")


def test_entities_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr("word/document.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(DocumentDamaged):
        read(tmp_path / "a", "docx")


def test_an_unpacking_bomb_is_refused_by_counting_its_bytes(tmp_path: Path) -> None:
    path = docx(tmp_path / "a", "<w:p/>" + " " * 40_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(DocumentTooBig):
        read(path, "docx")


def test_deep_nesting_does_not_overflow(tmp_path: Path) -> None:
    depth = 20_000
    body = "<w:p>" * depth + "<w:r><w:t>adânc</w:t></w:r>" + "</w:p>" * depth
    assert text(docx(tmp_path / "a", body), "docx") == "adânc"


def test_tables_text_boxes_notes_and_moved_text_are_read_once(tmp_path: Path) -> None:
    box = f"<w:txbxContent>{paragraph('caseta')}</w:txbxContent>"
    alternate = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    )
    body = (
        f"<w:tbl><w:tr><w:tc>{paragraph('Nume')}</w:tc><w:tc>{paragraph('Pop')}</w:tc></w:tr></w:tbl>"
        f"<w:p><w:r>{alternate}</w:r></w:p>"
        f"<w:p><w:moveFrom><w:r><w:t>mutat</w:t></w:r></w:moveFrom></w:p>"
        f"<w:p><w:moveTo><w:r><w:t>mutat</w:t></w:r></w:moveTo></w:p>"
        "<w:p><w:r><w:t>dându</w:t><w:noBreakHyphen/><w:t>mi</w:t></w:r></w:p>"
    )
    notes = {
        "footnotes.xml": f"<w:footnotes {WORD}>{paragraph('nota de subsol')}</w:footnotes>",
        "endnotes.xml": f"<w:endnotes {WORD}>{paragraph('nota de final')}</w:endnotes>",
        "footer2.xml": f"<w:ftr {WORD}>{paragraph('subsol')}</w:ftr>",
    }
    found = text(docx(tmp_path / "a", body, **notes), "docx").split("\n")
    assert [line for line in found if line] == [
        *("Nume", "Pop", "caseta", "mutat", "dându-mi", "nota de final", "nota de subsol", "subsol"),
    ]


def test_the_strict_form_of_word_files_and_another_name_of_the_body_are_read(tmp_path: Path) -> None:
    body = f'<d xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main">{paragraph("Cerere")}</d>'
    assert text(zipped(tmp_path / "a", {"word/document2.xml": body}), "docx") == "Cerere"


def test_an_odt_file_gives_its_letterhead_and_not_its_comments(tmp_path: Path) -> None:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "style", "text")
    )
    content = (
        f"<d {names}><text:p>Cerere<office:annotation><text:p>comentariu</text:p></office:annotation>!</text:p></d>"
    )
    styles = f"<d {names}><style:header><text:p>Asociația 7</text:p></style:header><text:p>stil</text:p></d>"
    path = zipped(tmp_path / "a", {"content.xml": content, "styles.xml": styles})
    assert text(path, "odt") == "Asociația 7\n\nCerere!"


def test_a_password_on_an_opendocument_file_is_told(tmp_path: Path) -> None:
    manifest = "<m><file-entry><encryption-data/></file-entry></m>"
    path = zipped(tmp_path / "a", {"META-INF/manifest.xml": manifest, "content.xml": b"\x80\x00scrambled"})
    with pytest.raises(DocumentEncrypted):
        read(path, "odt")


def test_a_word_file_cut_off_or_without_its_body_is_damaged(tmp_path: Path) -> None:
    whole = docx(tmp_path / "a", paragraph("Cerere")).read_bytes()
    (tmp_path / "b").write_bytes(whole[:-40])
    for path in (tmp_path / "b", docx(tmp_path / "c", "<w:p>")):
        with pytest.raises(DocumentDamaged):
            read(path, "docx")
    with pytest.raises(DocumentDamaged):
        read(zipped(tmp_path / "d", {"styles.xml": "<x/>"}), "odt")


def test_a_logo_in_the_letterhead_is_not_read_and_is_mentioned(tmp_path: Path) -> None:
    logo = io.BytesIO()
    Image.new("L", (300, 200), 255).save(logo, "PNG")
    (page,) = read(docx(tmp_path / "a", paragraph("Cerere"), **{"media/image1.png": logo.getvalue()}), "docx")
    assert (page.text, page.reason, page.needs_human) == ("Cerere", "pictures-not-read", True)


def test_an_empty_word_file_is_empty(tmp_path: Path) -> None:
    with pytest.raises(DocumentEmpty):
        read(docx(tmp_path / "a", "<w:p/>"), "docx")


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
