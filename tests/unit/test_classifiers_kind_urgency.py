"""Legal kind and danger, read with the model of this checkout and, below it, by their tables of signs."""

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.danger_signs import danger_signs, read_danger
from classifiers.kind_signs import read_table, signs_of
from classifiers.kind_words import kind_reason_sentence
from classifiers.understand import Understander, Understanding, load
from config.town import LETTER_KINDS
from registry.text import stems


@lru_cache
def understander() -> Understander:
    return load()


def understand(text: str, subject: str | None = None) -> Understanding:
    return understander().understand(text, subject)


def words(text: str) -> list[tuple[int, str]]:
    return list(enumerate(stems(text)))


def test_every_row_of_signs_gives_a_known_kind_and_has_words_for_people() -> None:
    for rule in read_table().rules:
        assert rule.kind in LETTER_KINDS
        assert kind_reason_sentence(rule.reason) != rule.reason
    names = [rule.name for rule in read_table().rules]
    assert len(names) == len(set(names))


def test_thanks_in_advance_rule_out_a_letter_of_thanks() -> None:
    assert "multumire" in signs_of("", words("Vă mulțumesc anticipat."), set()).ruled_out
    assert not signs_of("", words("Vă mulțumesc din inimă."), set()).ruled_out


@pytest.mark.parametrize(
    ("text", "laws", "speaking"),
    [
        ("Formulez plângere prealabilă împotriva dispoziției.", set(), ["prior-complaint"]),
        ("Vă cer revocarea actului.", {"Legea 554/2004"}, ["prior-complaint"]),
        ("Am citit legea și mi-a plăcut.", {"Legea 554/2004"}, []),
        ("Solicit ștergerea datelor mele.", {"GDPR"}, ["data-protection"]),
        ("Ștergeți datele. Acest mesaj este confidențial.", {"GDPR"}, []),
    ],
)
def test_a_certain_row_speaks_by_its_phrase_or_by_a_law_with_a_helper(
    text: str, laws: set[str], speaking: list[str]
) -> None:
    assert [rule.reason for rule in signs_of(text, words(text), laws).speaking if rule.certain] == speaking


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Bună ziua, redacția ziarului nostru pregătește un articol. Avem câteva întrebări pentru primar.", "presa"),
        ("Doresc o întâlnire cu domnul primar, când pot veni în audiență? Vă rog să mă programați.", "audienta"),
        ("Avem plăcerea să vă invităm la vernisaj. Vă așteptăm cu drag, confirmați participarea.", "invitatie"),
        ("Firma noastră vă oferă mobilier urban, preț fără TVA, livrare gratuită, catalog pe website.", "oferta"),
        ("Vă mulțumim din inimă pentru parcul cel nou, felicitări întregii echipe!", "multumire"),
        ("Am 34 de ani, caut un loc de muncă, atașez CV-ul și diploma, am permis categoria C.", "angajare"),
        ("Am amenințat că mă duc la presă. Reparați odată groapa din fața blocului!", "petitie"),
        ("Am fost în audiență la dumneavoastră în martie și tot nu s-a reparat trotuarul.", "petitie"),
        ("Bună ziua, vă trimit alăturat scrisoarea mea, cu stimă.", "petitie"),
        (
            "Astăzi scriu o scrisoare de mulțumire: banca e acolo, sub tei. Vă mulțumesc din suflet. Cu recunoștință,",
            "multumire",
        ),
        ("Vă mulțumesc anticipat și vă rog să tăiați copacul uscat din fața blocului.", "petitie"),
    ],
)
def test_the_kind_is_told_from_how_a_letter_is_written(text: str, kind: str) -> None:
    assert understand(text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "Un fir de curent atârnă rupt peste gardul grădiniței și scoate scântei acum, trec copiii pe sub el!",
        "Miroase tare a gaz pe scara blocului, oamenii sunt amețiți, trimiteți pe cineva acum!",
        "Lipsește capacul de canal în mijlocul străzii, un copil era să cadă azi în groapă.",
        "Zidul casei părăsite s-a aplecat spre trotuar, azi au căzut cărămizi lângă elevi, închideți trecerea!",
        "vecinul isi bate copilul de doua ore, tipa, a amenintat cu cutitul, chemati politia repede",
        "Haită de câini agresivi lângă școală, azi au mușcat un elev, copiii nu pot ieși din curte.",
    ],
)
def test_people_in_danger_make_a_letter_urgent_and_the_words_are_shown(text: str) -> None:
    read = understand(text)
    assert read.urgent
    assert read.urgent_words


@pytest.mark.parametrize(
    "text",
    [
        "Vă mulțumim că ați reparat anul trecut stâlpul căzut pe strada noastră.",
        "Vă oferim detectoare de gaz și extinctoare, preț fără TVA, livrare gratuită.",
        "Solicit situația incendiilor din 2019 și cheltuielile cu pompierii voluntari, în format electronic.",
        "Pe strada noastră becurile sunt arse de două luni.",
        "Vă invităm la spectacolul cu foc de tabără și artificii de zilele orașului.",
        "Propun să plantați tei în parc, umbra lor ar fi frumoasă.",
    ],
)
def test_the_same_words_about_the_past_in_an_offer_or_a_show_are_not_urgent(text: str) -> None:
    assert not understand(text).urgent


def test_a_hazard_counts_more_beside_people_and_now() -> None:
    features, hazards = danger_signs("", words("cablu căzut azi lângă copii"))
    assert {"hazard:electric", "sign:now", "beside:now", "beside:people"} <= features.keys()
    assert hazards
    alone, _ = danger_signs("", words("cablu căzut"))
    assert not {"beside:now", "beside:people"} & alone.keys()


def test_every_phrase_of_danger_is_found_in_itself() -> None:
    assert len({group for rows in read_danger().values() for _, group in rows}) > 20
    for text in ("miros de gaz", "fir cazut", "nu respira", "a luat foc", "urs"):
        assert danger_signs("", words(text))[1]


@given(st.text(max_size=300))
def test_any_text_has_signs_in_bounds(text: str) -> None:
    found = words(text)
    features, hazards = danger_signs(text, found)
    assert all(0 <= value <= 3 for value in features.values())
    assert all(0 <= first <= last < len(found) for first, last in hazards)
    assert all(0 <= value <= 3 for value in signs_of(text, found, set()).features.values())
