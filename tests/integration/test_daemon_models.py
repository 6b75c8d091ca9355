"""Which model reads: put to work between two letters, refused when it reads worse, and taken back."""

import json
import shutil
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from classifiers.errors import NothingToLearn
from classifiers.learning import Candidate
from classifiers.log import Correction, correct, corrections
from classifiers.pipeline import MODEL
from config import clock
from daemon import learning as daemon_learning
from daemon.cli import app
from daemon.house import House
from daemon.learning import learn
from daemon.pipeline import process_letter
from daemon.running import PlainRunner
from registry.database import Database
from registry.errors import ModelRefused, ModelUnknown, NoFormerModel
from registry.migrations import bring_up_to_date
from registry.model_versions import ModelState, add_model, current_model, go_back, model_versions, use_model
from registry.models import Decision, Letter, ModelVersion
from registry.store import FileStore
from registry.users import Role
from tests.support.factories import AT, make_case, make_decision, make_letter, make_user, tables
from tests.support.house import settings_of

FIGURES = {"letters": 9, "strict": 0.7, "accepted": 0.8, "top_three": 0.9, "precision": 0.95, "coverage": 0.3}


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "cabinet.toml").write_text(f'data_folder = "{tmp_path}"\n', encoding="utf-8")
    settings = settings_of(tmp_path / "cabinet.toml")
    database = Database(settings.database)
    bring_up_to_date(database)
    return House(settings, tables(), database, FileStore(settings.store_folder))


def current(house: House) -> ModelVersion:
    with house.database.read() as session:
        model = current_model(session)
        assert model is not None
        return model


def another_model(folder: Path, mark: str) -> Path:
    """A copy of the model that came, with one more file, so that it has a version of its own."""
    shutil.copytree(MODEL, folder)
    (folder / "mark").write_text(mark)
    return folder


def corrected_letter(house: House, topic: str = "animale", text: str = "Câinele vecinului latră.") -> int:
    with house.database.write() as session:
        user = make_user(session, role=Role.CLERK)
        letter = make_letter(session, house.store, text=text)
        make_decision(session, letter)
        make_case(session, letter)
        correct(session, letter, user, topic=topic, department="juridic", kind="petitie", tables=tables(), at=AT)
        assert letter.id is not None
        return letter.id


def test_another_model_reads_the_next_letter_without_a_restart_and_one_command_goes_back(
    house: House, tmp_path: Path
) -> None:
    first = house.understander
    assert current(house).version == first.version
    assert house.understander is first
    another_model(tmp_path / "models" / "b", "b")
    with house.database.write() as session:
        add_model(session, "b", "models/b", {}, corrections=1, passed=True, at=clock.now(), actor="test")
        use_model(session, "b", at=clock.now(), actor="test")
        letter = make_letter(session, house.store, b"Subject: Gunoi\r\nFrom: a@example.ro\r\n\r\nGunoi pe strada.\r\n")
    process_letter(PlainRunner(house), letter.id or 0)
    with house.database.write() as session:
        decision = session.exec(select(Decision)).one()
        assert decision.model_version == house.understander.version != first.version
        assert session.get_one(ModelVersion, decision.model_version).state == ModelState.CURRENT
        assert go_back(session, at=clock.now(), actor="test").version == first.version
    assert house.understander.version == first.version


def test_a_model_that_was_lost_or_damaged_stops_no_letter(house: House, tmp_path: Path) -> None:
    first = house.understander
    for version in ("lost", "damaged"):
        if version == "damaged":
            (another_model(tmp_path / "models" / version, "x") / "config.cfg").write_text("[nlp]\n")
        with house.database.write() as session:
            add_model(session, version, f"models/{version}", {}, corrections=1, passed=True, at=AT, actor="test")
            use_model(session, version, at=clock.now(), actor="test")
        assert house.understander is first
    fresh = House(house.settings, house.tables, house.database, house.store)
    assert fresh.understander.version == first.version, "after a restart the model that came reads"


