import pytest

from ingest.documents.rtf import rtf_text
from ingest.errors import ChildTimeout, DocumentTooBig
from ingest.normalise import normalise

FONTS = rb"{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fnil\fcharset238 Arial CE;}{\f2\fnil\fcharset204 Arial Cyr;}}"
WANTED = "Ștefania își plătește taxa până sâmbătă"


def read(body: bytes, head: bytes = rb"\ansi\ansicpg1250") -> str:
    return normalise(rtf_text(b"{\\rtf1" + head + FONTS + b" " + body + b"}"))


def escaped(text: str, charset: str) -> bytes:
    return "".join(c if c.isascii() else f"\\'{c.encode(charset)[0]:02x}" for c in text).encode()


def unicode_escaped(text: str) -> bytes:
    return "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in text).encode()


@pytest.mark.parametrize(
    "body",
    [
        escaped(WANTED.replace("Ș", "Ş").replace("ș", "ş"), "cp1250"),
        rb"\f1 " + escaped(WANTED.replace("Ș", "Ş").replace("ș", "ş"), "cp1250"),
        unicode_escaped(WANTED),
        rb"\uc0 " + unicode_escaped(WANTED).replace(b"?", b" "),
        WANTED.replace("Ș", "Ş").replace("ș", "ş").encode("cp1250"),
    ],
)
def test_romanian_letters_are_right_in_every_way_of_writing_them(body: bytes) -> None:
    assert read(body) == WANTED


def test_the_font_decides_the_code_page() -> None:
    assert read(rb"\f1 \'e3 \f2 \'e9\f0  \'e9", rb"\ansi\ansicpg1252") == "ă й é"


def test_old_fonts_with_romanian_on_western_places_are_repaired() -> None:
    words = "Vã rog sã îmi rãspundeþi în scris ºi la timp, cã situaþia este urgentã pentru toþi vecinii de la noi"
    body = escaped(words, "cp1252")
    assert read(body, rb"\ansi\ansicpg1252").startswith("Vă rog să îmi răspundeți în scris și la timp")


def test_letters_beyond_the_first_plane_are_whole() -> None:
    assert read(rb"bine \u-10179?\u-8694?") == "bine \N{SMILING FACE WITH SMILING EYES}"


def test_letterhead_notes_and_text_boxes_are_read_and_deleted_text_is_not() -> None:
    body = (
        rb"{\header\pard Asocia\u539?ia nr. 7\par}{\*\generator Word}Domnule primar{\footnote nota de jos}\par"
        rb"{\shp{\*\shpinst\shpleft1{\sp{\sn shapeType}{\sv 202}}{\shptxt\pard caseta\par}}{\shprslt dublu}}"
        rb"{\deleted\revauthdel1 vechi}{\deleted0 nou}\par"
    )
    text = read(body)
    assert [word in text for word in ("Asociația", "nota de jos", "caseta", "nou", "Domnule primar")] == [True] * 5
    assert [word in text for word in ("Word", "202", "dublu", "vechi", "Arial")] == [False] * 5


def test_cells_of_a_table_stay_apart() -> None:
    assert read(rb"\trowd Nume\cell Pop\cell\row Suma\cell 12\cell\row") == "Nume|Pop\nSuma|12"


def test_pictures_and_embedded_bytes_are_no_text() -> None:
    binary = b"}{}\\par 12345678}{}"
    embedded = b"{\\pict\\bin%d %s}" % (len(binary), binary)
    body = rb"{\pict\pngblip " + b"89504e47" * 100 + b"}Text" + embedded + b" gata"
    assert read(body) == "Text gata"


def test_the_text_of_a_link_is_read() -> None:
    body = rb'vezi {\field{\*\fldinst{HYPERLINK "http://exemplu.ro"}}{\fldrslt pagina noastr\u259?}} aici'
    assert read(body) == "vezi pagina noastră aici"


@pytest.mark.parametrize(
    "body",
    [
        b"{" * 200_000 + b"adanc" + b"}" * 200_000,
        b"}" * 1000,
        rb"\u99999999999999999999 \u-99999 \uc \uc-5 \f \bin \bin999999999 ",
        rb"\ansicpg99999 \'81\'zz\'" + b"\\",
        b"\\u" * 10_000,
        rb"{\field{\*\fldinst{" * 50_000,
        b"\x00\xff" * 1000,
        b"\\par" * 300_000,
    ],
)
def test_hostile_markup_ends_in_time_with_whatever_text_it_has(body: bytes) -> None:
    assert isinstance(read(body), str)


def test_more_markup_than_any_letter_has_is_refused() -> None:
    with pytest.raises(DocumentTooBig):
        read(b"cuvinte " * 2_200_000)


def test_a_font_table_made_to_take_hours_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.documents.rtf.SECONDS", 0.5)
    with pytest.raises(ChildTimeout):
        rtf_text(rb"{\rtf1{\fonttbl " + rb"\f1" * 300_000 + b"}x}")
