"""Office files made by hand, byte by byte where that is the point: tables, old containers, archives, their bombs."""

import shutil
import struct
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def zipped(path: Path, members: Mapping[str, str | bytes]) -> Path:
    """A ZIP with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def docx(path: Path, body: str, **parts: str | bytes) -> Path:
    """A Word file with this body; further parts by their names below "word/"."""
    document = f"<w:document {WORD}><w:body>{body}</w:body></w:document>"
    return zipped(path, {"word/document.xml": document} | {f"word/{name}": content for name, content in parts.items()})


def paragraph(text: str) -> str:
    """A paragraph of a Word file."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def text_cell(reference: str, text: str) -> str:
    """A cell of an XLSX with its text in place."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def xlsx(path: Path, sheets: Mapping[str, str], *, hidden: Sequence[str] = (), **members: str) -> Path:
    """An XLSX whose sheets have these rows (XML of `sheetData`). Style 1 is a date, style 2 a time of day."""
    numbered = list(enumerate(sheets.items(), 1))
    state = dict.fromkeys(hidden, ' state="hidden"')
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"{state.get(name, "")}/>'
        for number, (name, _rows) in numbered
    )
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number, _ in numbered
    )
    style = f'<Relationship Id="rId0" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = {"workbook": f"{kind}.sheet.main", "styles": f"{kind}.styles"}
    types |= {f"worksheets/sheet{number}": f"{kind}.worksheet" for number, _ in numbered}
    overrides = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{name}+xml"/>' for part, name in types.items()
    )
    relations = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    contents = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{relations}{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{style}{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_SHEET}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="20"/></cellXfs></styleSheet>',
    }
    for number, (_name, rows) in numbered:
        contents[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return zipped(path, contents | members)


def ods(path: Path, table: str, *, manifest: str = "") -> Path:
    """An ODS whose spreadsheet holds this XML (tables)."""
    return zipped(
        path,
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{_ODF}:manifest:1.0">{manifest}</m:manifest>',
            "content.xml": f'<office:document-content xmlns:office="{_ODF}:office:1.0" '
            f'xmlns:table="{_ODF}:table:1.0" xmlns:text="{_ODF}:text:1.0"><office:body><office:spreadsheet>{table}'
            "</office:spreadsheet></office:body></office:document-content>",
        },
    )


def ods_cell(text: str, repeated: int = 1) -> str:
    """A text cell of an ODS."""
    return (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{repeated}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def ole(path: Path, streams: Mapping[str, bytes], *, inside: str = "") -> Path:
    """An OLE container with these streams at its top, and one named `inside` within a storage."""
    sector, none, end = 512, 0xFFFFFFFF, 0xFFFFFFFE
    names = [*streams, *(["ObjectPool", inside] if inside else [])]
    contents = [streams[name].ljust(4096, b"\0") for name in streams]
    directory_sectors = -(-(len(names) + 1) // 4)
    table = [0xFFFFFFFD, *range(2, directory_sectors + 1), end]
    entries, start = [], 1 + directory_sectors
    starts = []
    for content in contents:
        starts.append(start)
        count = len(content) // sector
        table += [*range(start + 1, start + count), end]
        start += count
    top = len(streams) + (1 if inside else 0)

    def entry(name: str, kind: int, right: int, child: int, first: int, size: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\0\0"
        head = raw.ljust(64, b"\0") + struct.pack("<HBB3I", len(raw), kind, 1, none, right, child)
        return head + bytes(36) + struct.pack("<IQ", first, size)

    entries.append(entry("Root Entry", 5, none, 1 if top else none, end, 0))
    for number, (name, content, first) in enumerate(zip(streams, contents, starts, strict=True), 1):
        entries.append(entry(name, 2, number + 1 if number < top else none, none, first, len(content)))
    if inside:
        entries.append(entry("ObjectPool", 1, none, len(streams) + 2, 0, 0))
        entries.append(entry(inside, 2, none, none, end, 0))
    directory = b"".join(entries).ljust(directory_sectors * sector, b"\0")
    assert len(table) <= sector // 4
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[none] * 108)
    fat = struct.pack(f"<{sector // 4}I", *table, *[none] * (sector // 4 - len(table)))
    path.write_bytes(header + fat + directory + b"".join(contents))
    return path


def by_libreoffice(source: Path, target: str, folder: Path) -> Path:
    """The file as LibreOffice converts it: how the tests come by real files of old formats. "fmt:Filter" is allowed."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(program, f"-env:UserInstallation=file://{profile}", "--headless"),
                *("--convert-to", target, "--outdir", str(folder), str(source)),
            ],
            check=True,
            capture_output=True,
            timeout=120,
            env={"PATH": "/usr/bin:/bin", "HOME": profile},
        )
    return folder / f"{source.stem}.{target.partition(':')[0]}"


def odt(path: Path, body: str, *, events: str = "", **members: str) -> Path:
    """A text document with this body, and event listeners and further members (macros) if wanted."""
    names = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "text", "table", "draw", "script"))
    links = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dom="http://www.w3.org/2001/xml-events"'
    listed = "".join(f'<m:file-entry m:full-path="{name}" m:media-type="text/xml"/>' for name in members)
    kind = "application/vnd.oasis.opendocument.text"
    return zipped(
        path,
        {
            "mimetype": kind,
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{_ODF}:manifest:1.0"><m:file-entry m:full-path="/" '
            f'm:media-type="{kind}"/><m:file-entry m:full-path="content.xml" m:media-type="text/xml"/>{listed}'
            "</m:manifest>",
            "content.xml": f"<office:document-content {names} {links} office:version='1.2'><office:scripts>{events}"
            f"</office:scripts><office:body><office:text>{body}</office:text></office:body></office:document-content>",
        }
        | members,
    )
