"""Due dates: the worked cases of the domain reference (5.12) and others computed by hand with a paper calendar."""

from datetime import date
from functools import lru_cache

import pytest

from config.i18n import speaking
from config.town import Holidays, LegalTerm, Tables, load_tables
from registry.deadlines import DueDates, due_dates, explain
from registry.working_days import WorkingCalendar

CALENDAR = WorkingCalendar(Holidays())


@lru_cache
def tables() -> Tables:
    return load_tables()


def term(length: int, unit: str = "days") -> LegalTerm:
    """A term of this length, as the town hall's table would hold it."""
    return LegalTerm.model_validate(
        {
            "id": "test",
            "name": "Probă",
            "kinds": ["petitie"],
            "valid_from": "2002-02-01",
            "valid_to": None,
            "legal_basis": "OG 27/2002, art. 8 alin. (1)",
            "length": length,
            "unit": unit,
            "start": "registration",
            "extension": {"length": 15, "legal_basis": "OG 27/2002, art. 9"},
        }
    )


def three(dates: DueDates) -> tuple[str, str, str]:
    return dates.strict.isoformat(), dates.target.isoformat(), dates.legal.isoformat()


@pytest.mark.parametrize(
    ("start", "length", "strict", "target", "legal"),
    [
        # domain reference 5.12
        ("2026-11-23", 5, "2026-11-28", "2026-11-27", "2026-12-02"),
        ("2026-11-23", 10, "2026-12-03", "2026-12-03", "2026-12-04"),
        ("2026-11-23", 30, "2026-12-23", "2026-12-23", "2026-12-24"),
        ("2026-11-23", 45, "2027-01-07", "2027-01-05", "2027-01-08"),
        ("2026-03-12", 30, "2026-04-11", "2026-04-09", "2026-04-14"),
        ("2026-12-02", 30, "2027-01-01", "2026-12-31", "2027-01-04"),
        ("2027-03-31", 30, "2027-04-30", "2027-04-29", "2027-05-04"),
        # ends of months and leap years
        ("2026-01-01", 30, "2026-01-31", "2026-01-30", "2026-02-02"),
        ("2026-01-15", 30, "2026-02-14", "2026-02-13", "2026-02-16"),
        ("2026-01-29", 30, "2026-02-28", "2026-02-27", "2026-03-02"),
        ("2026-01-30", 30, "2026-03-01", "2026-02-27", "2026-03-02"),
        ("2028-01-30", 30, "2028-02-29", "2028-02-29", "2028-03-01"),
        ("2028-01-31", 30, "2028-03-01", "2028-03-01", "2028-03-02"),
        ("2028-02-29", 30, "2028-03-30", "2028-03-30", "2028-03-31"),
        ("2027-02-28", 30, "2027-03-30", "2027-03-30", "2027-03-31"),
        ("2028-02-19", 10, "2028-02-29", "2028-02-29", "2028-03-01"),
        ("2026-02-18", 10, "2026-02-28", "2026-02-27", "2026-03-02"),
        # Easter, May, Pentecost, August
        ("2026-03-13", 30, "2026-04-12", "2026-04-09", "2026-04-14"),
        ("2026-03-11", 30, "2026-04-10", "2026-04-09", "2026-04-14"),
        ("2026-03-10", 30, "2026-04-09", "2026-04-09", "2026-04-14"),
        ("2026-03-31", 10, "2026-04-10", "2026-04-09", "2026-04-14"),
        ("2026-04-01", 30, "2026-05-01", "2026-04-30", "2026-05-04"),
        ("2026-05-01", 30, "2026-05-31", "2026-05-29", "2026-06-02"),
        ("2026-05-02", 30, "2026-06-01", "2026-05-29", "2026-06-02"),
        ("2026-06-01", 10, "2026-06-11", "2026-06-11", "2026-06-12"),
        ("2027-05-22", 30, "2027-06-21", "2027-06-18", "2027-06-22"),
        ("2027-06-07", 15, "2027-06-22", "2027-06-22", "2027-06-23"),
        ("2026-07-16", 30, "2026-08-15", "2026-08-14", "2026-08-17"),
        # St Andrew and the National Day, Christmas, the change of the year
        ("2026-11-16", 15, "2026-12-01", "2026-11-27", "2026-12-02"),
        ("2026-11-19", 10, "2026-11-29", "2026-11-27", "2026-12-02"),
        ("2026-11-20", 10, "2026-11-30", "2026-11-27", "2026-12-02"),
        ("2026-11-30", 30, "2026-12-30", "2026-12-30", "2026-12-31"),
        ("2026-12-01", 30, "2026-12-31", "2026-12-31", "2027-01-04"),
        ("2026-12-07", 30, "2027-01-06", "2027-01-05", "2027-01-08"),
        ("2026-12-08", 30, "2027-01-07", "2027-01-05", "2027-01-08"),
        ("2026-12-15", 10, "2026-12-25", "2026-12-24", "2026-12-28"),
        ("2026-12-22", 10, "2027-01-01", "2026-12-31", "2027-01-04"),
        ("2026-12-31", 30, "2027-01-30", "2027-01-29", "2027-02-01"),
        ("2027-12-02", 30, "2028-01-01", "2027-12-31", "2028-01-03"),
        ("2027-12-08", 30, "2028-01-07", "2028-01-05", "2028-01-10"),
        ("2027-12-25", 30, "2028-01-24", "2028-01-21", "2028-01-25"),
        # 45 days
        ("2026-02-26", 45, "2026-04-12", "2026-04-09", "2026-04-14"),
        ("2026-09-01", 45, "2026-10-16", "2026-10-16", "2026-10-19"),
        ("2027-11-30", 45, "2028-01-14", "2028-01-14", "2028-01-17"),
    ],
)
def test_calendar_days(start: str, length: int, strict: str, target: str, legal: str) -> None:
    assert three(due_dates(term(length), date.fromisoformat(start), CALENDAR)) == (strict, target, legal)


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2026-11-23", 15, "2026-12-16"),  # domain reference 5.12
        ("2026-12-23", 5, "2026-12-31"),
        ("2026-12-31", 5, "2027-01-12"),
        ("2026-04-09", 1, "2026-04-14"),
        ("2026-04-09", 15, "2026-05-05"),
        ("2027-04-29", 2, "2027-05-05"),
        ("2026-08-14", 1, "2026-08-17"),
        ("2028-04-13", 3, "2028-04-20"),
        ("2026-05-29", 1, "2026-06-02"),
    ],
)
def test_working_days_end_on_one_day_in_every_view(start: str, length: int, end: str) -> None:
    dates = due_dates(term(length, "working-days"), date.fromisoformat(start), CALENDAR)
    assert three(dates) == (end, end, end)


