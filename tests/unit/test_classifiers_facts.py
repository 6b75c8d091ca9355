"""Facts read in letters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.facts import details, find_facts, found


def test_a_cnp_is_masked_in_value_and_in_what_is_shown() -> None:
    (fact,) = [fact for fact in find_facts("Am CNP 5980101320015 si rog raspuns.") if fact.kind == "cnp"]
    assert fact.value == fact.shown == "5•••••••••015"
    assert (fact.start, fact.end) == (7, 20)


def test_thirteen_digits_that_fail_the_check_are_no_cnp() -> None:
    assert found("cod 5980101320016", "cnp") == []


@pytest.mark.parametrize("written", ["598O1O132OO15", "5980l0l320015", "5980101 320015", "598-010-132-0015"])
def test_a_cnp_is_found_as_text_recognition_and_people_write_it(written: str) -> None:
    assert found(f"CNP {written}, rog raspuns", "cnp") == ["5•••••••••015"]


@pytest.mark.parametrize(
    "written",
    [
        "0745 123 456",
        "0745.123.456",
        "+40 745 123 456",
        "0040745123456",
        "0745-123-456",
        "(0745) 123456",
        "O745 123 456",
        "0745 l23 456",
    ],
)
def test_phones_are_found_in_every_usual_spelling(written: str) -> None:
    assert found(f"Tel. {written}.", "phone") == ["0745123456"]


def test_emails_are_found_in_lower_case() -> None:
    assert found("Scrieti-mi la Ana.Pop@exemplu.ro.", "email") == ["ana.pop@exemplu.ro"]
    assert found("ana.pop (at) exemplu.ro sau ana.pop[arond]exemplu.ro", "email") == ["ana.pop@exemplu.ro"] * 2


def test_company_code_and_account_are_checked() -> None:
    assert found("CUI RO14399840", "cui") == ["14399840"]
    assert found("CUI RO14399841", "cui") == []
    assert found("C.U.I. 1439984O", "cui") == ["14399840"]
    assert found("in contul RO49 AAAA 1B31 0075 9384 0000", "iban") == ["RO49AAAA1B31007593840000"]
    assert found("contul RO49AAAA1B31OO7593840000", "iban") == ["RO49AAAA1B31007593840000"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("conform Legii nr. 544/2001", ["Legea 544/2001"]),
        ("în temeiul O.G. nr. 27/2002", ["OG 27/2002"]),
        ("HCL 284/2025 și OUG 41/2016", ["HCL 284/2025", "OUG 41/2016"]),
        ("Regulamentul (UE) 2016/679", ["GDPR"]),
        ("legea 544 spune", ["Legea 544/2001"]),
        ("Legea nr. 544/2OO1", ["Legea 544/2001"]),
        ("Iegea nr. 554 din 2 decembrie 2004", ["Legea 554/2004"]),
        ("ordonanța 27 din 2002", ["OG 27/2002"]),
        ("ordonanta de urgenta a guvernului nr 195/2002", ["OUG 195/2002"]),
        ("L544/2001 si OG 27", ["Legea 544/2001", "OG 27/2002"]),
        ("conform legii 27", ["OG 27/2002"]),
        ("codul administrativ", ["OUG 57/2019"]),
        ("codul fiscal: RO14399840", []),
        ("am 10 legi de la 50 de oameni", []),
    ],
)
def test_laws_are_cited_in_one_form(text: str, values: list[str]) -> None:
    assert found(text, "law") == values


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (
            "art. 7 alin. (2) lit. b) din Legea 544/2001",
            {"rule": "law-544-2001", "term": "public-information", "article": "7(2)b"},
        ),
        ("OG 27/2002, art. 8", {"rule": "og-27-2002", "term": "petition", "article": "8"}),
        ("Legea 233/2002", {"rule": "og-27-2002", "term": "petition"}),
        ("Legea 50/1991", {"rule": "law-50-1991"}),
        ("Legea 544/2002", {"known": "no", "perhaps": "Legea 544/2001"}),
        ("Legea 999/2010", {"known": "no"}),
        ("HCL 284/2025", {}),
    ],
)
def test_a_citation_is_resolved_to_the_table_of_acts_or_flagged(text: str, detail: dict[str, str]) -> None:
    assert details(text, "law") == [detail]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("CF nr. 101234 Mediaș", ["CF 101234"]),
        ("cartea funciară 101234", ["CF 101234"]),
        ("nr. cadastral 101234-C1-U5", ["cad. 101234-C1-U5"]),
        ("nr. cad. 101234 - C1 - U5", ["cad. 101234-C1-U5"]),
        ("nr. top. 1234/5/1", ["top. 1234/5/1"]),
        ("numarul topografic 88", ["top. 88"]),
        ("la stop 12 metri", []),
        ("cf. art. 7", []),
    ],
)
def test_land_register_numbers_are_found_in_their_three_forms(text: str, values: list[str]) -> None:
    assert found(text, "cadastre") == values


def test_the_land_books_town_is_kept() -> None:
    assert details("extras CF nr. 101234 Mediaș", "cadastre") == [{"register": "land-book", "town": "Mediaș"}]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Strada Gării e plină de gropi", ["strada Gării"]),
        ("strada garii e plina de gropi", ["strada Gării"]),
        ("STR.GARII NR.12", ["strada Gării"]),
        ("str. Mosne1 nr 4", ["strada Moșnei"]),
        ("Strada Tineretulu1", ["strada Tineretului"]),
        ("pe garii nr 4 si pe luncii", ["strada Gării", "strada Luncii"]),
        ("strazile Garii, Luncii si Vinului", ["strada Gării", "strada Luncii", "strada Vinului"]),
        ("pe Mihai Viteazul colț cu Stephan Ludwig Roth", ["strada Mihai Viteazu", "strada Stephan Ludwig Roth"]),
        ("in vitrometan nu e apa", ["cartier Vitrometan"]),
        ("soseaua sibiului", ["șoseaua Sibiului"]),
        ("Aleea Gării 5", []),
        ("Liceul Stephan Ludwig Roth și parcul Tineretului", []),
        ("gustul vinului la marginea luncii", []),
        ("Locuiesc pe strada Alba. Iulia e vecina mea.", []),
    ],
)
def test_streets_of_the_towns_list_are_found_however_they_are_written(text: str, values: list[str]) -> None:
    assert found(text, "street") == values


def test_a_street_that_is_spelled_otherwise_is_marked() -> None:
    assert details("str. Moshnei nr 4", "street") == [{"spelling": "close"}]
    assert details("str. mosnei nr 4", "street") == [{}]


def test_an_address_knows_its_street_and_whose_it_is() -> None:
    text = "Subsemnata Elena Bucșa, domiciliată în Mediaș, str garii nr 46, vă sesizez groapa de pe str. Luncii nr. 3."
    assert found(text, "address") == ["str garii nr 46", "str. Luncii nr. 3"]
    assert details(text, "address") == [
        {"street": "strada Gării", "whose": "petitioner"},
        {"street": "strada Luncii"},
    ]


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
        ("pe Șoseaua Sibiului și pe Aleea Teilor 3", ["Șoseaua Sibiului", "Aleea Teilor 3"]),
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
        ("subsemnatul ion popescu domiciliat in medias", "ion popescu"),
        ("ma numesc ana maria rus si stau pe luncii", "ana maria rus"),
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


_PIECES = (
    "Subsemnatul |str. |strada |pe |Gării|garii|Alba|Iulia|nr. |bl. |12|CF |nr. cad. |top |Legea |art. 7 |/2001| din "
    "|OG |0745| 123 456|CNP |5980101320015|RO49|@|exemplu.ro|CUI |polițistul local |m-a jignit|S.C. | S.R.L.|.|,|\n| "
    "|\u0326|ß|İ|Ion |Pop |reclam "
)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=300) | st.lists(st.sampled_from(_PIECES.split("|")), max_size=40).map("".join))
def test_any_text_gives_facts_with_true_places(text: str) -> None:
    for fact in find_facts(text):
        assert 0 <= fact.start < fact.end <= len(text)
        assert fact.value.strip()
        assert all(isinstance(value, str) for value in fact.detail.values())


@given(st.text(max_size=100), st.text(max_size=100))
def test_a_full_personal_number_stands_in_no_fact(before: str, after: str) -> None:
    for fact in find_facts(f"{before} 5980101320015 {after}"):
        assert "5980101320015" not in fact.shown + fact.value