def test_only_models_that_passed_are_put_to_work(house: House) -> None:
    assert house.understander
    with house.database.write() as session:
        add_model(session, "worse", "", {}, corrections=1, passed=False, at=AT, actor="test")
        with pytest.raises(ModelRefused):
            use_model(session, "worse", at=AT, actor="test")
        with pytest.raises(ModelUnknown):
            use_model(session, "none", at=AT, actor="test")
        with pytest.raises(NoFormerModel):
            go_back(session, at=AT, actor="test")


def test_of_every_letter_the_last_correction_is_learned_from_with_its_own_words(house: House) -> None:
    letter_id = corrected_letter(house)
    with house.database.write() as session:
        letter, user = session.get_one(Letter, letter_id), make_user(session)
        letter.text, letter.own_text_spans = "Latră noaptea.\n> citat", [[0, 14]]
        correct(session, letter, user, topic="juridic", department="juridic", kind="petitie", tables=tables(), at=AT)
        make_decision(session, make_letter(session, house.store))
    corrected_letter(house, text="")
    with house.database.read() as session:
        (one,) = corrections(session)
        earlier = corrections(session, [2])
    assert (one.letter_id, one.old_topic, one.topic, one.text) == (letter_id, "animale", "juridic", "Latră noaptea.")
    assert [row.topic for row in earlier] == ["animale"]


def test_a_candidate_is_kept_in_the_data_folder_and_learned_from_once(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training itself is tested with a small corpus in test_classifiers_learning."""
    letter_id = corrected_letter(house)
    seen: list[list[int]] = []

    def candidate(
        known: list[Correction], before: list[Correction], folder: Path, *_: object, **__: object
    ) -> Candidate:
        seen.append([one.letter_id for one in before])
        report = {"decisions": [one.decision_id for one in known], "former": FIGURES, "candidate": FIGURES}
        return Candidate("trained", another_model(folder / "model", "t"), report)

    monkeypatch.setattr(daemon_learning, "make_candidate", candidate)
    learned = learn(house, put_to_work=True, actor="test")
    assert learned is not None
    assert learned.put_to_work
    assert (tmp_path / "models" / "trained" / "config.cfg").exists()
    assert not (tmp_path / "work" / "training").exists(), "the letters' words are gone"
    assert current(house).folder == "models/trained"
    assert learn(house, put_to_work=True, actor="test") is None
    corrected_letter(house)
    learn(house, put_to_work=False, actor="test")
    assert seen == [[], [letter_id]], "the model of now is examined with what it learned from"


def test_a_refused_candidate_leaves_the_model_of_now_at_work(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingToLearn):
        learn(house, put_to_work=True, actor="test")
    corrected_letter(house)
    before = current(house).version
    refused = Candidate("worse", None, {"decisions": [2], "former": FIGURES, "candidate": FIGURES})
    monkeypatch.setattr(daemon_learning, "make_candidate", lambda *_, **__: refused)
    learned = learn(house, put_to_work=True, actor="test")
    assert learned is not None
    assert (learned.model.state, learned.put_to_work) == (ModelState.REFUSED, False)
    assert current(house).version == before
    with house.database.read() as session:
        assert {row.version for row in model_versions(session)} == {before, "worse"}


def test_the_command_line_lists_uses_and_takes_back(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = house.understander.version
    with house.database.write() as session:
        report = {"former": {**FIGURES, "accepted": 0.7}, "candidate": FIGURES}
        add_model(session, "b", "models/b", report, corrections=7, passed=True, at=AT, actor="test")
    monkeypatch.setenv("CABINET_CONFIG", str(tmp_path / "cabinet.toml"))
    runner = CliRunner()
    assert "70.0% → 80.0%" in runner.invoke(app, ["model"]).stdout
    assert "Modelul b citește" in runner.invoke(app, ["model", "use", "b"]).stdout
    rows = {row["version"]: row for row in json.loads(runner.invoke(app, ["model", "list", "--json"]).stdout)}
    assert (rows["b"]["state"], rows[first]["state"]) == ("current", "former")
    assert rows["b"]["corrections"] == 7
    assert first in runner.invoke(app, ["model", "back"]).stdout
    assert current(house).version == first
