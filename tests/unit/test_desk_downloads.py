"""Names and types of files that are handed out."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import downloads
from desk.screens.sign_in import own_place


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("groapă.jpg", "groapă.jpg"),
        ("../../etc/passwd", "etc_passwd"),
        ('a";\r\nSet-Cookie: x.pdf', "a_;_Set-Cookie_ x.pdf"),
        ("factura\u202efdp.exe", "factura_fdp.exe"),
        ("", "fallback"),
        ("...", "fallback"),
    ],
)
def test_a_file_name_cannot_be_a_path_a_header_or_a_disguise(name: str, safe: str) -> None:
    assert downloads.safe_name(name, "fallback") == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert downloads.safe_name("a" * 400 + ".pdf", "x").endswith("aaa.pdf")
    assert len(downloads.safe_name("a" * 400 + ".pdf", "x")) == downloads.LONGEST_NAME


@given(st.text(max_size=300))
def test_a_download_never_tells_the_browser_what_the_file_is(name: str) -> None:
    answer = downloads.download(b"<script>", name, "fallback")
    disposition = answer.headers["content-disposition"]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert disposition.startswith('attachment; filename="')
    assert unquote(disposition.partition("UTF-8''")[2]) == downloads.safe_name(name, "fallback")


def test_only_raster_pictures_are_shown() -> None:
    assert downloads.picture(b"\x89PNG\r\n\x1a\nrest") is not None
    assert downloads.picture(b"RIFF0000WEBPrest") is not None
    assert downloads.picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>") is None
    assert downloads.picture(b"<html>") is None


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb", "x"])
def test_after_signing_in_nobody_is_sent_to_another_host(wanted: str) -> None:
    assert own_place(wanted) == "/"


def test_after_signing_in_one_comes_back_to_the_page_one_wanted() -> None:
    assert own_place("/letters/7") == "/letters/7"
