"""Training: from the corpus to the model folder, the same bytes every time (`make train`, `cabinet train`).

spaCy's training loop fits the two linear models; the pool's weights, temperature and bar are then fitted on letters
those models have not seen, by cross-validation on the corpus.
"""

import hashlib
import io
import json
import shutil
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as run_training_loop
from spacy.util import load_config

from classifiers.errors import CorpusEmpty, TopicUnknown
from classifiers.letters import Letter, document, fold_of, read_corpus
from classifiers.pipeline import MODEL, TRAINING_CONFIG
from classifiers.stem_model import forget_training
from classifiers.topic_pool import PoolSetting, TopicPool, fit_pool, pool
from config.i18n import gettext as _
from config.town import load_tables

FOLDS = 5
FEWEST_LETTERS = 2
CORPUS = Path(__file__).resolve().parent / "corpus"
REPORT = "report.json"


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
class _Unseen:
    """What models that have not seen them said about the letters of the corpus, in the corpus's order."""

    views: dict[str, NDArray[np.float64]]
    kinds: list[str]


def train(corpus_folder: Path = CORPUS, output_folder: Path = MODEL) -> TrainingReport:
    """Train on all letters of `corpus_folder`, replace `output_folder` by the new model, and say how good it is.

    Same corpus, tables and code give the same bytes. Raises LineUnreadable, TopicUnknown or CorpusEmpty.
    """
    letters = read_corpus(corpus_folder)
    slugs = [topic.slug for topic in load_tables().topics]
    _check(corpus_folder, letters, slugs)
    unseen = _cross_validate(corpus_folder, letters)
    gold = np.array([slugs.index(letter.topic or "") for letter in letters])
    accepted = np.array([[slug in letter.accepted for slug in slugs] for letter in letters])
    settings = fit_pool(unseen.views, gold, accepted)
    nlp = _fit(corpus_folder)
    _pool_of(nlp).slugs = slugs
    _pool_of(nlp).settings = settings
    report = _report(letters, unseen, settings["+".join(sorted(unseen.views))], gold, accepted)
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


def _fit(corpus_folder: Path, leave_out: int = -1) -> Language:
    """spaCy's training run on the corpus without part `leave_out`."""
    config = load_config(
        TRAINING_CONFIG,
        overrides={
            "corpora.train.path": str(corpus_folder),
            "corpora.dev.path": str(corpus_folder),
            "corpora.train.leave_out": leave_out,
            "corpora.train.folds": FOLDS,
        },
        interpolate=True,
    )
    nlp = init_nlp(config)
    run_training_loop(nlp, None, stdout=io.StringIO(), stderr=io.StringIO())
    forget_training()
    # Where the corpus lay on this machine is no part of the model.
    for name in ("train", "dev"):
        nlp.config["corpora"][name]["path"] = "classifiers/corpus"
    nlp.config["paths"]["corpus"] = "classifiers/corpus"
    return nlp


def _cross_validate(folder: Path, letters: list[Letter]) -> _Unseen:
    parts = fold_of(letters, FOLDS)
    views: list[dict[str, NDArray[np.float64]]] = [{} for _ in letters]
    kinds = [""] * len(letters)
    for part in range(FOLDS):
        nlp = _fit(folder, leave_out=part)
        for place, letter in enumerate(letters):
            if parts[place] == part:
                doc = nlp(document(nlp, letter.text, letter.subject))
                views[place] = dict(doc._.topic_views)
                kinds[place] = doc._.kind
    return _Unseen({name: np.array([view[name] for view in views]) for name in views[0]}, kinds)


def _report(
    letters: list[Letter],
    unseen: _Unseen,
    setting: PoolSetting,
    gold: NDArray[np.intp],
    accepted: NDArray[np.bool_],
) -> TrainingReport:
    rows = np.arange(len(letters))
    probabilities = pool(unseen.views, setting)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    first: NDArray[np.bool_] = np.equal(order[:, 0], gold)
    right = accepted[rows, order[:, 0]]
    sure: NDArray[np.bool_] = np.greater_equal(probabilities.max(axis=1), setting.bar)
    return TrainingReport(
        letters=len(letters),
        corpus_hash=hashlib.sha256(repr(letters).encode()).hexdigest()[:12],
        strict=_share(first),
        accepted=_share(right),
        top_three=_share(np.asarray(np.any(accepted[rows[:, None], order[:, :3]], axis=1), dtype=np.bool_)),
        kind=_share(np.array([kind == one.kind for kind, one in zip(unseen.kinds, letters, strict=True)])),
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
