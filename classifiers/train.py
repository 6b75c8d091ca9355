"""Training: from the corpus to the model folder, the same bytes every time (`make train`, `cabinet train`).

spaCy's training loop fits the linear models and the views by meaning; the pool's weights, temperature, trust and bar
are then fitted on letters those have not seen, by cross-validation on the corpus.
"""

import hashlib
import io
import json
import shutil
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as run_training_loop
from spacy.util import load_config

from classifiers.corpus_mix import CORPUS as CORPUS
from classifiers.embedders import further_embedders
from classifiers.embedding import E5, available
from classifiers.embedding_cache import KEPT, vectors_kept_in
from classifiers.embedding_view import DESCRIPTION
from classifiers.errors import CorpusEmpty, TopicUnknown
from classifiers.letters import Letter, document, fold_of, read_post
from classifiers.pipeline import MODEL, TRAINING_CONFIG
from classifiers.stem_model import forget_training
from classifiers.topic_pool import PoolSetting, TopicPool, fit_setting, views_key
from config.i18n import gettext as _
from config.town import default_tables

FOLDS = 3
FEWEST_LETTERS = 2
REPORT = "report.json"
WINS_BY = 0.005
"""A view beyond e5 must make so many more letters right (a share) to be kept: it costs memory and time."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What came out; shares are of the cross-validation, where every letter was new to the model that read it."""

    letters: int
    corpus_hash: str
    strict: float
    accepted: float
    top_three: float
    kind: float
    coverage: float
    precision: float

    def __str__(self) -> str:
        sentence = _(
            "Trained on {letters} letters. In cross-validation: first topic right {strict:.1%}, first or second "
            "{accepted:.1%}, among the first three {top_three:.1%}; legal kind {kind:.1%}; sure of {coverage:.1%} "
            "of the letters, of which {precision:.1%} right."
        )
        return sentence.format(**asdict(self))


@dataclass(frozen=True, slots=True)
class _Gold:
    """What is right: per letter the index of its topic, the topics that are accepted (letters, topics), whether it is
    in another language than Romanian."""

    topic: NDArray[np.intp]
    accepted: NDArray[np.bool_]
    foreign: NDArray[np.bool_]

    @classmethod
    def of(cls, letters: list[Letter], slugs: list[str]) -> "_Gold":
        return cls(
            np.array([slugs.index(letter.topic or "") for letter in letters]),
            np.array([[slug in letter.accepted for slug in slugs] for letter in letters]),
            np.array([letter.lang not in (None, "ro") for letter in letters]),
        )


@dataclass(frozen=True, slots=True)
class _Unseen:
    """What models that have not seen them said about the letters of the corpus, in the corpus's order."""

    views: dict[str, NDArray[np.float64]]
    kinds: list[str]


def train(
    corpus_folder: Path = CORPUS, output_folder: Path = MODEL, vectors: Path = KEPT, *, embedding: bool = True
) -> TrainingReport:
    """Train on all letters of `corpus_folder`, replace `output_folder` by the new model, and say how good it is.

    Same corpus, tables, embedder and code give the same bytes. Without `embedding`, or without its package, the model
    has no view by meaning. `vectors` is the file that keeps the letters' vectors between trainings. Raises
    LineUnreadable, TopicUnknown or CorpusEmpty.
    """
    letters = read_post(corpus_folder)
    slugs = [topic.slug for topic in default_tables().topics]
    _check(corpus_folder, letters, slugs)
    engines = [E5.name, *further_embedders()] if embedding and available() else []
    with vectors_kept_in(vectors):
        unseen = _cross_validate(corpus_folder, letters, engines)
        gold = _Gold.of(letters, slugs)
        kept = [engine for engine in engines if engine == E5.name or _wins(engine, unseen.views, gold)]
        views = {name: view for name, view in unseen.views.items() if _engine_of(name, engines) in (None, *kept)}
        settings = _settings(views, kept, gold)
        nlp = _fit(corpus_folder, kept)
    _pool_of(nlp).slugs = slugs
    _pool_of(nlp).settings = settings
    report = _report(letters, unseen.kinds, settings[views_key(views)], views, gold)
    _save(nlp, output_folder, report)
    return report


def _check(folder: Path, letters: list[Letter], slugs: list[str]) -> None:
    counts = Counter(letter.topic or "?" for letter in letters)
    if set(counts) - set(slugs):
        raise TopicUnknown(folder, set(counts) - set(slugs))
    # Every fold must leave letters of every topic to learn from.
    few = {slug for slug in slugs if counts[slug] < FEWEST_LETTERS}
    if few:
        raise CorpusEmpty(folder, few)


