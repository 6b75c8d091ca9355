"""Drafts: what stands in them, where it comes from, and what stays open."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from config.town import LegalTerm, load_tables
from registry.models import Case, Decision, Fact, Letter, RegisterEntry
from responders.context import DraftContext, context_for, own_text, term_wording
from responders.drafts import COURTESY_RULE, Draft, draft
from responders.gaps import gaps_in
from responders.kinds import ReplyKind
from responders.templates import load_templates

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
TABLES = load_tables()
TEMPLATES = load_templates()
TEXT = (
    "Subsemnata Ştefania Moldovan, domiciliată în str. Arieș nr. 14, vă sesizez că pe str. Gării nr. 5 este o groapă."
)


def context(
    letter: dict[str, Any] | None = None,
    case: dict[str, Any] | None = None,
    entry: dict[str, Any] | None = None,
    *,
    language: str = "ro",
    own_number: bool = False,
) -> DraftContext:
    letter_fields = {
        "channel": "email",
        "reply_address": "stefania@example.ro",
        "subject": "Groapă pe strada Gării",
        "text": TEXT,
        **(letter or {}),
    }
    row = Letter(
        id=12, entry_id=5, raw_sha256="0" * 64, received_at=AT, registered_at=AT, status="read", **letter_fields
    )
    case_fields = {
        "kind": "petitie",
        "topic": "drumuri-trotuare",
        "department": "directia-tehnica",
        "petitioner_name": "Ştefania Moldovan",
        "legal_on": date(2026, 12, 24),
        **(case or {}),
    }
    matter = Case(id=3, status="registered", opened_at=AT, registered_on=date(2026, 11, 23), **case_fields)
    line = RegisterEntry(
        id=5, series="general", year=2026, number=123, direction="in", registered_at=AT, **(entry or {})
    )
    facts = [
        Fact(
            letter_id=12,
            kind="address",
            value=value,
            start=row.text.index(value),
            end=row.text.index(value) + len(value),
        )
        for value in ("str. Arieș nr. 14", "str. Gării nr. 5")
        if value in row.text
    ]
    decision = Decision(
        letter_id=12, made_at=AT, topic=matter.topic, department=matter.department, kind=matter.kind, language=language
    )
    return context_for(
        row, matter, line, decision, facts, TABLES, letter_names=TEMPLATES.letter_names, own_number=own_number
    )


def place_of(written: Draft, field: str) -> str:
    return next(f"{one['source']} {one['place']}" for one in written.sources if one["field"] == field)


def test_a_draft_has_number_reference_salutation_legal_basis_and_signature() -> None:
    body = draft(context(), TEMPLATES).body
    assert body.startswith(
        "Nr. 123/23.11.2026\nReferitor la: petiția dumneavoastră nr. 123/23.11.2026\n\n"
        "Stimată doamnă Ștefania Moldovan,\n\n"
    )
    assert "Temei legal: OG 27/2002, art. 8 alin. (1)." in body
    assert body.endswith(f"Cu stimă,\n\n{TABLES.office.signatory_title},\n{TABLES.office.signatory}")
    assert "reprezentanții Direcției Tehnice" in body


def test_every_value_in_a_draft_says_where_it_was_read() -> None:
    written = draft(context(), TEMPLATES)
    assert place_of(written, "number") == "register register_entries:5"
    assert place_of(written, "salutation") == "letter letters:12 text 0-10"
    assert place_of(written, "legal_basis") == "table legal_terms.yaml petition"
    assert place_of(written, "signatory") == "table office.yaml signatory"
    start = TEXT.index("str. Gării")
    assert place_of(written, "place") == f"letter letters:12 text {start}-{start + len('str. Gării nr. 5')}"
    for source in written.sources:
        assert source["value"] in written.subject + written.body


def test_the_writers_home_is_not_taken_for_the_place_of_the_matter() -> None:
    written = draft(
        context({"text": "Subsemnata X, domiciliată în str. Arieș nr. 14, vă sesizez o groapă."}), TEMPLATES
    )
    assert "Arieș" not in written.body
    assert "locul la care se referă" in gaps_in(written.body)


def test_what_the_record_does_not_know_is_a_gap() -> None:
    written = draft(context(case={"department": ""}), TEMPLATES)
    assert "compartimentului" in gaps_in(written.body)
    assert "None" not in written.body


def test_outgoing_text_never_has_cedilla_letters() -> None:
    written = draft(context({"subject": "Reparaţie şosea"}), TEMPLATES)
    assert written.subject == "Re: Reparație șosea"
    assert not set("şţŞŢ") & set(written.body)


@pytest.mark.parametrize(
    ("letter", "kind", "subject"),
    [
        ({}, ReplyKind.ANSWER, "Re: Groapă pe strada Gării"),
        ({"subject": "RE: Groapă"}, ReplyKind.ANSWER, "RE: Groapă"),
        ({"subject": ""}, ReplyKind.ANSWER, "Răspuns la petiția dumneavoastră nr. 123/23.11.2026"),
        ({"subject": "CNP 5980101320015"}, ReplyKind.ANSWER, "Răspuns la petiția dumneavoastră nr. 123/23.11.2026"),
        ({"channel": "post"}, ReplyKind.ANSWER, "Răspuns la petiția dumneavoastră nr. 123/23.11.2026"),
        ({"channel": "post"}, ReplyKind.ACKNOWLEDGEMENT, "Confirmarea înregistrării nr. 123/23.11.2026"),
        ({"subject": "a\r\nBcc: x@example.ro"}, ReplyKind.ANSWER, "Re: a Bcc: x@example.ro"),
    ],
)
def test_the_subject_keeps_the_senders_thread_or_names_what_is_answered(
    letter: dict[str, Any], kind: ReplyKind, subject: str
) -> None:
    assert draft(context(letter), TEMPLATES, kind).subject == subject


def test_a_personal_number_in_the_letters_subject_is_masked_in_the_text() -> None:
    body = draft(context({"subject": "CNP 5980101320015"}), TEMPLATES).body
    assert "5980101320015" not in body
    assert "5•••••••••015" in body


def test_template_words_in_a_letter_are_only_words() -> None:
    written = draft(context({"subject": "{{ signatory }} {% if %}"}), TEMPLATES)
    assert "„{{ signatory }} {% if %}”" in written.body


def test_the_senders_own_number_is_cited() -> None:
    entry = {"correspondent_number": "18722/XI", "correspondent_date": date(2026, 11, 11)}
    body = draft(context(case={"kind": "corespondenta-institutii"}, entry=entry), TEMPLATES).body
    assert "(numărul dumneavoastră: 18722/XI/11.11.2026)" in body


def test_an_answer_with_a_number_of_its_own_waits_for_it_until_approval() -> None:
    body = draft(context(own_number=True), TEMPLATES).body
    assert body.startswith("Nr. [numărul se dă la aprobare]\nReferitor la: petiția dumneavoastră nr. 123/23.11.2026\n")
    assert "numărul răspunsului" not in gaps_in(body)


def test_an_acknowledgement_says_number_department_and_term_and_has_no_gaps() -> None:
    body = draft(context(), TEMPLATES, ReplyKind.ACKNOWLEDGEMENT).body
    assert gaps_in(body) == []
    assert "cu nr. 123/23.11.2026" in body
    assert "repartizată Direcției Tehnice" in body
    assert "30 de zile, până cel târziu la 24.12.2026" in body


def test_a_foreign_letter_gets_the_romanian_letter_and_a_courtesy_text() -> None:
    body = draft(context(language="hu"), TEMPLATES).body
    romanian, courtesy = body.split(f"\n\n{COURTESY_RULE}\n\n")
    assert "Temei legal:" in romanian
    assert "Tisztelt Ștefania Moldovan!" in courtesy


def test_quoted_text_gives_no_evidence_for_the_salutation() -> None:
    text = "Mulțumesc.\n\n> Subsemnatul Ion Pop"
    letter = Letter(
        entry_id=1,
        channel="email",
        raw_sha256="0",
        received_at=AT,
        registered_at=AT,
        status="read",
        text=text,
        own_text_spans=[[0, 10]],
    )
    assert "Subsemnatul" not in own_text(letter)
    assert len(own_text(letter)) == len(text)


@pytest.mark.parametrize(
    ("length", "unit", "words"),
    [
        (10, "days", "10 zile"),
        (15, "working-days", "15 zile lucrătoare"),
        (30, "days", "30 de zile"),
        (101, "days", "101 zile"),
        (1, "months", "o lună"),
        (3, "months", "3 luni"),
    ],
)
def test_terms_are_counted_as_romanian_counts(length: int, unit: str, words: str) -> None:
    term = LegalTerm.model_validate(
        {
            "id": "xx",
            "name": "x",
            "kinds": (),
            "valid_from": date(2020, 1, 1),
            "valid_to": None,
            "legal_basis": "x",
            "length": length,
            "unit": unit,
            "start": "registration",
            "extension": None,
        }
    )
    assert term_wording(term) == words


@pytest.mark.parametrize("topic", [topic.slug for topic in TABLES.topics])
def test_every_topic_gives_a_draft_that_only_a_person_can_complete(topic: str) -> None:
    department = next(one.department for one in TABLES.topics if one.slug == topic)
    written = draft(context(case={"topic": topic, "department": department}), TEMPLATES)
    assert gaps_in(written.body)
    assert "Temei legal:" in written.body
