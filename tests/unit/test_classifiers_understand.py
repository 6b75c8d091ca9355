"""Reading one letter with the model of this checkout."""

import json
import time
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.errors import ModelDoesNotFit, ModelMissing
from classifiers.kind_words import doubt_sentence, kind_name, kind_reason_sentence
from classifiers.legal_kind import read_rules
from classifiers.understand import LONGEST_TEXT, Understander, Understanding, load
from config.town import DEFAULT_TABLES, LETTER_KINDS, load_tables

POTHOLES = (
    "Pe strada Gării asfaltul e plin de gropi de doi ani și trotuarul lipsește. Groapa din dreptul casei mele a rupt "
    "deja două jante. Vă rog asfaltați strada.\n\nMaria Ionescu"
)


@lru_cache
def understander() -> Understander:
    return load()


def understand(text: str, subject: str | None = None) -> Understanding:
    return understander().understand(text, subject)


def test_a_clear_letter_is_understood() -> None:
    read = understand(POTHOLES, "Gropi pe strada Gării")
    assert (read.topic, read.department, read.kind, read.language) == (
        "drumuri-trotuare",
        "directia-tehnica",
        "petitie",
        "ro",
    )
    assert not read.abstained
    assert not read.urgent


def test_all_topics_get_a_probability_best_first() -> None:
    read = understand(POTHOLES)
    assert {slug for slug, _ in read.topics} == {topic.slug for topic in load_tables().topics}
    assert [probability for _, probability in read.topics] == sorted((p for _, p in read.topics), reverse=True)
    assert sum(probability for _, probability in read.topics) == pytest.approx(1, abs=1e-4)
    assert read.confidence == read.topics[0][1]


def test_the_three_spellings_are_understood_alike() -> None:
    comma = "În fața școlii gunoiul nu s-a ridicat de trei săptămâni, pubelele sunt pline și miroase."
    cedilla = comma.replace("ș", "ş").replace("ț", "ţ")
    bare = comma.translate(str.maketrans("ășțîâÎ", "astiaI"))
    readings = [understand(text) for text in (comma, cedilla, bare)]
    assert len({(one.topic, one.topics, one.kind, one.language) for one in readings}) == 1


def test_evidence_is_where_it_says_in_text_and_subject() -> None:
    subject = "Gropi"
    read = understand(POTHOLES, subject)
    assert {one.why for one in read.evidence} >= {"lexicon"}
    assert {one.where for one in read.evidence} == {"text", "subject"}
    for one in read.evidence:
        assert {"text": POTHOLES, "subject": subject}[one.where][one.start : one.end] == one.text


def test_reading_twice_gives_the_same_answer() -> None:
    assert understand(POTHOLES) == understand(POTHOLES)
    assert load().understand(POTHOLES) == understand(POTHOLES)


def test_an_understanding_survives_json() -> None:
    read = understand(POTHOLES + "\nCNP 5980101320015", "Gropi")
    plain = json.loads(json.dumps(read.to_json()))
    assert Understanding.from_json(plain) == read
    assert "5980101320015" not in json.dumps(plain)


@pytest.mark.parametrize("text", ["", " \n\t ", "...!!!"])
def test_a_letter_without_words_is_left_to_a_person(text: str) -> None:
    read = understand(text)
    assert (read.abstained, read.abstain_reason) == (True, "empty")


def test_a_subject_alone_is_read() -> None:
    assert understand("", "Gropi in asfalt pe strada Garii").topic == "drumuri-trotuare"


