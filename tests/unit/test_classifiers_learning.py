"""Learning from corrections, with a tiny corpus: candidates are examined on letters that neither model has seen."""

import json
import shutil
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifiers import learning
from classifiers.errors import NothingToLearn
from classifiers.learning import Examination, Recipe, is_set_aside, make_candidate
from classifiers.letters import read_corpus
from classifiers.log import Correction
from classifiers.pipeline import MODEL
from classifiers.train import CORPUS
from classifiers.understand import load
from config.town import load_tables

EASY = ("iluminat-public", "salubrizare", "taxe-impozite", "audienta")
NOW = Examination(100, 0.7, 0.8, 0.9, 0.95, 0.3, 0.05)
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ZORB = "Zorbul zdrăngăne zilnic, zorbarii zgurmăne și zgurmanii zvâcănesc pe zgorniță."


def tiny_corpus(folder: Path) -> Path:
    """The shortest letters: of every topic three to learn from, of a few that are easily told one set aside."""
    folder.mkdir()
    letters = sorted(read_corpus(CORPUS), key=lambda one: len(one.text))
    for topic in load_tables().topics:
        own = [one for one in letters if one.topic == topic.slug]
        learnt = [one for one in own if not is_set_aside(one.id, 10)][:3]
        asked = [one for one in own if is_set_aside(one.id, 10)][: topic.slug in EASY]
        lines = [json.dumps(asdict(one), ensure_ascii=False) for one in (*learnt, *asked)]
        (folder / f"{topic.slug}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def correction(number: int, topic: str = "animale", text: str = ZORB) -> Correction:
    return Correction(number, number, AT, 1, "altele", topic, "petitie", "ro", False, "", text)


def test_a_candidate_learns_what_people_said_and_is_examined_on_letters_set_aside(tmp_path: Path) -> None:
    folder, corrections = tmp_path, [correction(number) for number in range(1, 16)]
    tiny_corpus(folder / "corpus")
    work = folder / "work"
    recipe = Recipe(load_tables(), folder / "vectors.npz", embedding=False, corpus_folder=folder / "corpus")
    candidate = make_candidate(corrections, [], work, recipe)
    assert candidate.folder is not None, candidate.report
    report = candidate.report
    asked = [one for one in corrections if is_set_aside(f"correction-{one.letter_id}", 5)]
    frozen = [one for one in read_corpus(folder / "corpus") if is_set_aside(one.id, 10)]
    assert asked
    assert report["set_aside"] == {"corpus": len(frozen), "corrections": len(asked)}
    assert report["candidate"]["letters"] == len(frozen) + len(asked)
    assert report["candidate"]["accepted"] > report["former"]["accepted"]
    assert report["decisions"] == [one.decision_id for one in corrections]
    model = load(candidate.folder, embedding=False)
    assert model.version == candidate.version
    assert model.understand(ZORB).topic == "animale"
    for twin in ("former", "candidate-twin"):
        seen = {one.id for one in read_corpus(work / twin / "corpus")}
        assert seen.isdisjoint({one.id for one in frozen})
        assert seen.isdisjoint({f"correction-{one.letter_id}" for one in asked})
    kept = {one.id for one in read_corpus(work / "corpus")}
    assert {one.id for one in frozen} <= kept, "what decides in earnest learns from the whole corpus"
    assert kept.isdisjoint({f"correction-{one.letter_id}" for one in asked})


def test_a_candidate_that_reads_worse_is_refused_and_leaves_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twins' training is left out here: the first one is the model of now, the second the candidate's."""
    outcomes = iter([NOW, replace(NOW, accepted=0.79)])
    twins = []

    def examined(folder: Path, *_: object) -> Examination:
        shutil.copytree(MODEL, folder / "model")
        twins.append(folder.name)
        return next(outcomes)

    monkeypatch.setattr(learning, "_examined", examined)
    corpus = tiny_corpus(tmp_path / "corpus")
    recipe = Recipe(load_tables(), tmp_path / "vectors.npz", corpus_folder=corpus)
    candidate = make_candidate([correction(1)], [], tmp_path / "work", recipe)
    assert twins == ["former", "candidate-twin"]
    assert candidate.folder is None
    assert candidate.report["former"]["accepted"] > candidate.report["candidate"]["accepted"]
    assert "training" not in candidate.report
    assert not (tmp_path / "work" / "model").exists()


def test_nothing_is_trained_without_corrections(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn):
        make_candidate([], [], tmp_path, Recipe(load_tables(), tmp_path / "vectors.npz"))


def test_a_model_may_be_surer_but_neither_less_often_right_nor_less_precise() -> None:
    assert NOW.no_worse_than(NOW)
    assert replace(NOW, coverage=0.5).no_worse_than(NOW)
    assert not replace(NOW, accepted=0.79).no_worse_than(NOW)
    assert not replace(NOW, precision=0.94).no_worse_than(NOW)


def test_always_the_same_letters_are_set_aside() -> None:
    chosen = [one.id for one in read_corpus(CORPUS) if is_set_aside(one.id, 10)]
    assert 0.07 < len(chosen) / len(read_corpus(CORPUS)) < 0.13
    assert chosen == [one.id for one in read_corpus(CORPUS) if is_set_aside(one.id, 10)]
