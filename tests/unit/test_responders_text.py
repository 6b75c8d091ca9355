"""Spelling, gaps, hashes, and the parts of a letter."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.models import Reply
from registry.spelling import comma_below, mask_cnp
from responders.content import content_hash
from responders.gaps import Missing, gap, gaps_in
from responders.letter_text import states_legal_basis, take_apart
from responders.spelling import one_line, tidy


def reply(**changes: str) -> Reply:
    fields = {
        "channel": "email",
        "recipient_name": "Ion Pop",
        "recipient_email": "ion.pop@example.ro",
        "recipient_address": "",
        "subject": "Răspuns",
        "body": "Text",
        **changes,
    }
    return Reply(
        case_id=1, letter_id=1, kind="answer", status="draft", created_at=datetime(2026, 11, 23, tzinfo=UTC), **fields
    )


def test_cedilla_letters_become_comma_letters_also_when_written_apart() -> None:
    assert comma_below("Şoseaua şi Ţara ţării s\u0327i t\u0327ara s\u0326i") == "Șoseaua și Țara țării și țara și"


def test_a_personal_number_is_masked_in_the_middle_only() -> None:
    assert mask_cnp("CNP 5980101320015, tel. 0269841394") == "CNP 5•••••••••015, tel. 0269841394"


@given(st.text())
def test_one_line_is_one_line_whatever_comes_in(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert all(letter.isprintable() or letter == " " or ord(letter) > 0x9F for letter in line)


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_gaps_are_found_even_when_their_bracket_was_lost() -> None:
    assert gaps_in(f"a {gap('data')} b [De completat: cine\nc [de completat] d") == ["data", "cine", "…"]
    assert gaps_in("[anexa 1] de completat") == []


def test_a_missing_field_is_false_in_a_condition_and_a_gap_in_the_text() -> None:
    assert not Missing("locul")
    assert str(Missing("locul")) == "[de completat: locul]"


def test_the_hash_covers_everything_that_leaves() -> None:
    original = content_hash(reply())
    changes = {
        "channel": "post",
        "recipient_name": "x",
        "recipient_email": "x",
        "recipient_address": "x",
        "subject": "x",
        "body": "x",
    }
    hashes = {content_hash(reply(**{field: value})) for field, value in changes.items()}
    assert len(hashes | {original}) == len(changes) + 1
    assert content_hash(reply()) == original


def test_moving_text_between_fields_changes_the_hash() -> None:
    assert content_hash(reply(subject="ab", body="c")) != content_hash(reply(subject="a", body="bc"))


@pytest.mark.parametrize(
    ("body", "stated"),
    [
        ("x\nTemei legal: OG 27/2002, art. 8.\n", True),
        ("Temeiul legal: Legea 544/2001", True),
        ("Temei legal:\nCu stimă,", False),
        ("Temei legal: .", False),
        ("Nu există temei legal: nimic", False),
        ("", False),
    ],
)
def test_an_answer_states_its_legal_basis_on_a_line_of_its_own(body: str, stated: bool) -> None:
    assert states_legal_basis(body) is stated


def test_a_letter_is_taken_apart_by_its_fixed_words() -> None:
    text = take_apart(
        "Nr. 1/23.11.2026\nReferitor la: x\n\nBună ziua,\n\nText.\n\nPrimar,\nIon Pop\n\n* * *\n\nDear Sir,", "Primar"
    )
    assert text.heading == ("Nr. 1/23.11.2026", "Referitor la: x")
    assert text.paragraphs == ("Bună ziua,", "Text.")
    assert text.signature == ("Primar,", "Ion Pop")
    assert text.courtesy == ("Dear Sir,",)


@given(st.text(alphabet="Nr. 1\nPrimar,ab*"))
def test_no_word_of_a_text_is_lost_when_it_is_taken_apart(body: str) -> None:
    text = take_apart(body, "Primar")
    kept = [*text.heading, *text.paragraphs, *text.signature, *text.courtesy]
    assert sorted("".join(kept).replace("\n", "").replace(" ", "")) == sorted(
        body.replace("\n* * *\n", "", 1).replace("\n", "").replace(" ", "")
    )
