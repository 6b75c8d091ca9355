"""The writer's own address is told apart from the places they write about."""

import pytest

from classifiers.home import home_address
from tests.support.facts import find_facts


def home(text: str, writer: str) -> str:
    return home_address(text, writer, [(fact.start, fact.end) for fact in find_facts(text) if fact.kind == "address"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "HĂRȘAN ELENA\nstr. Moșnei nr. 46, ap. 2\n551024 Mediaș, jud. Sibiu\n\nPe strada Luncii nr. 3 e o groapă.",
            "str. Moșnei nr. 46, ap. 2, 551024 Mediaș, jud. Sibiu",
        ),
        ("Pe strada Luncii nr. 3 e o groapă.\n\nHărșan Elena\nstr. Moșnei nr. 46", "str. Moșnei nr. 46"),
        ("Subsemnata Hărșan Elena, domiciliată în Mediaș, str. Moșnei nr. 46, vă scriu.", "str. Moșnei nr. 46"),
        ("Locuiesc pe strada Moșnei nr. 46. Groapa e pe strada Luncii nr. 3.", "strada Moșnei nr. 46"),
    ],
)
def test_an_answer_goes_to_the_writers_home(text: str, expected: str) -> None:
    assert home(text, "Hărșan Elena") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Pe strada Luncii nr. 3 e o groapă mare. Vă rog să o astupați.\n\nHărșan Elena",
        "Locuiesc aici de mult. Groapa e pe strada Luncii nr. 3.",
        "Elena Hărșan, strada Moșnei",
        "",
    ],
)
def test_a_place_that_is_not_surely_home_is_left_for_a_person(text: str) -> None:
    assert home(text, "Hărșan Elena") == ""
