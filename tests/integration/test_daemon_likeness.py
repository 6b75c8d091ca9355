"""Letters that are like earlier ones: found on the way through the house, and only ever proposed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import col, select

from daemon.entering import enter_file
from daemon.house import House
from daemon.pipeline import process_letter
from daemon.running import PlainRunner
from daemon.steps.likeness import find_similar, record_similar
from registry.database import Database
from registry.likeness import Likeness, LikenessState, campaign_sizes, marked_letters
from registry.migrations import bring_up_to_date
from registry.models import Case, Decision, Letter, LetterSignature, SimilarLetter
from registry.store import FileStore
from tests.support.factories import tables
from tests.support.house import settings_of
from tests.support.mails import mail, text

Send = Callable[..., int]
TREES = (
    "Vrem ca pe strada Gării să rămână teii bătrâni. Am aflat din ziar că proiectul de modernizare prevede tăierea "
    "tuturor copacilor de pe partea dreaptă, deși sunt sănătoși și țin umbră la trei sute de oameni. Cerem să se facă "
    "o dezbatere publică înainte de orice tăiere și să ni se arate studiul dendrologic."
)
LAMPS = (
    "De la începutul lunii nu mai arde niciun bec pe strada Arieș, între numerele 4 și 30. Seara copiii vin de la "
    "antrenament prin întuneric, iar ieri o bătrână a căzut în șanț. Am sunat la dispecerat de două ori fără folos."
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "cabinet.toml").write_text(f'data_folder = "{tmp_path}"\n', encoding="utf-8")
    settings = settings_of(tmp_path / "cabinet.toml")
    database = Database(settings.database)
    bring_up_to_date(database)
    return House(settings, tables(), database, FileStore(settings.store_folder))


@pytest.fixture
def send(house: House, tmp_path: Path) -> Send:
    def put_through(body: str, sender: str, *, subject: str = "Sesizare", process: bool = True) -> int:
        path = tmp_path / "letter.eml"
        path.write_bytes(mail(text(body), subject=subject, sender=sender))
        letter_id = enter_file(house, path).letter_id
        if process:
            process_letter(PlainRunner(house), letter_id)
        return letter_id

    return put_through


def proposals(house: House) -> set[tuple[int, int, str]]:
    with house.database.read() as session:
        return {(row.letter_id, row.other_id, row.why) for row in session.exec(select(SimilarLetter))}


def test_one_text_of_three_people_is_a_campaign_and_no_case_is_joined(house: House, send: Send) -> None:
    first = send(TREES + "\n\nMaria Ilie", "maria@example.ro")
    lamps = send(LAMPS, "dan@example.ro")
    second = send("Bună ziua,\n" + TREES + "\nCu stimă,\nIon Lazăr", "ion@example.ro")
    assert proposals(house) == {(second, first, Likeness.NEAR_COPY)}
    third = send(TREES.replace("ș", "s").replace("ă", "a") + "\nEva Moga", "eva@example.ro")
    assert {(third, first, Likeness.CAMPAIGN), (second, first, Likeness.CAMPAIGN)} <= proposals(house)
    fourth = send(TREES, "ana@example.ro")
    with house.database.read() as session:
        assert campaign_sizes(session, [first]) == {first: 4}
        assert marked_letters(session, [first, lamps, fourth]) == {fourth: Likeness.CAMPAIGN}
        cases = session.exec(select(Letter.case_id)).all()
    assert len(set(cases)) == 5


def test_the_same_person_sending_a_text_three_times_is_no_campaign(house: House, send: Send) -> None:
    for _ in range(3):
        send(TREES, "maria@example.ro", subject=f"Sesizare {_}")
    assert Likeness.CAMPAIGN not in {why for _letter, _other, why in proposals(house)}


def test_the_same_person_on_the_same_street_again_is_proposed_as_the_same_matter(house: House, send: Send) -> None:
    first = send(LAMPS, "dan@example.ro")
    send("Nu s-a ridicat gunoiul de pe strada Cibin de două săptămâni, pubelele sunt pline.", "dan@example.ro")
    again = send("Revin: tot nu arde niciun bec pe strada Arieș, este beznă. Când reparați?", "dan@example.ro")
    assert (again, first, Likeness.SAME_PETITIONER) in proposals(house)
    assert not any(letter == again and other not in (first,) for letter, other, _why in proposals(house))


def test_letters_that_are_read_at_once_find_each_other(house: House, send: Send) -> None:
    """Both looked at the record before either was in it."""
    letters = [send(TREES, "maria@example.ro"), send(LAMPS, "dan@example.ro")]
    with house.database.write() as session:
        for row in [*session.exec(select(SimilarLetter)), *session.exec(select(LetterSignature))]:
            session.delete(row)
        session.get_one(Letter, letters[1]).text = session.get_one(Letter, letters[0]).text
        session.get_one(Letter, letters[1]).own_text_spans = []
    looked = [(one, find_similar(house, one)) for one in letters]
    for one, found in looked:
        assert found["alike"] == []
        with house.database.write() as session:
            record_similar(house, session, one, found)
    assert proposals(house) == {(letters[1], letters[0], Likeness.NEAR_COPY)}


def test_quoted_mail_and_formulas_make_no_letters_alike(house: House, send: Send) -> None:
    formula = (
        "Bună ziua,\nÎn temeiul OG 27/2002 vă solicit răspuns scris în termenul legal.\n{}\nCu stimă,\n{}\n"
        "Acest mesaj este confidențial și destinat exclusiv persoanei căreia îi este adresat.\n"
    )
    quoted = "\nPe 12 nov. 2026, Primăria Mediaș <p@medias.example> a scris:\n> " + TREES.replace(". ", ".\n> ")
    send(formula.format("Nu arde becul la numărul patru.", "Ion") + quoted, "ion@example.ro")
    send(formula.format("Cer adeverință pentru bursă.", "Ana") + quoted, "ana@example.ro")
    assert proposals(house) == set()


def test_a_letter_read_anew_keeps_what_people_said_about_its_likeness(house: House, send: Send) -> None:
    first, second = send(TREES, "maria@example.ro"), send(TREES + " Mulțumim.", "ion@example.ro")
    with house.database.write() as session:
        row = session.exec(select(SimilarLetter)).one()
        row.state = LikenessState.DISMISSED
    found = find_similar(house, second)
    assert [other for other, _why, _score in found["alike"]] == [first]
    with house.database.write() as session:
        record_similar(house, session, second, found)
    with house.database.read() as session:
        assert session.exec(select(SimilarLetter)).one().state == LikenessState.DISMISSED
        assert session.exec(select(Case.id).order_by(col(Case.id))).all() == [1, 2]


def test_a_decision_names_the_nearest_earlier_letters_as_evidence(house: House, send: Send) -> None:
    send(LAMPS, "dan@example.ro")
    first = send(TREES, "maria@example.ro")
    second = send(TREES.replace("teii", "platanii"), "ion@example.ro")
    with house.database.read() as session:
        nearest = session.exec(select(Decision.nearest).order_by(col(Decision.letter_id))).all()
    assert nearest[0] is None
    assert nearest[-1] is not None
    assert nearest[-1][0]["letter_id"] == first
    assert nearest[-1][0]["similarity"] > 0.6
    assert second not in [one["letter_id"] for one in nearest[-1]]