@pytest.mark.parametrize(
    ("start", "length", "strict", "target", "legal"),
    [
        ("2026-01-31", 1, "2026-02-28", "2026-02-27", "2026-03-02"),
        ("2028-01-31", 1, "2028-02-29", "2028-02-29", "2028-02-29"),
        ("2026-11-30", 1, "2026-12-30", "2026-12-30", "2026-12-30"),
        ("2026-12-31", 1, "2027-01-31", "2027-01-29", "2027-02-01"),
        ("2026-12-31", 3, "2027-03-31", "2027-03-31", "2027-03-31"),
        ("2026-11-30", 3, "2027-02-28", "2027-02-26", "2027-03-01"),
        ("2027-11-30", 3, "2028-02-29", "2028-02-29", "2028-02-29"),
        ("2026-03-10", 1, "2026-04-10", "2026-04-09", "2026-04-14"),
        ("2026-05-31", 1, "2026-06-30", "2026-06-30", "2026-06-30"),
        ("2026-10-06", 3, "2027-01-06", "2027-01-05", "2027-01-08"),
        ("2026-11-25", 1, "2026-12-25", "2026-12-24", "2026-12-28"),
    ],
)
def test_months_end_on_the_same_day_number(start: str, length: int, strict: str, target: str, legal: str) -> None:
    assert three(due_dates(term(length, "months"), date.fromisoformat(start), CALENDAR)) == (strict, target, legal)


@pytest.mark.parametrize(
    ("kind", "start", "first", "extended"),
    [
        (
            "petitie",
            "2026-11-23",
            ("2026-12-23", "2026-12-23", "2026-12-24"),
            ("2027-01-07", "2027-01-05", "2027-01-08"),
        ),
        (
            "informatii-publice",
            "2026-11-23",
            ("2026-12-03", "2026-12-03", "2026-12-04"),
            ("2026-12-23", "2026-12-23", "2026-12-24"),
        ),
        (
            "date-personale",
            "2026-11-30",
            ("2026-12-30", "2026-12-30", "2026-12-30"),
            ("2027-02-28", "2027-02-26", "2027-03-01"),
        ),
    ],
)
def test_an_extension_is_one_longer_term_from_the_start(
    kind: str, start: str, first: tuple[str, str, str], extended: tuple[str, str, str]
) -> None:
    day = date.fromisoformat(start)
    own = tables().legal_term(kind, day)
    assert own is not None
    assert three(due_dates(own, day, CALENDAR)) == first
    assert three(due_dates(own, day, CALENDAR, extended=True)) == extended


