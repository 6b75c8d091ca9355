import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.charset import decode

ROMANIAN = "Ședința Consiliului Local își ține „lucrările” în fața școlii"
CEDILLA = ROMANIAN.translate(str.maketrans("șȘțȚ", "şŞţŢ"))
HUNGARIAN = "Tisztelt Polgármester Úr! Szeretném kérni az őszi űrlap megküldését"
GERMAN = "Sehr geehrte Damen und Herren, wir grüßen Sie aus München"


@pytest.mark.parametrize(
    ("written", "charset", "label", "rule"),
    [
        (ROMANIAN, "utf-8", "utf-8", "declared"),
        (ROMANIAN, "utf-8", '"UTF-8"', "declared"),
        (ROMANIAN, "utf-8", "uft-8", "alias"),
        (ROMANIAN, "utf-8", None, "utf-8"),
        (ROMANIAN, "utf-8", "unknown-8bit", "utf-8"),
        (ROMANIAN, "utf-8", "x-invented", "utf-8"),
        (ROMANIAN, "utf-8", "iso-8859-1", "utf-8-despite-label"),
        (ROMANIAN, "utf-8", "us-ascii", "utf-8"),
        (ROMANIAN, "utf-16", "utf-16", "byte-order-mark"),
        (ROMANIAN, "utf-16-le", "utf-16le", "declared"),
        (ROMANIAN, "utf-7", "utf-7", "declared"),
        (ROMANIAN.replace("„", "").replace("”", ""), "iso8859-16", "iso-8859-16", "declared"),
        (CEDILLA, "cp1250", "windows-1250", "declared"),
        (CEDILLA, "cp1250", "x-cp1250", "alias"),
        (CEDILLA, "cp1250", None, "letters"),
        (CEDILLA, "cp1250", "us-ascii", "letters"),
        (CEDILLA, "cp1250", "utf-8", "letters"),
        (CEDILLA, "cp1250", "unknown-8bit", "letters"),
        (CEDILLA, "cp1250", "iso-8859-2", "windows-despite-label"),
        (CEDILLA, "cp1250", "iso-8859-1", "letters-despite-label"),
        (CEDILLA.replace("„", "").replace("”", ""), "mac-romanian", "x-mac-romanian", None),
        (HUNGARIAN, "cp1250", "iso-8859-1", "letters-despite-label"),
        (HUNGARIAN, "iso8859-2", None, "letters"),
        (GERMAN, "cp1252", "iso-8859-1", "declared"),
        (GERMAN + " „hier”", "cp1252", "iso-8859-1", "windows-despite-label"),
        (GERMAN, "cp1252", None, "letters"),
    ],
)
def test_text_is_read_as_written_and_the_rule_is_told(
    written: str, charset: str, label: str | None, rule: str | None
) -> None:
    if charset == "mac-romanian":
        written = written.translate(str.maketrans("şŞţŢ", "șȘțȚ"))
    decoded = decode(written.encode(charset), label)
    assert decoded.text == written
    assert rule is None or decoded.rule == rule


def test_a_meta_tag_decides_where_nothing_else_does() -> None:
    page = "<html><head><meta http-equiv='Content-Type' content='text/html; charset=windows-1251'></head>Привет"
    assert decode(page.encode("cp1251"), None, html=True).rule == "html-meta"
    assert decode(page.encode("cp1251"), None, html=True).text == page


@pytest.mark.parametrize("label", ["zlib", "base64", "unicode_escape", "idna", "undefined", "\x00", "é", "rot13"])
def test_a_codec_that_is_no_charset_is_not_run(label: str) -> None:
    assert decode(b"abc \\u0041", label).text == "abc \\u0041"


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=20), st.sampled_from(["utf-7", "utf-16", "hz"])))
def test_no_bytes_and_no_label_raise(raw: bytes, label: str | None) -> None:
    decoded = decode(raw, label, html=True)
    assert isinstance(decoded.text, str)
    assert decoded.rule
