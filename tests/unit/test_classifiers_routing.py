"""Who answers: the topic's department, or what the routing table says."""

import pytest

from classifiers.facts.fact import Fact
from classifiers.routing import Router, RouteTaken
from config.town import load_tables
from registry.text import stems
from tests.support.facts import find_facts


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(load_tables())


def route(router: Router, text: str, topic: str, kind: str = "petitie") -> tuple[str | None, tuple[RouteTaken, ...]]:
    facts: tuple[Fact, ...] = find_facts(text)
    return router.route(topic, kind, list(enumerate(stems(text))), facts)


def test_without_a_rule_the_topics_department_answers(router: Router) -> None:
    assert route(router, "Sunt gropi pe strada mea.", "drumuri-trotuare") == ("directia-tehnica", ())
    assert route(router, "Vă oferim becuri.", "oferta-comerciala", "oferta") == (None, ())


@pytest.mark.parametrize(
    ("text", "topic", "kind", "department", "rule"),
    [
        (
            "După lucrări la canalizare au lăsat șanțul și asfaltul nu a mai fost refăcut.",
            "drumuri-trotuare",
            "petitie",
            "operator-apa",
            "road-after-water-works",
        ),
        (
            "Plătesc taxa de gunoi pentru patru persoane, dar doi nu locuiesc aici; cer recalculare.",
            "salubrizare",
            "petitie",
            "taxe-impozite",
            "waste-fee",
        ),
        (
            "Nu s-a ridicat gunoiul, de ce mai plătesc taxa de gunoi pentru trei persoane?",
            "salubrizare",
            "petitie",
            "mediu-salubritate",
            "",
        ),
        ("Reclam abuzul polițistului local Rusu.", "ordine-zgomot", "petitie", "juridic", "conflict"),
        ("Reclam abuzul polițistului local Rusu.", "animale", "petitie", "mediu-salubritate", ""),
        ("Formulez plângere prealabilă.", "urbanism-constructii", "plangere-prealabila", "juridic", "prior-complaint"),
        ("Ștergeți datele mele.", "taxe-impozite", "date-personale", "juridic", "data-protection"),
        ("Sunteți citat.", "asistenta-sociala", "act-instanta", "juridic", "court-paper"),
        ("Avertizare după Legea 361/2022.", "angajare", "petitie", "juridic", "whistleblower"),
        ("Câteva întrebări pentru un articol.", "salubrizare", "presa", "cabinet-primar", "press"),
    ],
)
def test_the_traps_of_this_office_are_routed_by_the_table(
    router: Router, text: str, topic: str, kind: str, department: str, rule: str
) -> None:
    answers, taken = route(router, text, topic, kind)
    assert answers == department
    assert [one.rule for one in taken if one.department] == ([rule] if rule else [])
    assert all(one.why for one in taken)


def test_copies_and_the_competent_authority_are_named_without_moving_the_letter(router: Router) -> None:
    department, (taken,) = route(router, "Vecinul construiește fără autorizație.", "urbanism-constructii")
    assert (department, taken.copies) == ("urbanism", ("politia-locala",))
    department, (taken,) = route(router, "E un miros, cred că e conducta de gaz.", "mediu-poluare")
    assert (department, taken.redirect) == ("mediu-salubritate", "dist-gaze")
    assert taken.detail() == {"rule": "gas-grid", "redirect": "dist-gaze"}


def test_who_answers_gets_no_copy(router: Router) -> None:
    _, taken = route(router, "Cer contractul.", "informatii-publice", "informatii-publice")
    assert [one.copies for one in taken] == [()]