def test_a_term_without_extension_stays_as_it_is() -> None:
    day = date(2026, 11, 23)
    own = tables().legal_term("plangere-prealabila", day)
    assert own is not None
    assert due_dates(own, day, CALENDAR, extended=True) == due_dates(own, day, CALENDAR)


def test_a_day_off_of_the_town_is_named_as_such() -> None:
    closed = WorkingCalendar(Holidays(extra_nonworking=(date(2026, 12, 23),)))
    dates = due_dates(term(30), date(2026, 11, 23), closed)
    assert three(dates) == ("2026-12-23", "2026-12-22", "2026-12-24")
    with speaking("en"):
        assert "We aim at 22.12.2026, the working day before, because of: day off of the office." in map(
            explain, dates.explanation
        )


def test_the_explanation_reads_in_romanian_and_in_english() -> None:
    own = tables().legal_term("petitie", date(2026, 3, 12))
    assert own is not None
    lines = due_dates(own, date(2026, 3, 12), CALENDAR).explanation
    assert [explain(line) for line in lines] == [
        "Termen: Petiție, 30 de zile. Temei legal: OG 27/2002, art. 8 alin. (1).",
        "Curge de la înregistrarea din 12.03.2026.",
        "Socotit strict, se împlinește la 11.04.2026.",
        "Ținta este 09.04.2026, ultima zi lucrătoare dinainte (sfârșit de săptămână).",
        "Ultima zi legală este 14.04.2026: nu intră în calcul nici prima, nici ultima zi (Codul civil, art. 2.553), "
        "iar o ultimă zi nelucrătoare se mută la următoarea zi lucrătoare (art. 2.554).",
        "Sărbătoare legală în interval: 10.04.2026, Vinerea Mare.",
        "Sărbătoare legală în interval: 12.04.2026, Paștele.",
        "Sărbătoare legală în interval: 13.04.2026, Paștele.",
    ]
    with speaking("en"):
        assert [explain(line) for line in lines][:4] == [
            "Term: Petiție, 30 days. Legal basis: OG 27/2002, art. 8 alin. (1).",
            "It runs from the registration on 12.03.2026.",
            "Counted strictly it ends on 11.04.2026.",
            "We aim at 09.04.2026, the working day before, because of: weekend.",
        ]


def test_the_explanation_of_an_extended_term_of_months_counts_from_receipt() -> None:
    own = tables().legal_term("date-personale", date(2026, 11, 30))
    assert own is not None
    lines = [explain(line) for line in due_dates(own, date(2026, 11, 30), CALENDAR, extended=True).explanation]
    assert lines[0].startswith("Termen: Cerere privind datele personale, 1 lună.")
    assert lines[1] == "Curge de la primirea din 30.11.2026."
    assert lines[2].startswith("Prelungit cu 2 luni, socotit tot de la începutul termenului.")
    assert lines[5].startswith("Ultima zi legală este 01.03.2027: termenul pe luni se împlinește")


def test_a_working_day_term_says_so() -> None:
    lines = [explain(line) for line in due_dates(term(15, "working-days"), date(2026, 11, 23), CALENDAR).explanation]
    assert "15 zile lucrătoare" in lines[0]
    assert lines[3].startswith("Ultima zi legală este 16.12.2026: se socotesc numai zilele lucrătoare")


def test_a_holiday_in_the_way_is_given_as_the_reason() -> None:
    lines = [explain(line) for line in due_dates(term(30), date(2026, 12, 8), CALENDAR).explanation]
    assert lines[3].startswith("Ținta este 05.01.2027, ultima zi lucrătoare dinainte (")
    assert "Ioan" in lines[3]


def test_no_term_is_explained_too() -> None:
    assert explain({"rule": "no-term"}).startswith("Legea nu stabilește un termen")


def test_a_line_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="moon"):
        explain({"rule": "moon"})
