"""The limits of trial `mail.md` (section 8) at their edges: the last value that passes and the first that does not."""

from pathlib import Path

import pytest

from ingest.addresses import SHOWN_LIMIT, parse_addresses
from ingest.html import HTML_LIMIT, TEXT_LIMIT, html_to_text, safe_html
from ingest.html import SHOWN_LIMIT as PAGE_LIMIT
from ingest.message import Message, take_apart_file
from ingest.parts import NAME_LIMIT, clean_filename
from ingest.prescan import HEADER_BYTES, HEADER_FIELDS, PARTS, prescan
from ingest.quoted import LINE_LIMIT, READ_LIMIT, is_too_long, new_text, new_text_spans
from tests.support.mails import PDF, Container, file, mail, text


def problems(raw: bytes, folder: Path) -> tuple[str, ...]:
    (folder / "mail").write_bytes(raw)
    answer = take_apart_file({"path": str(folder / "mail"), "parts_folder": str(folder / "parts")})
    return Message.from_json(answer).problems


def test_the_values_are_those_of_the_trial() -> None:
    assert (HEADER_BYTES, HEADER_FIELDS, PARTS) == (1024**2, 5_000, 1_000)
    assert (READ_LIMIT, LINE_LIMIT) == (200_000, 10_000)
    assert (HTML_LIMIT, TEXT_LIMIT) == (2 * 1024**2, 1024**2)
    assert (SHOWN_LIMIT, NAME_LIMIT) == (200, 120)


@pytest.mark.parametrize(("count", "found"), [(5_000, ()), (5_001, ("too-many-headers",))])
def test_header_fields(count: int, found: tuple[str, ...]) -> None:
    assert prescan(b"X: y\r\n" * count + b"\r\ntext").problems == found


@pytest.mark.parametrize(("size", "found"), [(1024**2 - 3, ()), (1024**2 + 1, ("header-too-big",))])
def test_header_bytes(size: int, found: tuple[str, ...]) -> None:
    assert prescan(b"X: " + b"y" * size + b"\r\n\r\n" + b"text" * 10).problems == found


@pytest.mark.parametrize(("count", "found"), [(1_000, ()), (1_001, ("too-many-parts",))])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_parts(count: int, found: tuple[str, ...], line_end: bytes) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * count
    assert prescan(raw.replace(b"\n", line_end)).problems == found


@pytest.mark.parametrize(("depth", "deep"), [(50, False), (51, True)])
def test_depth(depth: int, deep: bool, tmp_path: Path) -> None:
    body: Container | object = text("Bună ziua, vă rog.")
    for _ in range(depth):
        body = Container([body])  # type: ignore[list-item]
    assert ("nested-too-deep" in problems(mail(body), tmp_path)) is deep  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "many"), [(100, False), (101, True)])
def test_attachments(count: int, many: bool, tmp_path: Path) -> None:
    raw = mail(Container([text(), *(file(PDF + b"%d" % number, name="a.pdf") for number in range(count))]))
    assert ("many-parts" in problems(raw, tmp_path)) is many


def test_the_length_of_a_text(tmp_path: Path) -> None:
    line = "x" * 99 + "\n"
    assert not is_too_long(line * 1_999 + "x" * 100)
    assert is_too_long(line * 2_000 + "x")
    assert problems(mail(text(line * 2_001)), tmp_path) == ("text-long",)


def test_machines_are_given_the_beginning_of_a_long_text_and_all_of_it_stays() -> None:
    words = "Vă rog să reparați groapa.\n" * 20_000
    spans = new_text_spans(words)
    assert spans == ((0, READ_LIMIT),)
    assert len(new_text(words, spans)) == READ_LIMIT
    assert len(new_text("> citat\n" * 100_000, ())) == READ_LIMIT


def test_machines_are_given_the_beginning_of_a_long_line_and_the_lines_after_it() -> None:
    words = "a" * (LINE_LIMIT + 5) + "\nMulțumesc."
    assert is_too_long(words)
    assert not is_too_long("a" * LINE_LIMIT)
    assert new_text_spans(words) == ((0, LINE_LIMIT), (LINE_LIMIT + 6, len(words)))


def test_html_in_and_out() -> None:
    assert not html_to_text("<p>a</p>" + " " * (HTML_LIMIT - 8)).cut
    assert html_to_text("<p>a</p>" + " " * HTML_LIMIT).cut
    long = html_to_text("x" * (TEXT_LIMIT + 10))
    assert long.cut
    assert len(safe_html("&" * HTML_LIMIT, {})) <= PAGE_LIMIT + 100


def test_addresses_and_file_names() -> None:
    assert len(parse_addresses([", ".join(f"a{number}@post.example" for number in range(300))])) == 200
    assert clean_filename("ș" * 300 + ".pdf") == "ș" * 116 + ".pdf"
    assert len(clean_filename("x" * 121)) == 120
