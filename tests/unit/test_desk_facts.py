"""Facts are said with what is known of them."""

from typing import Any

from desk.fact_view import missing_identification, shown_facts
from registry.models import Fact
from tests.support.factories import tables


def fact(kind: str, value: str, **detail: Any) -> Fact:
    return Fact(letter_id=1, kind=kind, value=value, start=0, end=0, detail=detail or None)


def said(*facts: Fact) -> list[tuple[str, list[str]]]:
    return shown_facts(facts, tables())


def test_a_law_is_said_with_its_article_and_with_doubt_about_it() -> None:
    laws = [
        fact("law", "OG 27/2002", rule="og-27-2002", article="8(1)"),
        fact("law", "OG 27/2003", known="no", perhaps="OG 27/2002"),
        fact("law", "Legea 9999/2001", known="no"),
    ]
    assert said(*laws) == [
        (
            "act normativ",
            [
                "OG 27/2002 (art. 8(1))",
                "OG 27/2003 (poate OG 27/2002)",
                "Legea 9999/2001 (nu este în tabelul nostru de legi)",
            ],
        )
    ]


def test_the_same_value_is_said_once() -> None:
    assert said(fact("date", "01.02.2026"), fact("date", "01.02.2026")) == [("dată", ["01.02.2026"])]


def test_what_is_missing_of_who_writes_is_said() -> None:
    nameless = fact("identification", "incomplete", missing="name,address")
    by_mail = fact("identification", "complete", only="email")
    assert missing_identification([by_mail, nameless]) == "nume, adresă"
    assert said(nameless)[0][1] == ["lipsește: nume, adresă"]
    assert "e-mail" in said(by_mail)[0][1][0]


def test_who_is_complained_about_is_said_with_the_department() -> None:
    (one,) = said(fact("complained-about", "inspectorul Pop", who="official", department="politia-locala"))
    assert one[1][0].startswith("inspectorul Pop (")
    assert "Poliția" in one[1][0]
