"""The tables a town hall edits: a typo in any of them is one sentence with file and line."""

from datetime import date
from pathlib import Path

import pytest

from config.errors import ConfigurationError, FileUnreadable, ValueWrong
from config.i18n import speaking
from config.town import DEFAULT_TABLES, LETTER_KINDS, Tables, load_tables

NAMES = ("office", "departments", "topics", "legal_terms", "holidays", "redirects", "twin_towns", "streets", "routing")


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


def complaint(folder: Path, kind: type[ConfigurationError] = ConfigurationError) -> str:
    if not (folder / "topics.yaml").exists():
        (folder / "topics.yaml").write_text("[]\n", encoding="utf-8")  # the biggest table would only cost time
    with speaking("en"), pytest.raises(kind) as refused:
        load_tables(folder)
    return str(refused.value)


def spoil(folder: Path, name: str, old: str, new: str) -> tuple[Path, int]:
    """A copy of one table with `new` in place of the last `old`; returns its path and the line of the change."""
    text = (DEFAULT_TABLES / f"{name}.yaml").read_text(encoding="utf-8")
    before, found, after = text.rpartition(old)
    assert found, f"{old!r} is not in {name}.yaml"
    path = folder / f"{name}.yaml"
    path.write_text(before + new + after, encoding="utf-8")
    return path, before.count("\n") + 1


def test_the_tables_that_come_with_the_program_are_sound(tables: Tables) -> None:
    assert {path.stem for path in DEFAULT_TABLES.glob("*.yaml")} == set(NAMES)
    assert len(tables.topics) == 28
    assert tables.department("juridic").name == "Serviciul Juridic Contencios"
    assert tables.topic("oferta-comerciala").department is None


@pytest.mark.parametrize("rows", ["departments", "topics", "redirects", "legal_terms"])
def test_no_slug_stands_twice_in_a_table(tables: Tables, rows: str) -> None:
    slugs = [getattr(row, "slug", getattr(row, "id", "")) for row in getattr(tables, rows)]
    assert sorted(set(slugs)) == sorted(slugs)


def test_a_slug_nobody_has_is_a_key_error(tables: Tables) -> None:
    with pytest.raises(KeyError):
        tables.department("nimeni")
    with pytest.raises(KeyError):
        tables.topic("nimic")


@pytest.mark.parametrize(
    ("name", "old", "new", "field"),
    [
        ("office", "signatory_title:", "signatory_titel:", "signatory_title"),
        ("departments", "kind: municipal-operator", "kind: municipal-operater", "kind"),
        ("topics", "department: resurse-umane", "deparment: resurse-umane", "department"),
        ("legal_terms", "unit: months", "unit: month", "unit"),
        ("holidays", "extra_working: []", "extra_working: [2027-13-08]", "extra_working.0"),
        ("redirects", "verified: true", "verified: poate", "verified"),
        ("twin_towns", "since: 1992", "since: de mult", "since"),
        ("streets", "kind: cartier", "knid: cartier", "kind"),
        ("routing", "own_department: true", "own_departement: true", "own_departement"),
    ],
)
def test_a_typo_in_any_table_is_reported_with_file_and_key(
    tmp_path: Path, name: str, old: str, new: str, field: str
) -> None:
    path, _line = spoil(tmp_path, name, old, new)
    said = complaint(tmp_path, ValueWrong)
    assert said.startswith(f"{path}:")
    assert field in said


