"""Training and measuring."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.errors import CorpusEmpty, LineUnreadable, TopicUnknown
from classifiers.evaluate import classify_jsonl, evaluate
from classifiers.topic_pool import fit_pool, pool
from classifiers.train import CORPUS, train
from classifiers.understand import load


def small_corpus(folder: Path) -> Path:
    folder.mkdir()
    for path in CORPUS.glob("*.jsonl"):
        lines = path.read_text(encoding="utf-8").splitlines()[:4]
        (folder / path.name).write_text("\n".join(lines), encoding="utf-8")
    return folder


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_training_twice_gives_the_same_bytes_wherever_the_corpus_lies(tmp_path: Path) -> None:
    first, second = small_corpus(tmp_path / "a"), small_corpus(tmp_path / "elsewhere")
    assert train(first, tmp_path / "one") == train(second, tmp_path / "two")
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert load(tmp_path / "one").understand("Sunt gropi în asfalt.").topic == "drumuri-trotuare"


def test_the_committed_model_is_of_the_committed_corpus() -> None:
    report = json.loads((CORPUS.parent / "model" / "report.json").read_text(encoding="utf-8"))
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in CORPUS.glob("*.jsonl"))
    assert report["letters"] == lines, "the corpus has changed: run make train"


def test_the_model_holds_no_words_of_letters() -> None:
    model = CORPUS.parent / "model"
    assert not (model / "vocab").exists()
    assert sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) < 3_000_000


def test_an_empty_corpus_and_a_strange_topic_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CorpusEmpty, match="altele"):
        train(tmp_path, tmp_path / "model")
    letter = {"id": "x-1", "text": "ceva", "topic": "necunoscut"}
    (tmp_path / "x.jsonl").write_text(json.dumps(letter), encoding="utf-8")
    with pytest.raises(TopicUnknown, match="necunoscut"):
        train(tmp_path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text('{"id": "1", "text": "bine", "topic": "altele"}\n{rupt\n', encoding="utf-8")
    with pytest.raises(LineUnreadable, match=r"letters\.jsonl.*2"):
        evaluate(path, load())


def test_evaluation_counts_first_second_and_first_three(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "text": "Sunt gropi în asfalt, asfaltați strada.", "topic": "drumuri-trotuare", "urgent": False},
        {"id": "2", "text": "Nu arde niciun bec pe stradă.", "topic": "ordine-zgomot", "topic_alt": "iluminat-public"},
        {"id": "3", "text": "Câinii vagabonzi latră și mușcă.", "topic": "presa", "topic_alt": None},
    ]
    path = tmp_path / "letters.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    result = evaluate(path, load())
    assert (result.letters, result.strict, result.accepted) == (3, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert result.confusion == {("presa", "animale"): 1}
    assert result.department is None
    assert "presa → animale" in str(result)
    json.dumps(result.to_json())


def test_classifying_a_file_writes_one_line_per_letter_without_facts(tmp_path: Path) -> None:
    rows = [{"id": 7, "text": "Nu arde becul. CNP 5980101320015"}, {"id": "b", "text": "", "subject": None}]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert classify_jsonl(tmp_path / "in.jsonl", tmp_path / "out.jsonl", load()) == 2
    out = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    first, second = (json.loads(line) for line in out.splitlines())
    assert (first["id"], first["topic"], second["abstain_reason"]) == ("7", "iluminat-public", "empty")
    assert "5980101320015" not in out
    assert {"topics", "department", "kind", "language", "urgent", "abstained", "evidence"} <= set(first)


def test_the_pool_learns_which_view_to_trust_and_has_a_setting_for_each_set() -> None:
    random = np.random.default_rng(1)
    gold = random.integers(0, 4, 200)
    good = np.log(np.full((200, 4), 0.1) + 0.6 * np.eye(4)[gold])
    noise = np.log(random.dirichlet(np.ones(4), 200))
    fitted = fit_pool({"good": good, "noise": noise}, gold, np.eye(4, dtype=bool)[gold])
    assert set(fitted) == {"good", "noise", "good+noise"}
    assert fitted["good+noise"].weights["good"] > 0.8
    assert pool({"good": good, "noise": noise}, fitted["good+noise"]).sum(axis=1) == pytest.approx(np.ones(200))