def test_a_letter_in_another_language_is_left_to_a_person() -> None:
    read = understand("Tisztelt Polgármester Úr! Kérem, hogy az utca és a járda javítása végre kezdődjön meg.")
    assert (read.language, read.abstained, read.abstain_reason) == ("hu", True, "language")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Va rog sa reparati strada, nu se mai poate trece", "ro"),
        ("Sehr geehrter Herr Bürgermeister, wir möchten Sie und Ihre Stadt besuchen", "de"),
        ("Dear Mayor, we would like to visit your town and the museum", "en"),
        ("Tisztelt Polgármester Úr, az utcánkban nem ég a lámpa", "hu"),
        ("", "ro"),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert understand(text).language == language


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("În temeiul Legii 544/2001 vă solicit copia contractului de salubrizare.", "informatii-publice"),
        ("Vă rog să mă înscrieți în audiență la domnul primar, solicit audiență.", "audienta"),
        ("Sunt jurnalist la Monitorul și am câteva întrebări pentru un material jurnalistic.", "presa"),
        ("Formulez plângere prealabilă împotriva dispoziției primarului.", "plangere-prealabila"),
        (
            "Depun reclamație administrativă fiindcă nu ați răspuns la cererea de informații.",
            "reclamatie-administrativa",
        ),
        ("În temeiul GDPR solicit ștergerea datelor mele de pe site.", "date-personale"),
        ("Atașez CV și scrisoare de intenție pentru postul vacant de inspector.", "angajare"),
        ("Avem onoarea de a vă invita la deschiderea expoziției.", "invitatie"),
        ("CITAȚIE. Sunteți citat în fața completului de judecată. Grefier, A. Pop", "act-instanta"),
        ("Conform OG 27/2002 vă sesizez că nu arde niciun bec pe strada Luncii.", "petitie"),
    ],
)
def test_the_legal_kind_is_decided_apart_from_the_topic(text: str, kind: str) -> None:
    assert understand(text).kind == kind


def test_every_rule_gives_a_kind_of_the_law_table_and_has_words_for_people() -> None:
    for rule in read_rules():
        assert rule.kind in LETTER_KINDS
        assert kind_reason_sentence(rule.reason) != rule.reason
    assert all(kind_name(kind) != kind for kind in LETTER_KINDS)
    assert doubt_sentence("unsure") != "unsure"


def test_people_in_danger_make_a_letter_urgent() -> None:
    read = understand("Un cablu electric căzut atârnă peste trotuar, sub tensiune, trec copii pe acolo!")
    assert read.urgent
    assert read.urgent_words


def test_an_ordinary_complaint_is_not_urgent() -> None:
    assert not understand(POTHOLES).urgent


def test_a_very_long_letter_is_read_in_a_few_seconds() -> None:
    before = time.perf_counter()
    read = understand("Pe strada noastră sunt gropi și nu trece plugul. " * 6_000)
    assert read.topic == "drumuri-trotuare"
    assert all(one.end <= LONGEST_TEXT for one in read.evidence)
    assert time.perf_counter() - before < 20


@pytest.mark.parametrize("piece", ["(", "a", "1", "\n", "@", "a.", "str. ", "nr. 1/", "0", "\u0326", "> ", "Ab "])
def test_a_hostile_letter_of_one_repeated_piece_is_read_in_a_few_seconds(piece: str) -> None:
    before = time.perf_counter()
    understand(piece * (LONGEST_TEXT // len(piece)))
    assert time.perf_counter() - before < 20


@settings(deadline=None, max_examples=150)
@given(st.text(st.characters(exclude_categories=[]), max_size=400), st.none() | st.text(max_size=60))
def test_any_text_is_understood(text: str, subject: str | None) -> None:
    read = understand(text, subject)
    assert len(read.topics) == 28
    for one in (*read.evidence, *read.facts):
        assert 0 <= one.start < one.end
    assert Understanding.from_json(json.loads(json.dumps(read.to_json()))) == read


def test_without_a_model_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="make train"):
        load(tmp_path)


def test_a_table_with_a_topic_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    original = (DEFAULT_TABLES / "topics.yaml").read_text(encoding="utf-8")
    (tmp_path / "topics.yaml").write_text(original.replace("slug: altele", "slug: diverse"), encoding="utf-8")
    with pytest.raises(ModelDoesNotFit, match="diverse"):
        load(tables=load_tables(tmp_path))


def test_a_changed_word_list_works_without_training_and_changes_the_version(tmp_path: Path) -> None:
    original = (DEFAULT_TABLES / "topics.yaml").read_text(encoding="utf-8")
    changed = original.replace("lexicon: [", "lexicon: [zdrumbicatul, ", 1)
    (tmp_path / "topics.yaml").write_text(changed, encoding="utf-8")
    own = load(tables=load_tables(tmp_path))
    assert own.version != understander().version
    assert own.understand("zdrumbicatul zdrumbicatul").topic == "drumuri-trotuare"
