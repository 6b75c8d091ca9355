"""Facts read in letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.facts import find_facts


def found(text: str, kind: str) -> list[str]:
    return [fact.value for fact in find_facts(text) if fact.kind == kind]


def test_a_cnp_is_masked_in_value_and_in_what_is_shown() -> None:
    (fact,) = [fact for fact in find_facts("Am CNP 5980101320015 si rog raspuns.") if fact.kind == "cnp"]
    assert fact.value == fact.shown == "5•••••••••015"
    assert (fact.start, fact.end) == (7, 20)


def test_thirteen_digits_that_fail_the_check_are_no_cnp() -> None:
    assert found("cod 5980101320016", "cnp") == []


@pytest.mark.parametrize(
    "written", ["0745 123 456", "0745.123.456", "+40 745 123 456", "0040745123456", "0745-123-456", "(0745) 123456"]
)
def test_phones_are_found_in_every_usual_spelling(written: str) -> None:
    assert found(f"Tel. {written}.", "phone") == ["0745123456"]


def test_emails_are_found_in_lower_case() -> None:
    assert found("Scrieti-mi la Ana.Pop@exemplu.ro.", "email") == ["ana.pop@exemplu.ro"]


def test_company_code_and_account_are_checked() -> None:
    assert found("CUI RO14399840", "cui") == ["14399840"]
    assert found("CUI RO14399841", "cui") == []
    assert found("in contul RO49 AAAA 1B31 0075 9384 0000", "iban") == ["RO49AAAA1B31007593840000"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("conform Legii nr. 544/2001", ["Legea 544/2001"]),
        ("în temeiul O.G. nr. 27/2002", ["OG 27/2002"]),
        ("HCL 284/2025 și OUG 41/2016", ["HCL 284/2025", "OUG 41/2016"]),
        ("Regulamentul (UE) 2016/679", ["GDPR"]),
        ("legea 544 spune", ["Legea 544/2001"]),
    ],
)
def test_laws_are_cited_in_one_form(text: str, values: list[str]) -> None:
    assert found(text, "law") == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("am primit adresa nr. 54055/10.07.2017", ["54055/2017-07-10"]),
        ("petiția mea înregistrată sub nr. 1234/2025", ["1234/2025"]),
        ("la nr. 771 din 03.02.2025", ["771/2025-02-03"]),
        ("cererea nr. 88", ["88"]),
        ("Legea nr. 544/2001", []),
        ("cerere conform Legii nr. 544/2001", []),
        ("HCL nr. 12/03.02.2025", []),
        ("Str. Gării nr. 12", []),
    ],
)
def test_registration_numbers_are_told_apart_from_laws_and_houses(text: str, values: list[str]) -> None:
    assert found(text, "registration-number") == values


def test_dates_are_given_in_iso_form_and_only_if_they_exist() -> None:
    assert found("din 5.03.2025, 12 martie 2025, 2025-01-31 și 31.02.2025", "date") == [
        "2025-03-05",
        "2025-03-12",
        "2025-01-31",
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "locuiesc pe str. Mihai Eminescu nr. 14, bl. 6, ap. 11, Mediaș",
            ["str. Mihai Eminescu nr. 14, bl. 6, ap. 11"],
        ),
        ("gropi pe strada Cluj. Zona e plină", ["strada Cluj"]),
        ("pe Șoseaua Sibiului și pe Aleea Teilor 3", ["Șoseaua Sibiului", "Aleea Teilor"]),
    ],
)
def test_addresses_end_where_their_sentence_ends(text: str, values: list[str]) -> None:
    assert found(text, "address") == values


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Subsemnatul Ion Popescu-Marin, domiciliat în Mediaș", "Ion Popescu-Marin"),
        ("Subsemnata, Elena Bucșa, rog", "Elena Bucșa"),
        ("Nume: Radu Țepeș\nVă rog reparați.", "Radu Țepeș"),
        ("E groapă în fața casei de doi ani.\n\nCu stimă,\nMaria Ionescu\ntel. 0745123456", "Maria Ionescu"),
        ("Reparați strada.\nIng. Traian Bucșan, Str. Blajului", "Traian Bucșan"),
        ("Reparați strada.\n\nOana Dinu\nTrimis de pe telefonul meu", "Oana Dinu"),
    ],
)
def test_the_petitioner_is_who_gives_a_name_or_signs(text: str, name: str) -> None:
    (fact,) = [fact for fact in find_facts(text) if fact.kind == "petitioner"]
    assert fact.value == name
    assert text[fact.start : fact.end] == name


def test_the_signature_of_quoted_mail_is_not_the_petitioners() -> None:
    text = (
        "Tot nu ați rezolvat nimic, aștept de două luni.\nAna Rus\n\nPe 3 mai 2025 Primăria a scris:\n> bla\nIon Stan"
    )
    assert found(text, "petitioner") == ["Ana Rus"]


@given(st.text(max_size=300))
def test_any_text_gives_facts_with_true_places(text: str) -> None:
    for fact in find_facts(text):
        assert 0 <= fact.start < fact.end <= len(text)
