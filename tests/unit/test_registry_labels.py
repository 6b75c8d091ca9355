"""Codes that we print are known as ours, and nobody else's are."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import LabelKeyUnusable
from registry.labels import MARK, Label, LabelKey, NumberLabel, Separator, is_like_ours, labels_in

LABELS: list[Label] = [
    Separator("", date(2026, 11, 23), 1),
    Separator("directia-tehnica", date(2026, 11, 23), 200),
    NumberLabel(1234567, 2026),
]


@pytest.fixture
def key(tmp_path: Path) -> LabelKey:
    return LabelKey(tmp_path / "data" / "labels.key")


@pytest.mark.parametrize("label", LABELS)
def test_what_was_written_is_read_again(key: LabelKey, label: Label) -> None:
    code = key.write(label)
    assert key.read(code) == label
    assert re.fullmatch(r"[0-9A-Z $%*+\-./:]+", code)  # the alphanumeric set of QR codes
    assert len(code) < 70


def test_the_key_is_made_once_and_only_its_owner_reads_it(key: LabelKey) -> None:
    first = key.write(LABELS[0])
    assert LabelKey(key.path).write(LABELS[0]) == first
    assert key.path.stat().st_mode & 0o077 == 0
    assert [path.name for path in key.path.parent.iterdir()] == ["labels.key"]


def test_a_code_of_another_house_is_not_ours(key: LabelKey, tmp_path: Path) -> None:
    key.write(LABELS[0])
    code = LabelKey(tmp_path / "other.key").write(LABELS[0])
    assert key.read(code) is None
    assert is_like_ours(code)


def test_without_a_key_nothing_is_ours_and_no_key_is_made(key: LabelKey) -> None:
    assert key.read(f"{MARK}:N:1:2026:AAAAAAAAAAAAAAAA") is None
    assert not key.path.exists()


@pytest.mark.parametrize("change", [("N:1:", "N:2:"), ("2026", "2027"), (MARK, "CABINET2"), (":N:", ":S:")])
def test_a_changed_code_is_not_ours(key: LabelKey, change: tuple[str, str]) -> None:
    assert key.read(key.write(NumberLabel(1, 2026)).replace(*change, 1)) is None


def test_a_key_that_cannot_be_used_stops_printing_but_no_letter(key: LabelKey) -> None:
    code = key.write(LABELS[0])
    key.path.write_text("half a ke")
    assert key.read(code) is None
    with pytest.raises(LabelKeyUnusable, match="cheia foilor"):
        key.write(LABELS[0])
    key.path.write_text("00" * 32)
    key.path.chmod(0o644)
    with pytest.raises(LabelKeyUnusable):
        key.write(LABELS[0])


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    key = LabelKey(Path("/nonexistent/labels.key"))
    assert key.read(text) is None
    assert key.read(f"{MARK}:{text}") is None
    assert labels_in([{"format": "QRCode", "text": text}], key) == []
