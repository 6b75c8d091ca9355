import struct
import zipfile
from pathlib import Path

import pytest

from config.i18n import speaking
from ingest.documents.archive import MAX_LISTED, list_zip
from ingest.errors import DocumentDamaged, DocumentEmpty
from tests.support.office_files import zipped


def test_an_archive_lists_names_and_sizes_and_unpacks_nothing(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a", {"acte/cerere.pdf": b"x" * 2000, "poză.jpg": b"", "alta.zip": b"PK\x03\x04"})
    page = list_zip(path)
    assert page.text.split("\n") == ["acte/cerere.pdf (2,0 KB)", "poză.jpg (0 B)", "alta.zip (4 B)"]
    assert (page.source, page.needs_human) == ("listing", False)


def test_names_are_cleaned(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a", {"../../etc/passwd": "", "a\\b\u202efdp.exe": "", "x" * 400 + ".pdf": "", "rand\nnou": ""}
    )
    names = [line.rpartition(" (")[0] for line in list_zip(path).text.split("\n")]
    assert names == ["etc/passwd", "a/bfdp.exe", "x" * 116 + ".pdf", "rand nou"]


@pytest.mark.parametrize(("raw", "name"), [("Casuţă".encode("cp852"), "Casuţă"), ("Cască".encode(), "Cască")])
def test_names_without_a_charset_are_those_of_romanian_windows_or_utf_8(tmp_path: Path, raw: bytes, name: str) -> None:
    path = zipped(tmp_path / "a", {"@@@@@@": ""})
    path.write_bytes(path.read_bytes().replace(b"@@@@@@", raw))
    assert list_zip(path).raw_text == f"{name} (0 B)"


def test_files_with_a_password_are_marked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a", {"secret.pdf": "x"})
    raw = bytearray(path.read_bytes())
    struct.pack_into("<H", raw, raw.rfind(b"PK\x01\x02") + 8, 1)
    path.write_bytes(raw)
    with speaking("ro"):
        assert list_zip(path).text == "secret.pdf (1 B) [cu parolă]"


def test_a_long_list_is_cut_and_says_so(tmp_path: Path) -> None:
    with speaking("ro"):
        page = list_zip(zipped(tmp_path / "a", {f"{n}.txt": "" for n in range(MAX_LISTED + 7)}))
    assert page.text.endswith("și încă 7 fișiere")
    assert (page.reason, page.needs_human) == ("text-cut", True)


def test_an_empty_archive_and_a_broken_one_say_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentEmpty):
        list_zip(zipped(tmp_path / "a", {}))
    (tmp_path / "b").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(DocumentDamaged):
        list_zip(tmp_path / "b")
    whole = zipped(tmp_path / "c", {f"{n}.txt": "text" for n in range(50)}).read_bytes()
    (tmp_path / "d").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DocumentDamaged):
        list_zip(tmp_path / "d")


def test_a_bomb_is_only_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomba.bin", bytes(50_000_000))
    assert list_zip(tmp_path / "a").text == "bomba.bin (47,7 MB)"
