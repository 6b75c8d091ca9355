"""Learning from corrections: a candidate trained on corpus and corrections, examined beside the model it may replace.

Some letters are set aside for examinations: a tenth of the corpus and a fifth of the corrections, chosen by hash, so
always the same ones. Both models are examined as twins: trained by the same recipe as the real ones but without any
set-aside letter, so neither has seen a letter it is asked about. Only if the candidate's twin is no worse, the real
candidate is trained, on everything but the set-aside corrections.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifiers.embedding_cache import KEPT, vectors_kept_in
from classifiers.errors import NothingToLearn
from classifiers.evaluate import figures
from classifiers.letters import Letter, read_corpus
from classifiers.log import Correction
from classifiers.train import CORPUS, TrainingReport, train
from classifiers.understand import Understander, load
from config.town import Tables

MODEL_FOLDER = "model"
CORPUS_SET_ASIDE = 10
CORRECTIONS_SET_ASIDE = 5
"""One of so many letters is set aside."""


@dataclass(frozen=True, slots=True)
class Examination:
    """How a model reads the set-aside letters; shares between 0 and 1.

    `precision`: of the letters the model was sure of (`coverage`), the share it was right about.
    """

    letters: int
    strict: float
    accepted: float
    top_three: float
    precision: float
    coverage: float
    calibration_error: float

    def no_worse_than(self, other: "Examination") -> bool:
        """Whether neither accepted letters nor the precision of the automatic part fall."""
        return self.accepted >= other.accepted and self.precision >= other.precision


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that was trained from corrections. `folder` is None when it failed its examination.

    `report` holds plain values: the decisions learned from, the set-aside letters, both examinations, and what
    training said of the real candidate.
    """

    version: str
    folder: Path | None
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How models are made here: for which tables, from which corpus, with the embedding or without.

    `vectors` is a file for vectors of letters, so that the next training is quicker.
    """

    tables: Tables
    vectors: Path
    embedding: bool = True
    corpus_folder: Path = CORPUS


def make_candidate(
    corrections: Sequence[Correction], former: Sequence[Correction], folder: Path, recipe: Recipe
) -> Candidate:
    """Train and examine a candidate in an empty working folder.

    `corrections` are to be learned from, `former` are those the current model learned from. NothingToLearn without
    corrections; ModelDoesNotFit if the town hall's topics are not those of the corpus.
    """
    if not corrections:
        raise NothingToLearn
    if not recipe.vectors.exists() and KEPT.exists():
        shutil.copy(KEPT, recipe.vectors)  # those of the corpus, from `make train`
    corpus = read_corpus(recipe.corpus_folder)
    known = {topic.slug for topic in recipe.tables.topics}
    learnt, asked = _split(corrections, known)
    learnt_before, _ = _split(former, known)
    frozen = [letter for letter in corpus if is_set_aside(letter.id, CORPUS_SET_ASIDE)]
    rest = [letter for letter in corpus if not is_set_aside(letter.id, CORPUS_SET_ASIDE)]
    before = _examined(folder / "former", [*rest, *learnt_before], [*frozen, *asked], recipe)
    twin = folder / "candidate-twin"
    after = _examined(twin, [*rest, *learnt], [*frozen, *asked], recipe)
    report: dict[str, Any] = {
        "decisions": [one.decision_id for one in corrections],
        "set_aside": {"corpus": len(frozen), "corrections": len(asked)},
        "former": asdict(before),
        "candidate": asdict(after),
    }
    if not after.no_worse_than(before):
        return Candidate(_loaded(twin, recipe).version, None, report)
    report["training"] = asdict(_trained(folder, [*corpus, *learnt], recipe))
    return Candidate(_loaded(folder, recipe).version, folder / MODEL_FOLDER, report)


def is_set_aside(key: str, one_of: int) -> bool:
    """Whether the letter of this key is kept for examinations: about one of `one_of` is, by its hash."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % one_of == 0


def _split(corrections: Iterable[Correction], known: set[str]) -> tuple[list[Letter], list[Letter]]:
    """Corrections as labelled letters: those to learn from, and those set aside. Topics of no table are left out."""
    learnt: list[Letter] = []
    asked: list[Letter] = []
    for one in corrections:
        if one.topic not in known:
            continue
        key = f"correction-{one.letter_id}"
        letter = Letter(
            id=key,
            text=one.text,
            subject=one.subject or None,
            topic=one.topic,
            kind=one.kind,
            lang=one.language,
            urgent=one.urgent,
        )
        (asked if is_set_aside(key, CORRECTIONS_SET_ASIDE) else learnt).append(letter)
    return learnt, asked


def _trained(folder: Path, letters: Iterable[Letter], recipe: Recipe) -> TrainingReport:
    corpus = _write(folder / "corpus", letters)
    return train(corpus, folder / MODEL_FOLDER, recipe.vectors, embedding=recipe.embedding)


def _loaded(folder: Path, recipe: Recipe) -> Understander:
    return load(folder / MODEL_FOLDER, recipe.tables, embedding=recipe.embedding)


def _examined(folder: Path, letters: Iterable[Letter], questions: list[Letter], recipe: Recipe) -> Examination:
    _trained(folder, letters, recipe)
    understander = _loaded(folder, recipe)
    with vectors_kept_in(recipe.vectors):
        found = figures(questions, [understander.understand(letter.text, letter.subject) for letter in questions])
    return Examination(
        letters=found.letters,
        strict=round(found.strict, 4),
        accepted=round(found.accepted, 4),
        top_three=round(found.top_three, 4),
        precision=round(found.precision, 4),
        coverage=round(found.coverage, 4),
        calibration_error=round(found.calibration_error_accepted, 4),
    )


def _write(folder: Path, letters: Iterable[Letter]) -> Path:
    """A corpus folder of these letters, one file per topic, in their order."""
    folder.mkdir(parents=True, mode=0o700)
    for letter in letters:
        with (folder / f"{letter.topic}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(letter), ensure_ascii=False) + "\n")
    return folder
