"""Whom a letter complains about, told apart from mere criticism; and whether it says who writes."""

import pytest

from classifiers.identification import identification
from tests.support.facts import details, find_facts, found


@pytest.mark.parametrize(
    ("text", "value", "detail"),
    [
        (
            "Reclam comportamentul polițistului local Rusu, care m-a jignit.",
            "polițistului local Rusu",
            {"who": "official", "department": "politia-locala"},
        ),
        (
            "Funcționara de la ghișeu, la taxe și impozite, a țipat la mine de față cu toți.",
            "Funcționara",
            {"who": "official", "department": "taxe-impozite"},
        ),
        (
            "un inspector de la autorizari cere 500 de euro ca sa gaseasca hartia",
            "inspector de la autorizari",
            {"who": "official", "department": "urbanism"},
        ),
        (
            "Poliția locală a refuzat să primească plângerea mea.",
            "Poliția locală",
            {"who": "department", "department": "politia-locala"},
        ),
        (
            "Depun plângere împotriva firmei S.C. Exemplu Construct S.R.L. pentru zgomot.",
            "S.C. Exemplu Construct S.R.L.",
            {"who": "firm"},
        ),
        ("reclam firma Eco-Sal", "Eco-Sal", {"who": "operator", "department": "operator-salubrizare"}),
    ],
)
def test_who_is_complained_about_is_found_with_their_department(text: str, value: str, detail: dict[str, str]) -> None:
    assert (found(text, "complained-about")[0], details(text, "complained-about")[0]) == (value, detail)


@pytest.mark.parametrize(
    "text",
    [
        "Poliția locală nu face nimic cu mașinile de pe trotuar.",
        "Mulțumesc domnului primar și doamnei de la registratură.",
        "Domnule primar, vă rog reparați strada.",
        "Directorul școlii v-a scris și dânsul.",
        "Am depus cererea la registratură.",
    ],
)
def test_criticism_and_mention_are_no_complaint_about_somebody(text: str) -> None:
    assert found(text, "complained-about") == []


@pytest.mark.parametrize(
    ("text", "sender", "address", "value", "detail"),
    [
        ("Subsemnatul Ion Pop, domiciliat în str. Gării nr. 3, vă rog...", "", "", "complete", {}),
        ("Reparați strada.\nIon Pop", "", "", "incomplete", {"missing": "address"}),
        ("Pe strada Gării nr. 3 e o groapă.", "", "", "incomplete", {"missing": "name,address"}),
        ("Reparați strada.", "Ion Pop", "ion@exemplu.ro", "complete", {"only": "email"}),
        ("Reparați strada.", "ionpop77", "ion@exemplu.ro", "incomplete", {"missing": "name", "only": "email"}),
        ("Reparați strada. Scrieți-mi la ion@exemplu.ro\n\nIon Pop", "", "", "complete", {"only": "email"}),
    ],
)
def test_a_petition_says_who_writes_or_what_is_missing(
    text: str, sender: str, address: str, value: str, detail: dict[str, str]
) -> None:
    assert identification(find_facts(text), sender, address) == (value, detail)