def _fit(corpus_folder: Path, engines: list[str], leave_out: int = -1) -> Language:
    """spaCy's training run on the corpus without part `leave_out`, with a view for each embedder of `engines`."""
    plain = load_config(TRAINING_CONFIG)
    for step in ("topic_embedding", "legal_kind"):
        plain["components"][step]["engine"] = E5.name if E5.name in engines else ""
    for number, engine in enumerate(one for one in engines if one != E5.name):
        name = f"topic_embedding_{number + 2}"
        plain["components"][name] = {"factory": "topic_embedding", "engine": engine}
        plain["nlp"]["pipeline"].insert(plain["nlp"]["pipeline"].index("topic_pool"), name)
    plain["corpora"]["train"] |= {"path": str(corpus_folder), "leave_out": leave_out, "folds": FOLDS}
    plain["corpora"]["dev"]["path"] = str(corpus_folder)
    nlp = init_nlp(plain.interpolate())
    run_training_loop(nlp, None, stdout=io.StringIO(), stderr=io.StringIO())
    forget_training()
    # Where the corpus lay on this machine is no part of the model.
    for name in ("train", "dev"):
        nlp.config["corpora"][name]["path"] = "classifiers/corpus"
    nlp.config["paths"]["corpus"] = "classifiers/corpus"
    return nlp


def _cross_validate(folder: Path, letters: list[Letter], engines: list[str]) -> _Unseen:
    parts = fold_of(letters, FOLDS)
    views: list[dict[str, NDArray[np.float64]]] = [{} for _ in letters]
    kinds = [""] * len(letters)
    for part in range(FOLDS):
        nlp = _fit(folder, engines, leave_out=part)
        for place, letter in enumerate(letters):
            if parts[place] == part:
                doc = nlp(document(nlp, letter.text, letter.subject))
                views[place] = dict(doc._.topic_views)
                kinds[place] = doc._.kind
    return _Unseen({name: np.array([view[name] for view in views]) for name in views[0]}, kinds)


def _engine_of(view: str, engines: list[str]) -> str | None:
    """Which embedder a view comes from; None for the views that need none."""
    return next((engine for engine in engines if view in (engine, engine + DESCRIPTION)), None)


def _wins(engine: str, views: dict[str, NDArray[np.float64]], gold: _Gold) -> bool:
    """Whether a further embedder's views make the pool better by WINS_BY on letters no view has seen."""
    rest = {name: view for name, view in views.items() if _engine_of(name, [engine]) is None}
    return _accepted(views, gold) >= _accepted(rest, gold) + WINS_BY


def _accepted(views: dict[str, NDArray[np.float64]], gold: _Gold) -> float:
    setting = fit_setting(views, gold.topic, gold.accepted, gold.foreign)
    first = setting.read(views, gold.foreign)[0].argmax(axis=1)
    return _share(gold.accepted[np.arange(len(first)), first])


def _settings(views: dict[str, NDArray[np.float64]], engines: list[str], gold: _Gold) -> dict[str, PoolSetting]:
    """A setting for every set of embedders that a house may have, also for none."""
    settings = {}
    for size in range(len(engines) + 1):
        for present in combinations(engines, size):
            chosen = {name: view for name, view in views.items() if _engine_of(name, engines) in (None, *present)}
            settings[views_key(chosen)] = fit_setting(chosen, gold.topic, gold.accepted, gold.foreign)
    return settings


def _report(
    letters: list[Letter],
    kinds: list[str],
    setting: PoolSetting,
    views: dict[str, NDArray[np.float64]],
    gold: _Gold,
) -> TrainingReport:
    rows = np.arange(len(letters))
    probabilities, confidence = setting.read(views, gold.foreign)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    right = gold.accepted[rows, order[:, 0]]
    sure: NDArray[np.bool_] = np.greater_equal(confidence, setting.bar)
    among: NDArray[np.bool_] = np.asarray(gold.accepted[rows[:, None], order[:, :3]].any(axis=1), dtype=np.bool_)
    return TrainingReport(
        letters=len(letters),
        corpus_hash=hashlib.sha256(repr(letters).encode()).hexdigest()[:12],
        strict=_share(np.equal(order[:, 0], gold.topic)),
        accepted=_share(right),
        top_three=_share(among),
        kind=_share(np.array([kind == one.kind for kind, one in zip(kinds, letters, strict=True)])),
        coverage=_share(sure),
        precision=_share(right[sure]),
    )


def _share(hits: NDArray[np.bool_]) -> float:
    return round(float(hits.mean()), 4) if hits.size else 0.0


def _save(nlp: Language, folder: Path, report: TrainingReport) -> None:
    # Written next to the old model and then exchanged: a reader never sees half a model.
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    # The features are hashes of stems, so the words of the letters (names among them) stay out of the model.
    nlp.to_disk(fresh, exclude=["vocab", "tokenizer"])
    (fresh / REPORT).write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _pool_of(nlp: Language) -> TopicPool:
    step = nlp.get_pipe("topic_pool")
    if not isinstance(step, TopicPool):
        raise TypeError("the pipeline has no topic_pool")
    return step


if __name__ == "__main__":
    corpus = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    model = Path(sys.argv[2]) if len(sys.argv) > 2 else MODEL
    print(train(corpus, model))
