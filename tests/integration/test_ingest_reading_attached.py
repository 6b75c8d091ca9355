"""Attached office files through the limited child: tables, RTF, archives, signed and old documents, pasted scans."""

import io
import random
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from PIL import Image

from ingest import libreoffice
from ingest.child import Limits
from ingest.documents import read_document
from ingest.reading import DocumentReading
from tests.support.ingest_pages import LETTER, encrypted_pdf, error_rate, line_of_text, page, pdf_of
from tests.support.office_files import (
    by_libreoffice,
    docx,
    ods,
    ods_cell,
    odt,
    ole,
    paragraph,
    text_cell,
    xlsx,
    zipped,
)

needs_libreoffice = pytest.mark.skipif(not libreoffice.is_installed(), reason="LibreOffice is not installed")
LETTER_HEAD = "Domnule primar,\n\nvă rog să îmi răspundeți în scris. Ștefania Țepeș\n"


def read(path: Path, limits: Limits = Limits()) -> DocumentReading:
    return read_document(path, image_folder=path.parent / "images", limits=limits)


def rows(*lines: str) -> str:
    return "".join(f"<row>{line}</row>" for line in lines)


def test_a_workbook_gives_a_page_for_each_sheet_that_holds_something(tmp_path: Path) -> None:
    head = text_cell("A1", "Nume") + text_cell("B1", "Data") + text_cell("D1", "Suma")
    line = text_cell("A2", "Țepeș") + '<c r="B2" s="1"><v>46351</v></c><c r="C2" s="2"><v>0.6</v></c>'
    line += '<c r="D2"><v>1234.5</v></c><c r="E2" t="b"><v>1</v></c><c r="F2"><v>5980101320015</v></c>'
    sheets = {"Semnături": rows(head, line), "Goală": "", "Ascunsă": rows(text_cell("A1", "secret"))}
    reading = read(xlsx(tmp_path / "lista.pdf", sheets, hidden=["Ascunsă"]))
    assert (reading.kind, reading.failure, reading.page_count) == ("xlsx", "", 2)
    first, hidden = reading.pages
    assert first.text.split("\n") == [
        "[foaie: Semnături]",
        "Nume | Data | | Suma",
        "Țepeș | 25.11.2026 | 14:24 | 1234,5 | ADEVĂRAT | 5980101320015",
    ]
    assert (first.source, first.needs_human, first.number) == ("sheet", False, 1)
    assert hidden.text == "[foaie ascunsă: Ascunsă]\nsecret"
    assert (hidden.needs_human, hidden.reason, hidden.number) == (True, "hidden-sheet", 2)


def test_an_opendocument_table_is_read(tmp_path: Path) -> None:
    cells = ods_cell("a", 2) + ods_cell("ș")
    table = f'<table:table table:name="T"><table:table-row>{cells}</table:table-row></table:table>'
    (found,) = read(ods(tmp_path / "a", table)).pages
    assert found.text == "[foaie: T]\na | a | ș"


def test_a_workbook_of_empty_sheets_is_empty(tmp_path: Path) -> None:
    reading = read(xlsx(tmp_path / "a", {"Foaie1": "", "Foaie2": ""}))
    assert (reading.failure, reading.pages) == ("empty", ())


