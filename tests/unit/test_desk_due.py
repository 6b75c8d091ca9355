"""What a due date means on a given day."""

from datetime import date, timedelta

import pytest

from config.i18n import speaking
from desk.due import due

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("days", "urgency", "word"),
    [(0, "soon", "azi"), (1, "soon", "mâine"), (3, "soon", "peste 3 zile"), (4, "far", "peste 4 zile")],
)
def test_the_nearer_the_date_the_more_urgent(days: int, urgency: str, word: str) -> None:
    found = due(TODAY + timedelta(days=days), TODAY + timedelta(days=days + 2), TODAY)
    assert (found.urgency, found.word) == (urgency, word)


def test_romanian_counts_twenty_days_with_de() -> None:
    assert due(TODAY + timedelta(days=20), None, TODAY).word == "peste 20 de zile"


def test_after_the_target_and_before_the_legal_day_it_says_until_when_it_is_lawful() -> None:
    found = due(TODAY - timedelta(days=1), TODAY + timedelta(days=2), TODAY)
    assert (found.urgency, found.word) == ("late", "depășit, legal până la 27.11")


def test_after_the_legal_day_lateness_is_counted_from_it() -> None:
    assert due(TODAY - timedelta(days=5), TODAY - timedelta(days=2), TODAY).word == "întârziat cu 2 zile"


def test_an_answered_letter_is_not_urgent() -> None:
    assert due(TODAY - timedelta(days=5), None, TODAY, answered=True).urgency == "done"


def test_english_for_those_who_speak_it() -> None:
    with speaking("en"):
        assert due(TODAY + timedelta(days=1), None, TODAY).word == "tomorrow"
