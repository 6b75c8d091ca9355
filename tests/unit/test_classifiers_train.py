"""Training and measuring."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from classifiers.errors import CorpusEmpty, LineUnreadable, TopicUnknown
from classifiers.evaluate import classify_jsonl, evaluate
from classifiers.letters import read_corpus, read_post
from classifiers.topic_pool import fit_setting
from classifiers.train import CORPUS, _Gold, _wins, train
from classifiers.understand import load


def small_corpus(folder: Path) -> Path:
    folder.mkdir()
    for path in CORPUS.glob("*.jsonl"):
        # The shortest letters, for the embedding reads a long one in a third of a second.
        lines = sorted(path.read_text(encoding="utf-8").splitlines(), key=len)[:2]
        (folder / path.name).write_text("\n".join(lines), encoding="utf-8")
    return folder


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_training_twice_gives_the_same_bytes_wherever_the_corpus_lies(tmp_path: Path) -> None:
    first, second, vectors = small_corpus(tmp_path / "a"), small_corpus(tmp_path / "elsewhere"), tmp_path / "vectors"
    assert train(first, tmp_path / "one", vectors) == train(second, tmp_path / "two", vectors)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert load(tmp_path / "one").understand("Sunt gropi în asfalt.").topic == "drumuri-trotuare"


def test_a_model_trained_without_the_embedding_reads_without_it(tmp_path: Path) -> None:
    train(small_corpus(tmp_path / "corpus"), tmp_path / "model", tmp_path / "vectors", embedding=False)
    read = load(tmp_path / "model").understand("Sunt gropi în asfalt.")
    assert (read.topic, read.views) == ("drumuri-trotuare", "kind+rules+stems")
    assert not (tmp_path / "vectors").exists()


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
    assert result.letters == 3
    assert (result.strict, result.accepted) == pytest.approx((1 / 3, 2 / 3))
    assert result.confusion == {("presa", "animale"): 1}
    assert result.department is None
    assert sum(one.letters for one in result.reliability) == 3
    assert {one.name: one.letters for one in result.by_group} == {"ro": 3}
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


def opinions(letters: int = 400, topics: int = 4) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """A good view, a view of pure noise, and the topics they were made from."""
    random = np.random.default_rng(1)
    gold = random.integers(0, topics, letters)
    said = np.where(random.random(letters) < 0.8, gold, random.integers(0, topics, letters))
    good = np.log(np.full((letters, topics), 0.1) + 0.6 * np.eye(topics)[said])
    return {"good": good, "noise": np.log(random.dirichlet(np.ones(topics), letters))}, gold, np.eye(topics) == 1


def test_the_pool_learns_which_view_to_trust_and_how_far() -> None:
    views, gold, same = opinions()
    setting = fit_setting(views, gold, same[gold], np.zeros(len(gold), dtype=bool))
    assert setting.weights["good"] > 0.8
    probabilities, confidence = setting.read(views, np.zeros(len(gold), dtype=bool))
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(gold)))
    right = probabilities.argmax(axis=1) == gold
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.03)


def test_a_further_view_is_kept_only_if_it_makes_more_letters_right() -> None:
    views, gold, same = opinions()
    truth = _Gold(gold, same[gold], np.zeros(len(gold), dtype=bool))
    assert not _wins("noise", views, truth)
    assert _wins("good", views, truth)


def test_half_the_corpus_is_read_without_its_subjects_always_the_same_half() -> None:
    post, letters = read_post(CORPUS), read_corpus(CORPUS)
    assert [one.text for one in post] == [one.text for one in letters]
    had = [place for place, letter in enumerate(letters) if letter.subject]
    kept = [place for place in had if post[place].subject]
    assert 0.4 < len(kept) / len(had) < 0.6
    assert post == read_post(CORPUS)
