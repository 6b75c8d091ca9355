"""Which pages look like the first page of a letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.beginnings import beginning_sign

BODY = "\nde pe strada Lungă nr. 3 nu mai funcționează de două săptămâni iluminatul public." * 12


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Către,\nPrimăria Municipiului Mediaș\n" + BODY, "addressee"),
        ("Anghel Ion\nstr. Gării 4\n\nCATRE PRIMARIA MEDIAS" + BODY, "addressee"),
        ("În atenția domnului primar\n" + BODY, "addressee"),
        ("Domnule Primar,\n" + BODY, "salutation"),
        ("Stimată doamnă primar,\n" + BODY, "salutation"),
        ("CERERE\n\nSubsemnatul Anghel Ion, domiciliat în Mediaș" + BODY, "salutation"),
        ("Subsemnata, Ana Pop" + BODY, "salutation"),
        ("Sehr geehrter Herr Bürgermeister," + BODY, "salutation"),
        ("Tisztelt Polgármester Úr!" + BODY, "addressee"),
        ("Raport" + BODY + "\n1/3", "page-number"),
        ("Pagina 1 din 2\n" + BODY, "page-number"),
        ("Pagina 1\n" + BODY, "page-number"),
        (BODY + "\npag. 1", "page-number"),
    ],
)
def test_a_beginning_is_seen(text: str, sign: str) -> None:
    assert beginning_sign(text) == sign


@pytest.mark.parametrize(
    "text",
    [
        "",
        BODY,
        BODY + "\n2/3",
        "Pagina 2 din 2\n" + BODY,
        "Bucătăria blocului, etajul 1" + BODY,
        "Am mers apoi către casă și am văzut groapa." + BODY,
        "Am scris domnului primar și luna trecută." + BODY,
        BODY + "\nCu stimă,\nSubsemnatul Anghel Ion",
        "1" + BODY,
        "str. Gării 1/3, ap. 2" + BODY,
    ],
)
def test_other_pages_are_left_in_peace(text: str) -> None:
    assert beginning_sign(text) == ""


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    assert beginning_sign(text) in ("", "addressee", "salutation", "page-number")
