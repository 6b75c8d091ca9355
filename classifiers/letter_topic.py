"""Step `letter_topic`: what the trained linear model says a letter is about."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.pipeline import TextCategorizer
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model

from classifiers.stem_model import features, parameter

_DEFAULT = {"model": {"@architectures": "cabinet.StemLinear.v1", "min_letters": 2}}


class StemCategorizer(TextCategorizer):
    """A text categorizer whose labels are `<aspect>:<slug>`, so that several can share `doc.cats`.

    The gold of a letter may be split over two labels (a letter about two matters).
    """

    def __init__(self, nlp: Language, name: str, model: Model[Any, Any], aspect: str) -> None:
        super().__init__(nlp.vocab, model, name, threshold=0.0, scorer=None)
        self.aspect = aspect

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Iterable[str] | None = None,
        positive_label: str | None = None,
    ) -> None:
        """Take the labels and the vocabulary from ALL examples: the parent shows the model only the first ten."""
        examples = list(get_examples())
        known = labels or sorted({cat for example in examples for cat in example.reference.cats})
        for label in known:
            if label.startswith(self.aspect + ":"):
                self.add_label(label)
        truths, _ = self._examples_to_truth(examples)
        self.model.initialize(X=[example.reference for example in examples], Y=truths)

    def slugs(self) -> list[str]:
        """The labels without their aspect, in the order of the scores."""
        return [label.partition(":")[2] for label in self.labels]

    def scores(self, doc: Doc) -> NDArray[np.float64]:
        """The probabilities this step wrote into `doc.cats`, in the order of `slugs()`."""
        return np.array([doc.cats[label] for label in self.labels])

    def explain(self, doc: Doc, slug: str) -> dict[str, float]:
        """How much each stem of the letter speaks for `slug` more than for the average label."""
        ids, values, stems = features(self.model, doc)
        weights = parameter(self.model, "W")[ids]
        surplus = values * (weights[:, self.slugs().index(slug)] - weights.mean(axis=1))
        return dict(zip(stems, surplus.tolist(), strict=True))

    def _validate_categories(self, examples: Iterable[Example]) -> None:
        """The parent allows one 1.0 among all cats; here each aspect has its own."""


@Language.factory("letter_topic", assigns=["doc.cats"], default_config=_DEFAULT)
def make_letter_topic(nlp: Language, name: str, model: Model[Any, Any]) -> StemCategorizer:
    """The learned view of the topic."""
    return StemCategorizer(nlp, name, model, "topic")
