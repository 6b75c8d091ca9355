"""Step `topic_pool`: the views of a letter's topic joined into one probability, with a bar for honest doubt.

A log-linear pool: the joined log-probability is the weighted sum of the views' log-probabilities, divided by a
temperature, normalised. Weights, temperature, trust and bar are fitted on letters the learned views have not seen
(cross-validation on the corpus) and kept per set of views: a house without the embedding has its own.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from classifiers.confidence import Trust, bar_for, fit_trust
from classifiers.letter_topic import StemCategorizer
from classifiers.topic_rules import TopicRules, add_view

Floats = NDArray[np.float64]
PRECISION_WANTED = 0.97
"""Of the letters above the bar, the share that must have been right in cross-validation. 95 % is wanted of real post;
a bar chosen on letters written for training promises some points too much."""
LEAST_WEIGHT = 0.01
MOST_WEIGHT = 10.0
"""Bounds of a view's weight: letters that some view always gets right would have it grow for ever."""
_ROUNDS = 25

if not Doc.has_extension("topic_probabilities"):
    Doc.set_extension("topic_probabilities", default=None)
    Doc.set_extension("topic_confidence", default=0.0)
    Doc.set_extension("topic_bar", default=1.0)


@dataclass(frozen=True, slots=True)
class PoolSetting:
    """How to join one set of views: `weights` add up to 1; a letter whose trust is below `bar` is left to a person."""

    weights: dict[str, float]
    temperature: float
    trust: Trust
    bar: float

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "PoolSetting":
        """The value that `dataclasses.asdict` and JSON made plain."""
        trust = plain["trust"]
        return cls(**{**plain, "trust": Trust(trust["constant"], tuple(trust["signs"]), tuple(trust["topics"]))})

    def read(self, views: dict[str, Floats], foreign: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Of letters' views (letters, topics): joined probabilities of the same shape, confidence (letters,)."""
        probabilities = pool(views, self.weights, self.temperature)
        return probabilities, self.trust.of(probabilities, [views[name] for name in sorted(views)], foreign)


class TopicPool:
    """The pipeline step: writes `doc._.topic_probabilities` (order of `slugs`), `topic_confidence` and `topic_bar`."""

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp
        self.slugs: list[str] = []
        self.settings: dict[str, PoolSetting] = {}

    def __call__(self, doc: Doc) -> Doc:
        views = self.views(doc)
        setting = self.settings.get(views_key(views))
        if setting is not None:
            foreign = np.array([doc._.language != "ro"])
            probabilities, confidence = setting.read({name: view[None] for name, view in views.items()}, foreign)
            doc._.topic_probabilities = probabilities[0]
            doc._.topic_confidence = float(confidence[0])
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
        self.settings = {key: PoolSetting.from_json(one) for key, one in plain["settings"].items()}
        return self


@Language.factory("topic_pool", requires=["doc.cats"], assigns=["doc._.topic_probabilities"])
def make_topic_pool(nlp: Language, name: str) -> TopicPool:
    """The step, without settings until `fit_setting` has found them."""
    return TopicPool(nlp)


def views_key(views: Iterable[str]) -> str:
    """The name of a set of views, under which its setting is kept."""
    return "+".join(sorted(views))


def pool(views: dict[str, Floats], weights: dict[str, float], temperature: float) -> Floats:
    """Joined probabilities of one letter (views of shape (topics,)) or of many ((letters, topics))."""
    joined = sum((weights[name] * view for name, view in views.items()), np.zeros(()))
    return _softmax(np.asarray(joined) / temperature)


def fit_setting(
    views: dict[str, Floats], gold: NDArray[np.intp], accepted: NDArray[np.bool_], foreign: NDArray[np.bool_]
) -> PoolSetting:
    """How to join these views.

    In: views of shape (letters, topics) on letters the views have not been trained with; `gold` the index of each
    letter's topic; `accepted` (letters, topics), true where a topic is right (first or second matter); `foreign`
    (letters,), true where a letter is not in Romanian.
    """
    names = sorted(views)
    scale = _fit_scale(np.stack([views[name] for name in names]), gold)
    temperature = round(float(1 / scale.sum()), 4)
    weights = {name: round(float(one / scale.sum()), 4) for name, one in zip(names, scale, strict=True)}
    probabilities = pool(views, weights, temperature)
    ordered = [views[name] for name in names]
    confidence = _unseen_confidence(probabilities, ordered, foreign, accepted)
    right = accepted[np.arange(len(gold)), probabilities.argmax(axis=1)]
    trust = fit_trust(probabilities, ordered, foreign, accepted)
    return PoolSetting(weights, temperature, trust, bar_for(confidence, right, PRECISION_WANTED))


def _fit_scale(stacked: Floats, gold: NDArray[np.intp]) -> Floats:
    """The views' weights over the temperature: Newton's method on the mean log-loss, which is convex."""
    said = stacked[:, np.arange(len(gold)), gold]
    scale = np.ones(len(stacked))
    for _ in range(_ROUNDS):
        probabilities = _softmax(np.tensordot(scale, stacked, axes=1))
        expected = (stacked * probabilities).sum(axis=2)
        gradient = (expected - said).mean(axis=1)
        around = stacked - expected[:, :, None]
        curvature = np.einsum("alt,blt,lt->ab", around, around, probabilities) / len(gold)
        # A view that would speak against its own opinion stays at the least weight.
        free = (scale > LEAST_WEIGHT) | (gradient < 0)
        step = np.linalg.solve(curvature[np.ix_(free, free)] + 1e-6 * np.eye(free.sum()), gradient[free])
        scale[free] = np.clip(scale[free] - step, LEAST_WEIGHT, MOST_WEIGHT)
    return scale


def _unseen_confidence(
    probabilities: Floats, views: list[Floats], foreign: NDArray[np.bool_], accepted: NDArray[np.bool_]
) -> Floats:
    """The confidence of each letter by a trust fitted on the other letters: a bar must not flatter itself."""
    folds = 5
    part = np.arange(len(probabilities)) % folds
    confidence = np.zeros(len(probabilities))
    for fold in range(folds):
        asked = part == fold
        trust = fit_trust(probabilities[~asked], [view[~asked] for view in views], foreign[~asked], accepted[~asked])
        confidence[asked] = trust.of(probabilities[asked], [view[asked] for view in views], foreign[asked])
    return confidence


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))
