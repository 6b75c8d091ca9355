"""Bounces that only say in words what happened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bounce_text import BounceText, read_bounce_text

COPY = "\n--- Below this line is a copy of the message.\n\nSubject: permanent error 550 5.1.1 could not be delivered\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("<ion@x.ro>:\nSorry, no mailbox here. (#5.1.1) I've given up.", BounceText("ion@x.ro", "failed", "5.1.1")),
        ("<ion@x.ro>:\n554: delivery error: dd Not valid", BounceText("ion@x.ro", "failed", "5.0.0")),
        ("  ion@x.ro\n  Delivery attempts will continue for some time", BounceText("ion@x.ro", "delayed", "")),
        ("Mesajul nu a putut fi livrat.", BounceText("", "failed", "")),
        ("Ihre Nachricht konnte nicht zugestellt werden: 552 5.2.2 voll", BounceText("", "failed", "5.2.2")),
        ("A levél nem kézbesíthető.", BounceText("", "failed", "")),
        ("Host 192.5.1.1 and 5.1.1.2 were asked in 2026.", BounceText("", "", "")),
        ("Vă mulțumim pentru mesaj.", BounceText("", "", "")),
    ],
)
def test_recipient_action_and_status_are_read_from_the_words(words: str, said: BounceText) -> None:
    assert read_bounce_text("", words) == said
    assert read_bounce_text("", words + COPY) == said


def test_exims_field_says_for_whom_it_failed() -> None:
    assert read_bounce_text("ana@x.ro, ion@x.ro", "x") == BounceText("ana@x.ro", "failed", "")


@pytest.mark.parametrize("text", ["\n" * 500_000, " " * 500_000, "-" * 500_000, "4.4." * 100_000, "a@" * 100_000])
def test_endless_texts_are_read_in_no_time(text: str) -> None:
    assert read_bounce_text("", text) == BounceText()


@given(st.text(max_size=2000), st.text(max_size=300))
def test_any_text_is_read_without_an_error(text: str, recipients: str) -> None:
    assert read_bounce_text(recipients, text).action in {"", "failed", "delayed"}
