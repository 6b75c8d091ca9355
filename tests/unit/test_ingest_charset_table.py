"""The charset table of trial `mail.md` (section 4): every row as a whole mail, in all three transfer encodings."""

import base64
import quopri
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.charset import decode
from ingest.message import Message, take_apart_file

COMMA = "Ședința Consiliului Local își ține lucrările în fața școlii."
CEDILLA = COMMA.translate(str.maketrans("șȘțȚ", "şŞţŢ"))
QUOTED = CEDILLA.replace("lucrările", "„lucrările” – azi")
HUNGARIAN = "Tisztelt Polgármester Úr! Az őszi űrlap megküldését szeretném kérni."

ROWS: dict[str, tuple[str | None, str, str, str]] = {
    # name: label, real charset, text, rule
    "utf-8": ("utf-8", "utf-8", COMMA, "declared"),
    "utf8 alias": ("utf8", "utf-8", COMMA, "declared"),
    "iso-8859-2": ("iso-8859-2", "iso8859-2", CEDILLA, "declared"),
    "iso-8859-16": ("iso-8859-16", "iso8859-16", COMMA, "declared"),
    "windows-1250": ("windows-1250", "cp1250", QUOTED, "declared"),
    "cp1250": ("cp1250", "cp1250", QUOTED, "declared"),
    "x-cp1250": ("x-cp1250", "cp1250", QUOTED, "alias"),
    "utf-16le": ("utf-16le", "utf-16-le", COMMA, "declared"),
    "utf-16 with mark": ("utf-16", "utf-16", COMMA, "byte-order-mark"),
    "utf-7": ("utf-7", "utf-7", COMMA, "declared"),
    "unknown-8bit over utf-8": ("unknown-8bit", "utf-8", COMMA, "utf-8"),
    "no label over utf-8": (None, "utf-8", COMMA, "utf-8"),
    "us-ascii over utf-8": ("us-ascii", "utf-8", COMMA, "utf-8"),
    "unknown-8bit over windows-1250": ("unknown-8bit", "cp1250", QUOTED, "letters"),
    "no label over windows-1250": (None, "cp1250", QUOTED, "letters"),
    "us-ascii over windows-1250": ("us-ascii", "cp1250", QUOTED, "letters"),
    "utf-8 over windows-1250": ("utf-8", "cp1250", QUOTED, "letters"),
    "no label over iso-8859-2, Hungarian": (None, "iso8859-2", HUNGARIAN, "letters"),
    "iso-8859-1 over utf-8": ("iso-8859-1", "utf-8", COMMA, "utf-8-despite-label"),
    "windows-1252 over utf-8": ("windows-1252", "utf-8", COMMA, "utf-8-despite-label"),
    "iso-8859-1 over windows-1250": ("iso-8859-1", "cp1250", QUOTED, "letters-despite-label"),
    "iso-8859-2 over windows-1250": ("iso-8859-2", "cp1250", QUOTED, "windows-despite-label"),
    "iso-8859-16 over windows-1250": ("iso-8859-16", "cp1250", QUOTED, "windows-despite-label"),
    "iso-8859-1 over windows-1252": ("iso-8859-1", "cp1252", "Grüße – „hier“", "windows-despite-label"),
    "mac-romanian": ("mac-romanian", "mac-romanian", COMMA, "declared"),
    "x-mac-romanian": ("x-mac-romanian", "mac-romanian", COMMA, "alias"),
    "ibm852": ("ibm852", "cp852", CEDILLA, "declared"),
    "an invented label over utf-8": ("x-nimic", "utf-8", COMMA, "utf-8"),
    "a codec that is no charset": ("idna", "utf-8", COMMA, "utf-8"),
}
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "8bit": lambda raw: raw,
    "quoted-printable": quopri.encodestring,
    "base64": base64.encodebytes,
}


def taken(folder: Path, content_type: str, encoding: str, content: bytes) -> Message:
    head = f"From: a@post.example\nSubject: x\nContent-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n\n"
    (folder / "mail").write_bytes(head.encode() + ENCODINGS[encoding](content) + (b"\n" if encoding == "8bit" else b""))
    return Message.from_json(take_apart_file({"path": str(folder / "mail"), "parts_folder": str(folder / "parts")}))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("row", ROWS)
def test_the_text_is_read_as_it_was_written(row: str, encoding: str, tmp_path: Path) -> None:
    label, charset, written, rule = ROWS[row]
    if charset.startswith("utf-16") and encoding == "8bit":
        written += "\n"  # the line end of the mail is half a letter
    content_type = f"text/plain; charset={label}" if label else "text/plain"
    message = taken(tmp_path, content_type, encoding, written.encode(charset))
    assert message.text.strip() == written.strip()
    if charset != "utf-7":  # bytes of ASCII need no rule
        assert message.charset_rules == (rule,)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("charset", ["utf-8", "windows-1250", "iso-8859-2"])
def test_html_with_only_a_meta_charset_is_read(charset: str, encoding: str, tmp_path: Path) -> None:
    page = f"<html><head><meta charset={charset}></head><body><p>{CEDILLA}</p></body></html>"
    message = taken(tmp_path, "text/html", encoding, page.encode(charset))
    assert message.text == CEDILLA
    assert message.charset_rules == (("utf-8",) if charset == "utf-8" else ("html-meta",))


@pytest.mark.parametrize(
    "word", ["Mediaş", "în faţa casei", "judeţul Sibiu", "străzii Lazăr", "şi „da”", "Blăjel, Moşna"]
)
def test_few_letters_are_enough_to_guess_windows_1250(word: str) -> None:
    assert decode(word.encode("cp1250")).text == word


def test_lone_halves_of_letters_in_utf_7_do_not_get_through() -> None:
    assert decode(b"+2AA-", "utf-7").text == "+2AA-"
