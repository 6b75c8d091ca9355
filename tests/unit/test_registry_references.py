"""Registration numbers in what people write: ours are found, those of laws and papers are not."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.joins import Reference, references_in


def found(text: str, *, sure: bool = False) -> list[Reference]:
    return list(references_in(text, sure=sure))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Revin la cererea mea nr. 123/24.11.2026, la care nu am primit răspuns.",
            Reference(123, 2026, date(2026, 11, 24)),
        ),
        ("petiția înregistrată cu nr. 77 / 2026", Reference(77, 2026, None)),
        ("Sesizarea înregistrată sub nr 1045/02-03-2026", Reference(1045, 2026, date(2026, 3, 2))),
        ("ref. adresei dvs. nr. 5/1.2.2026", Reference(5, 2026, date(2026, 2, 1))),
        ("RĂSPUNSUL NR. 12/24.11.2026", Reference(12, 2026, date(2026, 11, 24))),
        ("iktatószám: 9/2026", Reference(9, 2026, None)),
        ("am depus reclamația 300/2026", Reference(300, 2026, None)),
    ],
)
def test_a_number_of_ours_is_found_with_its_day_if_there_is_one(text: str, expected: Reference) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Conform HCL 45/2026 și Legii nr. 544/2001",
        "contractul nr. 12/24.11.2026",
        "factura 77/01.10.2026",
        "dosarul 123/2026 de la judecătorie",
        "am plătit 10/2026",
        "nr. 4/33.13.2026",
        "telefon 0269/123456, int. 12/14",
        "certificatul de urbanism nr. 9/2026",
        "cererea 1/2/2026/3",
    ],
)
def test_numbers_of_laws_and_papers_are_not_taken_for_ours(text: str) -> None:
    assert found(text) == []


def test_in_the_subject_of_an_answer_the_number_needs_no_word_before_it() -> None:
    assert found("Re: 12/2026", sure=True) == [Reference(12, 2026, None)]
    assert found("Re: OUG 27/2002", sure=True) == []


def test_a_long_list_is_cut() -> None:
    text = "\n".join(f"cererea nr. {number}/24.11.2026" for number in range(1, 60))
    assert len(found(text)) == 20


@given(st.text(alphabet="0123456789/. -cerernCERăș\n", max_size=400))
def test_any_text_gives_only_days_that_exist(text: str) -> None:
    for reference in found(text):
        assert reference.on is None or reference.on.year == reference.year
