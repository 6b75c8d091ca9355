import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise import normalise, repair_legacy


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Petiţie către primărie, vă rog să răspundeţi şi mie", "Petiție către primărie, vă rog să răspundeți și mie"),
        ("aprobarea impor-\ntantă, pentru noi", "aprobarea importantă,\npentru noi"),
        ("locuiesc într-\nun bloc", "locuiesc într-un\nbloc"),
        ("adresându-\nmă dumneavoastră", "adresându-mă\ndumneavoastră"),
        ("soli\u00ad\ncitare", "solicitare"),
        ("soli\ufffe\ncitare", "solicitare"),
        ("soli\u00adcitare", "solicitare"),
        ("soli\ufffecitare", "solicitare"),
        ("aici s\ufffea produs", "aici s-a\nprodus"),
        ("la Târgu\ufffeMureș", "la Târgu-Mureș"),
        ("R O M Â N I A\nC E R E R E  D E  A J U T O R", "ROMÂNIA\nCERERE DE AJUTOR"),
        ("bloc A B C și D", "bloc A B C și D"),
        ("anii 2024-\n2025", "anii 2024-\n2025"),
        ("Târgu-\nMureș", "Târgu-\nMureș"),
        ("a\x00b\x07c", "abc"),
        ("unu\r\ndoi\r\n\r\n\r\n\r\ntrei", "unu\ndoi\n\ntrei"),
        ("plă\u202etesc\u200b  taxa", "plătesc taxa"),
        ("s\u0326i t\u0326ara", "și țara"),
    ],
)
def test_raw_text_becomes_the_text_people_would_type(raw: str, clean: str) -> None:
    assert normalise(raw) == clean


def test_a_word_broken_twice_is_joined_whole() -> None:
    assert normalise("nemaipo-\nmeni-\ntele fapte") == "nemaipomenitele\nfapte"


def test_a_paragraph_border_after_a_broken_word_stays() -> None:
    assert normalise("ter-\nmen\n\nCu stimă") == "termen\n\nCu stimă"


@given(st.text())
def test_nothing_invisible_and_no_cedilla_survives(raw: str) -> None:
    text = normalise(raw)
    assert not set("şţŞŢ\u00ad\u200b\ufeff\u202e") & set(text)
    assert all(c == "\n" or unicodedata.category(c) != "Cc" for c in text)


@given(st.text(alphabet="ab-\n ș\u00ad\u0326st"))
def test_normalising_keeps_every_visible_letter(raw: str) -> None:
    letters = [c for c in unicodedata.normalize("NFC", raw.replace("\u00ad", "")) if c.isalpha()]
    assert [c for c in normalise(raw) if c.isalpha()] == letters


def test_old_eight_bit_fonts_are_repaired() -> None:
    assert repair_legacy("Cãtre Primãrie: vã rog sã dispuneþi ºi") == "Către Primărie: vă rog să dispuneți și"
