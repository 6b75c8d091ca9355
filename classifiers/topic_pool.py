"""Step `topic_pool`: the views of a letter's topic joined into one probability, with a bar for honest doubt.

A log-linear pool: the joined log-probability is the weighted sum of the views' log-probabilities, divided by a
temperature, normalised. Weights, temperature and bar are fitted on letters the learned views have not seen
(cross-validation on the corpus) and kept per set of views, so that a model without a later view stays calibrated.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from classifiers.letter_topic import StemCategorizer
from classifiers.topic_rules import TopicRules, add_view

Floats = NDArray[np.float64]
PRECISION_WANTED = 0.95
"""Of the letters above the bar, the share that must have been right in cross-validation."""

if not Doc.has_extension("topic_probabilities"):
    Doc.set_extension("topic_probabilities", default=None)
    Doc.set_extension("topic_bar", default=1.0)


@dataclass(frozen=True, slots=True)
class PoolSetting:
    """How to join one set of views: `weights` add up to 1; below `bar` the pool abstains."""

    weights: dict[str, float]
    temperature: float
    bar: float


class TopicPool:
    """The pipeline step: writes `doc._.topic_probabilities` (order of `slugs`) and `doc._.topic_bar`."""

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp
        self.slugs: list[str] = []
        self.settings: dict[str, PoolSetting] = {}

    def __call__(self, doc: Doc) -> Doc:
        views = self.views(doc)
        setting = self.settings.get(_key(views))
        if setting is not None:
            doc._.topic_probabilities = pool(views, setting)
            doc._.topic_bar = setting.bar
        return doc

    def views(self, doc: Doc) -> dict[str, Floats]:
        """All opinions on the letter, each as log-probabilities in the order of the topic table."""
        topics = self.nlp.get_pipe("letter_topic")
        rules = self.nlp.get_pipe("topic_rules")
        if not isinstance(topics, StemCategorizer) or not isinstance(rules, TopicRules):
            raise TypeError("topic_pool needs the steps letter_topic and topic_rules before it")
        learned = dict(zip(topics.slugs(), topics.scores(doc), strict=True))
        add_view(doc, "stems", np.log(np.array([learned.get(slug, 0.0) for slug in rules.lexicon.slugs]) + 1e-6))
        views: dict[str, Floats] = doc._.topic_views
        return views

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:
        """Write slugs and settings as JSON."""
        plain = {"slugs": self.slugs, "settings": {key: asdict(one) for key, one in self.settings.items()}}
        path.write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "TopicPool":
        """Read what `to_disk` wrote."""
        plain = json.loads(path.read_text(encoding="utf-8"))
        self.slugs = plain["slugs"]
        self.settings = {key: PoolSetting(**one) for key, one in plain["settings"].items()}
        return self


@Language.factory("topic_pool", requires=["doc.cats"], assigns=["doc._.topic_probabilities"])
def make_topic_pool(nlp: Language, name: str) -> TopicPool:
    """The step, without settings until `fit_pool` has found them."""
    return TopicPool(nlp)


def pool(views: dict[str, Floats], setting: PoolSetting) -> Floats:
    """Joined probabilities of one letter (views of shape (topics,)) or of many ((letters, topics))."""
    joined = sum((setting.weights[name] * view for name, view in views.items()), np.zeros(()))
    return _softmax(np.asarray(joined) / setting.temperature)


def fit_pool(views: dict[str, Floats], gold: NDArray[np.intp], accepted: NDArray[np.bool_]) -> dict[str, PoolSetting]:
    """A setting for every set of views.

    In: views of shape (letters, topics) on letters the views have not been trained with; `gold` the index of each
    letter's topic; `accepted` of shape (letters, topics), true where a topic is right (first or second matter).
    """
    settings = {}
    for size in range(1, len(views) + 1):
        for names in combinations(sorted(views), size):
            chosen = {name: views[name] for name in names}
            settings[_key(chosen)] = _fit_one(chosen, gold, accepted)
    return settings


def _fit_one(views: dict[str, Floats], gold: NDArray[np.intp], accepted: NDArray[np.bool_]) -> PoolSetting:
    names = sorted(views)
    rows = np.arange(len(gold))
    stacked = np.stack([views[name] for name in names])
    scale = np.ones(len(names))
    # Gradient descent on the mean negative log-likelihood; convex, a few parameters, so plain steps do.
    for _ in range(2000):
        probabilities = _softmax(np.tensordot(scale, stacked, axes=1))
        expected = (stacked * probabilities).sum(axis=2)
        gradient = (expected - stacked[:, rows, gold]).mean(axis=1)
        scale = np.maximum(scale - 0.1 * gradient, 0.01)
    temperature = round(float(1 / scale.sum()), 4)
    weights = {name: round(float(one / scale.sum()), 4) for name, one in zip(names, scale, strict=True)}
    probabilities = pool(views, PoolSetting(weights, temperature, 1.0))
    return PoolSetting(weights, temperature, _bar(probabilities, accepted))


def _bar(probabilities: Floats, accepted: NDArray[np.bool_]) -> float:
    """The lowest top probability from which on at least PRECISION_WANTED of the letters are right."""
    best = probabilities.argmax(axis=1)
    top = probabilities.max(axis=1)
    order = np.argsort(-top, kind="stable")
    right = accepted[np.arange(len(best)), best][order]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(precision >= PRECISION_WANTED)
    return round(float(top[order][enough[-1]]), 4) if len(enough) else 1.0


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def _key(views: Iterable[str]) -> str:
    return "+".join(sorted(views))