def test_sheets_beyond_the_page_limit_are_on_record(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a", {f"F{number}": rows(text_cell("A1", "x")) for number in range(5)})
    reading = read(path, Limits(pages=3))
    assert (reading.failure, reading.page_count) == ("too-big", 5)
    assert [one.reason for one in reading.pages] == ["", "", "", "beyond-page-limit", "beyond-page-limit"]


def _xlsx(path: Path, rows_: str, **members: str) -> Path:
    return xlsx(path, {"F": rows_}, **members)


def _laughs(path: Path) -> Path:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><worksheet><sheetData><row><c t="str"><v>&l9;</v></c></row>'
    return _xlsx(path, "", **{"xl/worksheets/sheet1.xml": document + "</sheetData></worksheet>"})


def _odf_encrypted(path: Path) -> Path:
    return ods(path, "", manifest="<m:file-entry><m:encryption-data/></m:file-entry>")


def _cut(path: Path) -> Path:
    whole = _xlsx(path, rows(text_cell("A1", "x")))
    path.write_bytes(whole.read_bytes()[:-200])
    return path


STRAY = rows('<c r="A1"><v>1</v></c>') + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
REPEATED = (
    '<table:table table:name="T"><table:table-row table:number-rows-repeated="1000000">{}</table:table-row>'
    "</table:table>"
)


@pytest.mark.parametrize(
    ("make", "failures"),
    [
        (lambda path: _xlsx(path, STRAY), {"too-big"}),
        (lambda path: _xlsx(path, rows('<c r="A1"><v>1</v></c><c r="ZZZZZZZ1"><v>1</v></c>')), {"too-big"}),
        (lambda path: _xlsx(path, rows("<c><v>1</v></c>") + " " * 140_000_000), {"too-big"}),
        (_laughs, {"damaged", "empty", ""}),
        (_cut, {"damaged"}),
        (lambda path: ods(path, REPEATED.format(ods_cell("x", 16_000))), {"too-big"}),
        (_odf_encrypted, {"encrypted"}),
        (lambda path: zipped(path, {"xl/workbook.xml": "<x/>"}), {"damaged", "empty"}),
        (lambda path: zipped(path, {"xl/workbook.xml": b"\xff" * 100, "xl/_rels/workbook.xml.rels": "<"}), {"damaged"}),
        (lambda path: ole(path, {"Workbook": b"\x09\x08\x10\x00" + bytes(range(256)) * 8}), {"damaged", "empty"}),
        (lambda path: ole(path, {"EncryptedPackage": b"x", "EncryptionInfo": b"y"}), {"encrypted"}),
        (lambda path: ole(path, {"WordDocument": bytes(10) + b"\x00\x01" + bytes(50)}), {"encrypted"}),
        (lambda path: ole(path, {"PowerPoint Document": b"x", "EncryptedSummary": b"y"}), {"encrypted"}),
        (lambda path: ole(path, {"__properties_version1.0": b"x"}), {"mail-file"}),
        (lambda path: ole(path, {"Contents": b"x"}), {"unsupported"}),
    ],
)
def test_what_is_damaged_locked_or_made_to_explode_says_so(tmp_path: Path, make: object, failures: set[str]) -> None:
    assert callable(make)
    reading = read(make(tmp_path / "a.pdf"))
    assert reading.failure in failures
    assert sum(len(one.text) for one in reading.pages) < 10_000


def test_a_million_columns_are_cut_and_marked(tmp_path: Path) -> None:
    path = ods(tmp_path / "a", REPEATED.format(ods_cell("x", 10_000)).replace("1000000", "1"))
    (found,) = read(path).pages
    assert (found.reason, found.needs_human) == ("text-cut", True)


def test_a_table_in_text_form_named_as_a_workbook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lista.xls"
    path.write_text("Nume;Suma\nPop;1\nIonescu;2\n")
    reading = read(path)
    assert (reading.kind, reading.pages[0].text) == ("csv", "Nume | Suma\nPop | 1\nIonescu | 2")


def test_an_archive_is_listed_and_left_to_a_person(tmp_path: Path) -> None:
    reading = read(zipped(tmp_path / "acte.docx", {"acte/cerere.pdf": b"x" * 2048, "altele.zip": b"PK"}))
    assert (reading.kind, reading.failure, reading.page_count) == ("zip", "archive", 1)
    assert reading.pages[0].text == "acte/cerere.pdf (2,0 KB)\naltele.zip (2 B)"


def _scan(folder: Path) -> bytes:
    sheet = io.BytesIO()
    Image.fromarray(page(dpi=200)).save(sheet, "PNG", dpi=(200, 200))
    return sheet.getvalue()


def test_a_scan_pasted_into_word_is_read_as_a_page_after_the_text(tmp_path: Path) -> None:
    path = docx(tmp_path / "a", paragraph("Alăturat cererea."), **{"media/image1.png": _scan(tmp_path)})
    reading = read(path)
    first, scan = reading.pages
    assert (reading.page_count, first.text, first.reason) == (2, "Alăturat cererea.", "")
    assert (scan.number, scan.source, scan.reason, scan.image_name) == (2, "ocr", "picture-inside", "page-0002.jpg")
    assert error_rate(LETTER, scan.text) < 0.03
    assert (tmp_path / "images" / "page-0002.jpg").exists()


def test_a_word_file_that_is_only_a_scan_is_that_scan(tmp_path: Path) -> None:
    (scan,) = read(docx(tmp_path / "a", "<w:p/>", **{"media/image1.png": _scan(tmp_path)})).pages
    assert (scan.number, scan.source) == (1, "ocr")


def test_a_scan_in_an_rtf_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    picture = _scan(tmp_path).hex().encode()
    path.write_bytes(b"{\\rtf1\\ansi Cerere\\par{\\pict\\picw1654\\pich2339\\pngblip\n" + picture + b"}}")
    reading = read(path)
    assert [(one.number, one.source, one.reason) for one in reading.pages] == [
        (1, "plain", ""),
        (2, "ocr", "picture-inside"),
    ]


def _signed(content: bytes, *, pem: bool = False) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ionescu Ștefania")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=900))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    form = serialization.Encoding.PEM if pem else serialization.Encoding.DER
    return builder.sign(form, [pkcs7.PKCS7Options.Binary])


def test_a_signed_document_is_read_whatever_its_size_form_and_layers(tmp_path: Path) -> None:
    small = pdf_of([line_of_text(b"Cerere pentru certificat de urbanism nr. 12")])
    large = small + b"%" + b"x" * 70_000 + b"\n%%EOF"
    for number, wrapped in enumerate(
        [_signed(small), _signed(large), _signed(small, pem=True), _signed(_signed(small))]
    ):
        path = tmp_path / f"{number}.p7m"
        path.write_bytes(wrapped)
        reading = read(path)
        assert (reading.kind, reading.failure) == ("signed", "")
        assert reading.pages[0].text == "Cerere pentru certificat de urbanism nr. 12"


@pytest.mark.parametrize(
    ("content", "failure"), [(encrypted_pdf(b"secret"), "encrypted"), (b"\x00\x01\x02", "unsupported"), (b"", "empty")]
)
def test_what_is_wrong_inside_a_signature_is_said(tmp_path: Path, content: bytes, failure: str) -> None:
    path = tmp_path / "a.p7m"
    path.write_bytes(_signed(content))
    assert read(path).failure == failure


def test_an_old_word_file_without_libreoffice_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "programs"
    here.mkdir()
    (here / "python3").symlink_to(Path(shutil.which("python3") or "/usr/bin/python3"))
    monkeypatch.setenv("PATH", str(here))
    reading = read(ole(tmp_path / "a.doc", {"WordDocument": b"x", "1Table": b"y"}))
    assert (reading.kind, reading.failure) == ("doc", "needs-libreoffice")


@needs_libreoffice
def test_old_word_and_excel_files_are_read_by_libreoffice_and_by_us(tmp_path: Path) -> None:
    source = tmp_path / "scrisoare.txt"
    source.write_text(LETTER_HEAD)
    reading = read(by_libreoffice(source, "doc:MS Word 97", tmp_path))
    assert (reading.kind, reading.failure) == ("doc", "")
    assert reading.pages[0].text.split() == LETTER_HEAD.split()
    table = xlsx(
        tmp_path / "tabel.xlsx", {"Tabel": rows(text_cell("A1", "Țepeș") + '<c r="B1" s="1"><v>46351</v></c>')}
    )
    reading = read(by_libreoffice(table, "xls", tmp_path))
    assert (reading.kind, reading.pages[0].text) == ("xls", "[foaie: Tabel]\nȚepeș | 25.11.2026")


@needs_libreoffice
def test_an_old_word_file_that_is_damaged_says_so(tmp_path: Path) -> None:
    reading = read(ole(tmp_path / "a.doc", {"WordDocument": b"\xec\xa5\xc1\x00" + bytes(4000), "1Table": b"y"}))
    assert reading.kind == "doc"
    assert reading.failure in ("not-converted", "empty")


@needs_libreoffice
def test_what_libreoffice_is_started_with_leaves_it_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as here:
        connect = f"import socket; socket.create_connection(('127.0.0.1', {here.getsockname()[1]}), 5)"
        subprocess.run([sys.executable, "-c", connect], check=True)
        cut_off = subprocess.run([*libreoffice.without_network(), sys.executable, "-c", connect], capture_output=True)
    assert cut_off.returncode == 1
    assert b"unreachable" in cut_off.stderr.lower()


@needs_libreoffice
def test_a_converted_document_brings_nothing_of_other_files_and_runs_no_macro(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    secret, ran = tmp_path / "secret.txt", tmp_path / "ran"
    secret.write_text("parola secretă")
    source = f'<text:section-source xlink:href="{secret.as_uri()}" text:filter-name="Text"/><text:p>vechi</text:p>'
    listener = (
        '<office:event-listeners><script:event-listener script:language="ooo:script" script:event-name="dom:load" '
        'xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document"/>'
        "</office:event-listeners>"
    )
    macro = f'Sub Main\nOpen "{ran}" For Output As #1\nClose #1\nEnd Sub'
    document = odt(
        tmp_path / "a.odt",
        f'<text:p>Cerere</text:p><text:section text:name="S">{source}</text:section>',
        events=listener,
        **{
            "Basic/script-lc.xml": '<l:libraries xmlns:l="http://openoffice.org/2000/library">'
            '<l:library l:name="Standard" l:link="false"/></l:libraries>',
            "Basic/Standard/script-lb.xml": '<l:library xmlns:l="http://openoffice.org/2000/library" '
            'l:name="Standard"><l:element l:name="Module1"/></l:library>',
            "Basic/Standard/Module1.xml": '<s:module xmlns:s="http://openoffice.org/2000/script" s:name="Module1" '
            f's:language="StarBasic">{macro}</s:module>',
        },
    )
    (found,) = read(libreoffice.convert(document, "doc")).pages
    assert found.text.split() == ["Cerere", "vechi"]
    assert not ran.exists()


def test_files_damaged_at_random_never_crash_the_reader(tmp_path: Path) -> None:
    chance = random.Random(3)
    cells = rows(text_cell("A1", "Nume") + '<c r="B1"><v>1.5</v></c>')
    whole = [
        xlsx(tmp_path / "1", {"F": cells}),
        ods(tmp_path / "2", REPEATED.format(ods_cell("x")).replace("1000000", "2")),
        docx(tmp_path / "3", paragraph("Cerere")),
        zipped(tmp_path / "4", {"a.pdf": b"x" * 500}),
        ole(tmp_path / "5", {"Workbook": bytes(512)}),
    ]
    (tmp_path / "6").write_bytes(rb"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset238 Arial;}}\f0 Cerere \'e3\par}")
    (tmp_path / "7").write_bytes(_signed(b"{\\rtf1 Cerere}"))
    for path in [*whole, tmp_path / "6", tmp_path / "7"]:
        for _ in range(6):
            raw = bytearray(path.read_bytes())
            for _ in range(chance.choice([1, 5, 50])):
                raw[chance.randrange(8, len(raw))] = chance.randrange(256)
            (tmp_path / "x").write_bytes(raw[: chance.choice([len(raw), chance.randrange(8, len(raw))])])
            assert read(tmp_path / "x").failure not in ("crashed", "timeout", "document", "ingest")
