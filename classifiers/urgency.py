"""Step `urgency`: whether people are in danger now.

A model weighs the hazards and signs of rules/danger.yaml and the letter's stems; the same hazard may be told of last
year, in jest or in an offer. Its bar is the lowest at which three in five alarms are true for letters it has not seen:
an alarm too many costs a look, an alarm missed may cost a life.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from classifiers.confidence import kept_at
from classifiers.danger_signs import danger_signs
from classifiers.phrases import Places
from classifiers.ridge import Block, Features, Floats, Ridge, fit_ridge, log_counts, read_arrays, write_arrays
from classifiers.words import FILLERS, stems_of, words_of
from registry.text import fold

PRECISION = 0.6
PENALTY = 1.0
URGENT_COUNTS = 4.0
"""Urgent letters are few: each counts as so many."""
BLOCKS = (Block("stems", 1.0, rare=True, unit=True), Block("signs", 0.05))
MOST_WORDS = 8

if not Doc.has_extension("danger"):
    Doc.set_extension("danger", default=())


class Urgency:
    """The pipeline step: writes `doc._.danger`, the (first, last) tokens of what is dangerous; empty if not urgent."""

    def __init__(self) -> None:
        self._model: Ridge | None = None
        self._bar = 1.0

    def __call__(self, doc: Doc) -> Doc:
        features, hazards = _read(doc)
        urgent = self._model is not None and self._model.scores(features)[0] >= self._bar
        doc._.danger = tuple((hazards or self._loudest(doc, features))[:MOST_WORDS]) if urgent else ()
        return doc

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Fit to the letters that say whether they are urgent; without an urgent one nothing ever is."""
        docs = [example.reference for example in get_examples()]
        docs = [doc for doc in docs if not {"urgent:yes", "urgent:no"}.isdisjoint(doc.cats)]
        urgent = np.array([doc.cats.get("urgent:yes", 0.0) for doc in docs])
        if not urgent.any():
            return
        letters = [_read(doc)[0] for doc in docs]
        counts = np.where(urgent > 0, URGENT_COUNTS, 1.0)
        self._model, unseen = fit_ridge(letters, urgent[:, None], BLOCKS, penalty=PENALTY, counts=counts)
        self._bar = lowest_bar(unseen[:, 0], urgent, PRECISION)

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the model and its bar."""
        arrays = {"bar": np.array(self._bar, dtype=np.float64)}
        write_arrays(path, arrays | (self._model.plain("model-") if self._model is not None else {}))

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "Urgency":
        """Read what `to_disk` wrote."""
        arrays = read_arrays(path)
        self._bar = float(arrays["bar"].astype(np.float64))
        self._model = Ridge.of_plain(BLOCKS, arrays, "model-") if "model-bias" in arrays else None
        return self

    def _loudest(self, doc: Doc, features: Features) -> Places:
        """Where no phrase of the table stands: the words that spoke loudest."""
        assert self._model is not None
        spoken = self._model.speaking(features, "stems", 0)
        stems = stems_of(doc)
        places = [(stems.index(stem), weight) for stem, weight in spoken.items() if weight > 0]
        told = [(place, weight) for place, weight in places if fold(doc[place].text) not in FILLERS]
        return sorted((place, place) for place, _ in sorted(told, key=lambda pair: (-pair[1], pair[0]))[:3])


@Language.factory("urgency", assigns=["doc._.danger"])
def make_urgency(nlp: Language, name: str) -> Urgency:
    """The step; it needs no other before it."""
    return Urgency()


def lowest_bar(scores: Floats, urgent: Floats, precision: float) -> float:
    """The lowest score from which on at least this share of letters is urgent; infinite if there is none."""
    kept = kept_at(scores, urgent, precision)
    return round(float(scores[kept[-1]]), 4) if len(kept) else float("inf")


def _read(doc: Doc) -> tuple[Features, Places]:
    words = words_of(doc)
    signs, hazards = danger_signs(doc.text, words)
    return {"stems": log_counts(stem for _, stem in words), "signs": signs}, hazards
