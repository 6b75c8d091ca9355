"""Reading one letter with the model of this checkout."""

import json
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.errors import ModelDoesNotFit, ModelMissing
from classifiers.kind_words import doubt_sentence, kind_name
from classifiers.understand import LONGEST_TEXT, Understander, Understanding, load
from config.town import DEFAULT_TABLES, LETTER_KINDS, load_tables

POTHOLES = (
    "Pe strada Gării asfaltul e plin de gropi de doi ani și trotuarul lipsește. Groapa din dreptul casei mele a rupt "
    "deja două jante. Vă rog asfaltați strada.\n\nMaria Ionescu"
)


@lru_cache
def understander() -> Understander:
    return load()


@lru_cache
def without_embedding() -> Understander:
    return load(embedding=False)


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
    assert 0 < read.confidence < 1


def test_the_three_spellings_are_understood_alike() -> None:
    comma = "În fața școlii gunoiul nu s-a ridicat de trei săptămâni, pubelele sunt pline și miroase."
    cedilla = comma.replace("ș", "ş").replace("ț", "ţ")
    bare = comma.translate(str.maketrans("ășțîâÎ", "astiaI"))
    readings = [understand(text) for text in (comma, cedilla, bare)]
    assert len({(one.topic, one.kind, one.language) for one in readings}) == 1
    by_words = [without_embedding().understand(text) for text in (comma, cedilla, bare)]
    assert len({(one.topic, one.topics, one.kind) for one in by_words}) == 1


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


STRAY_DOGS = "Tisztelt Polgármester Úr! A kóbor kutyák az iskola előtt megharapták a gyereket, kérem, fogják be őket."


def test_a_letter_in_another_language_is_understood_by_its_meaning() -> None:
    read = understand(STRAY_DOGS)
    assert (read.language, read.topic) == ("hu", "animale")


def test_without_the_embedding_a_doubtful_letter_in_another_language_is_left_to_a_person() -> None:
    read = without_embedding().understand("Tisztelt Polgármester Úr! Szeretnék valamit kérdezni Önöktől a jövő hétről.")
    assert (read.language, read.abstained, read.abstain_reason) == ("hu", True, "language")


def test_the_views_that_were_joined_are_named() -> None:
    assert understand(POTHOLES).views == "e5+e5-description+kind+rules+stems"
    assert without_embedding().understand(POTHOLES).views == "kind+rules+stems"
    assert without_embedding().version != understander().version


def test_the_share_of_words_the_model_never_saw_is_told() -> None:
    assert understand("Sunt gropi în asfalt pe strada noastră.").unknown_share < 0.2
    assert understand("Zdrumbicatul prelinghează ovosfera tramvitului.").unknown_share > 0.5


def test_letters_of_one_meaning_have_near_vectors_whatever_their_language() -> None:
    dogs, more_dogs, tax = (
        understander().vector(text)
        for text in (
            STRAY_DOGS,
            "Domnule primar, câinii vagabonzi din fața școlii au mușcat un copil, vă rog să îi prindeți.",
            "Bună ziua, nu pot plăti online impozitul pe clădire și am nevoie de un certificat fiscal.",
        )
    )
    assert dogs is not None
    assert more_dogs is not None
    assert tax is not None
    assert np.linalg.norm(dogs) == pytest.approx(1, abs=1e-3)
    assert dogs @ more_dogs > 0.2 + dogs @ tax
    assert understander().vector(" \n ") is None
    assert without_embedding().vector(STRAY_DOGS) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Va rog sa reparati strada, nu se mai poate trece", "ro"),
        ("Sehr geehrter Herr Bürgermeister, wir möchten Sie und Ihre Stadt besuchen", "de"),
        ("Dear Mayor, we would like to visit your town and the museum", "en"),
        ("Tisztelt Polgármester Úr, az utcánkban nem ég a lámpa", "hu"),
        ("", "ro"),
        ("Sărut mâna, a venit apa", "ro"),
        ("Danke schön, Ihr Frank", "de"),
        ("Köszönöm szépen!", "hu"),
        ("Thanks, we will wait.", "en"),
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


def test_kinds_and_doubts_have_words_for_people() -> None:
    assert all(kind_name(kind) != kind for kind in LETTER_KINDS)
    assert doubt_sentence("unsure") != "unsure"


def test_people_in_danger_make_a_letter_urgent() -> None:
    read = understand("Un cablu electric căzut atârnă peste trotuar, sub tensiune, trec copii pe acolo!")
    assert read.urgent
    assert read.urgent_words


def test_an_ordinary_complaint_is_not_urgent() -> None:
    assert not understand(POTHOLES).urgent


def test_a_very_long_letter_is_read_in_a_few_seconds() -> None:
    before = time.process_time()
    read = understand("Pe strada noastră sunt gropi și nu trece plugul. " * 6_000)
    assert read.topic == "drumuri-trotuare"
    assert all(one.end <= LONGEST_TEXT for one in read.evidence)
    assert time.process_time() - before < 20


@pytest.mark.parametrize("piece", ["(", "a", "1", "\n", "@", "a.", "str. ", "nr. 1/", "0", "\u0326", "> ", "Ab "])
def test_a_hostile_letter_of_one_repeated_piece_is_read_in_a_few_seconds(piece: str) -> None:
    before = time.process_time()
    without_embedding().understand(piece * (LONGEST_TEXT // len(piece)))
    assert time.process_time() - before < 20


@settings(deadline=None, max_examples=150)
@given(st.text(st.characters(exclude_categories=[]), max_size=400), st.none() | st.text(max_size=60))
def test_any_text_is_understood(text: str, subject: str | None) -> None:
    read = without_embedding().understand(text, subject)
    assert len(read.topics) == 28
    assert all(0 <= one.start < one.end for one in read.evidence)
    assert all(0 <= one.start < one.end for one in read.facts)
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
    changed = original.replace("lexicon: [", "lexicon: [zdrumbicat, ", 1)
    (tmp_path / "topics.yaml").write_text(changed, encoding="utf-8")
    own = load(tables=load_tables(tmp_path), embedding=False)
    assert own.version != without_embedding().version
    assert own.understand("Pe strada e un zdrumbicat, iar un zdrumbicat!").topic == "drumuri-trotuare"
