"""How writers are addressed."""

import pytest

from responders.salutation import NEUTRAL, SEVERAL, is_organisation, salutation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Subsemnatul Pop Ion, domiciliat în Mediaș, vă rog", "Stimate domnule Pop Ion,"),
        ("SUBSEMNATA Pop Ioana, domiciliată în Mediaş, vă rog", "Stimată doamnă Pop Ioana,"),
        ("Subsemnat(ul/a) Pop, domiciliata in Medias, va rog", "Stimată doamnă Pop,"),
        ("Mă numesc Pop Ioana, domiciliată în Mediaș.", "Stimată doamnă Pop Ioana,"),
        ("Bună ziua, avem o groapă.\n\nCu respect,\ndna. Pop Ioana", "Stimată doamnă Pop Ioana,"),
        ("Bună ziua, avem o groapă.\n\nCu respect,\nDomnul Pop Ion", "Stimate domnule Pop Ion,"),
    ],
)
def test_gender_is_taken_from_the_writers_own_words(text: str, expected: str) -> None:
    name = expected.removesuffix(",").removeprefix("Stimate domnule ").removeprefix("Stimată doamnă ")
    assert salutation(text, name).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "Bună ziua, vă rog să reparați strada.\nIoana Pop",
        "Subsemnatul(a) Pop Ioana, domiciliat(ă) în Mediaș",
        "Subsemnatul/a Pop Ioana, domiciliat/ă în Mediaș",
        "Domnule primar, vă rog frumos.\nIoana Pop",
        "Subsemnatul Pop Ion și subsemnata Pop Ioana cerem",
        "Vecinul meu, domiciliat la nr. 5, face zgomot. Doamna Albu știe.\nIoana Pop",
    ],
)
def test_without_sure_evidence_both_forms_are_used_and_the_first_name_is_not_guessed_from(text: str) -> None:
    assert salutation(text, "Ioana Pop").text == "Stimată doamnă / Stimate domnule Ioana Pop,"


def test_a_writer_without_a_name_is_addressed_without_one() -> None:
    assert salutation("vă rog", "").text == NEUTRAL


def test_several_writers_are_addressed_together() -> None:
    assert salutation("Subsemnații, locatari ai blocului 3, cerem", "Pop Ion").text == SEVERAL


def test_a_company_is_not_a_lady() -> None:
    assert salutation("Subsemnata S.C. Exemplu S.R.L., prin administrator", "Pop Ion").start is None
    assert salutation("Subsemnata solicită", "S.C. Exemplu S.R.L.").text == NEUTRAL
    assert is_organisation("Asociația de Proprietari nr. 7")


def test_the_evidence_is_pointed_at_in_the_original_text() -> None:
    text = "Către primărie.\n\nSubsemnata Țepeș Ștefania vă rog"
    found = salutation(text, "Țepeș Ștefania")
    assert text[found.start : found.end] == "Subsemnata"