@pytest.mark.parametrize(
    ("name", "old", "new", "field"),
    [
        ("departments", "kind: municipal-operator", "kind: municipal-operater", ".kind"),
        ("legal_terms", "unit: months", "unit: month", ".unit"),
        ("legal_terms", "length: 1\n", "length: 0\n", ".length"),
        ("legal_terms", "{length: 2,", "{length: -2,", "extension.length"),
        ("legal_terms", "valid_from: 2018-05-25", "valid_from: 2018-25-05", ".valid_from"),
        ("legal_terms", "[date-personale]", "[date-personal]", "there is no kind “date-personal”"),
        ("topics", "department: resurse-umane", "department: resurse-uman", "there is no department “resurse-uman”"),
        ("topics", "slug: altele", "slug: Altele!", ".slug"),
        ("office", "reply_number: same", "reply_number: some", "reply_number"),
        ("redirects", "verified: true", "verified: poate", ".verified"),
        ("streets", "{name: Vitrometan", "{name: 12", "0.name"),
        ("twin_towns", "languages: [pl]", "languages: pl", ".languages"),
        ("routing", "redirect: drdp", "redirect: drpd", "there is no authority “drpd”"),
        ("routing", "department: resurse-umane", "department: resurse", "there is no department “resurse”"),
        ("routing", "copies: [politia-locala]", "copies: [politie]", "there is no department “politie”"),
        ("routing", "kinds: [presa]", "kinds: [presă]", "there is no kind “presă”"),
    ],
)
def test_the_line_that_is_named_is_the_line_with_the_mistake(
    tmp_path: Path, name: str, old: str, new: str, field: str
) -> None:
    path, line = spoil(tmp_path, name, old, new)
    said = complaint(tmp_path, ValueWrong)
    assert said.startswith(f"{path}:{line}: ")
    assert field in said


def test_a_row_that_lacks_a_field_is_named_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "streets.yaml"
    path.write_text("- name: Honterus\n  kind: strada\n- name: Cibin\n", encoding="utf-8")
    said = complaint(tmp_path, ValueWrong)
    assert said.startswith(f"{path}:3: ")
    assert "kind" in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- {name: Cibin, kind: strada}\n- {name: Govora kind: strada}\n- {name: Luncii}\n", 2),
        ("- name: Cibin\n\tkind: strada\n", 2),
        ("- name: Cibin\n  name: Govora\n  kind: strada\n", 2),
        ("- [Cibin\n", 2),
    ],
)
def test_broken_yaml_is_reported_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "streets.yaml"
    path.write_text(text, encoding="utf-8")
    assert complaint(tmp_path, FileUnreadable).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize("content", [b"\xff\xfe- x", b"- {name: \x00}\n"])
def test_a_table_that_is_no_text_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "streets.yaml"
    path.write_bytes(content)
    assert str(path) in complaint(tmp_path, FileUnreadable)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_table_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.yaml").write_text("# nothing yet\n", encoding="utf-8")
    said = complaint(tmp_path, ValueWrong)
    assert said.startswith(f"{tmp_path / name}.yaml:1: “{name}”")


def test_a_table_saved_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / "streets.yaml").write_bytes("\ufeff- {name: Moșnei, kind: strada}\r\n".encode())
    assert [street.name for street in load_tables(tmp_path).streets] == ["Moșnei"]


def test_a_town_replaces_one_table_and_keeps_the_others(tmp_path: Path, tables: Tables) -> None:
    (tmp_path / "holidays.yaml").write_text("extra_nonworking: [2027-01-08]\n", encoding="utf-8")
    own = load_tables(tmp_path)
    assert own.holidays.extra_nonworking == (date(2027, 1, 8),)
    assert own.office == tables.office
    assert own.topics == tables.topics


def test_every_kind_of_letter_has_a_term_except_those_the_law_leaves_open(tables: Tables) -> None:
    without = {kind for kind in LETTER_KINDS if tables.legal_term(kind, date(2026, 11, 23)) is None}
    assert without == {"act-instanta", "oferta"}


def test_a_term_counts_from_its_first_to_its_last_day(tmp_path: Path) -> None:
    old = "valid_from: 2002-02-01\n  valid_to:\n  legal_basis: OG 27/2002, art. 8 alin. (1)\n"
    spoil(tmp_path, "legal_terms", old, old.replace("valid_to:", "valid_to: 2026-12-31"))
    own = load_tables(tmp_path)
    assert own.legal_term("petitie", date(2002, 1, 31)) is None
    assert own.legal_term("petitie", date(2002, 2, 1)) is not None
    assert own.legal_term("petitie", date(2026, 12, 31)) is not None
    assert own.legal_term("petitie", date(2027, 1, 1)) is None
