"""Step `legal_kind`: which legal regime a letter falls under, decided apart from its topic.

A phrase or a cited law that leaves no doubt decides alone. Else a model weighs all signs of the table, the letter's
stems and, where the embedder is there, its meaning; it is a petition (OG 27/2002 art. 2) unless another kind is
likelier, which is also the safe side: a person changes the kind with one click and the date is worked out anew.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from classifiers.embedders import embedder_named
from classifiers.embedding import Embedder, letter_text
from classifiers.facts import FactFinder
from classifiers.kind_signs import SHORT, Signs, signs_of
from classifiers.letters import parts_of
from classifiers.ridge import Block, Features, Ridge, fit_ridge, log_counts, read_arrays, write_arrays
from classifiers.words import words_of

PETITION, OTHER = "petitie", "altele"
PENALTY = 0.3
MARGIN = 0.1
"""By so much another kind's score must be above a petition's: most letters are petitions, and that is the safe side."""
WORDS = (Block("stems", 1.0, rare=True, unit=True), Block("subject", 0.3, rare=True, unit=True), Block("signs", 0.1))
MEANING = Block("meaning", 1.0, unit=True, centred=True)

if not Doc.has_extension("kind"):
    Doc.set_extension("kind", default=PETITION)
    Doc.set_extension("kind_reason", default="default")


class LegalKind:
    """The pipeline step: writes `doc._.kind` and `doc._.kind_reason` (a row's reason, "learned" or "default").

    It has two models, with and without the letter's vector; `embedder` says which is used, and may be set to None.
    """

    def __init__(self, engine: str) -> None:
        self.embedder: Embedder | None = embedder_named(engine)
        self.kinds: list[str] = []
        self._by_words: Ridge | None = None
        self._by_meaning: Ridge | None = None

    def __call__(self, doc: Doc) -> Doc:
        features, signs = self._read(doc)
        doc._.kind, doc._.kind_reason = self._decide(features, signs)
        return doc

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Fit both models to the letters whose kind is known; without the embedder only the first."""
        finder = FactFinder()
        docs = [example.reference for example in get_examples()]
        gold = [next((cat.partition(":")[2] for cat in doc.cats if cat.startswith("kind:")), None) for doc in docs]
        self.kinds = sorted({kind for kind in gold if kind})
        known = [doc for doc, kind in zip(docs, gold, strict=True) if kind]
        if not known:
            return
        letters = [self._read(finder(doc))[0] for doc in known]
        truth = np.array([[kind == one for one in self.kinds] for kind in gold if kind], dtype=np.float64)
        self._by_words, _ = fit_ridge(letters, truth, WORDS, penalty=PENALTY)
        if self.embedder is not None:
            self._by_meaning, _ = fit_ridge(letters, truth, (*WORDS, MEANING), penalty=PENALTY)

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the kinds and both models."""
        arrays: dict[str, NDArray[np.generic]] = {"kinds": np.array(self.kinds, dtype=np.str_)}
        for prefix, model in (("words-", self._by_words), ("meaning-", self._by_meaning)):
            if model is not None:
                arrays |= model.plain(prefix)
        write_arrays(path, arrays)

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "LegalKind":
        """Read what `to_disk` wrote."""
        arrays = read_arrays(path)
        self.kinds = [str(kind) for kind in arrays["kinds"]]
        if "words-bias" in arrays:
            self._by_words = Ridge.of_plain(WORDS, arrays, "words-")
        if "meaning-bias" in arrays:
            self._by_meaning = Ridge.of_plain((*WORDS, MEANING), arrays, "meaning-")
        return self

    def _read(self, doc: Doc) -> tuple[Features, Signs]:
        text, subject = parts_of(doc)
        words = words_of(doc)
        signs = signs_of(text, words, {fact.value for fact in doc._.facts if fact.kind == "law"})
        features = {
            "stems": log_counts(stem for _, stem in words),
            "subject": {stem: 1.0 for place, stem in words if doc[place].idx >= len(text)},
            "signs": signs.features,
        }
        if self.embedder is not None and words:
            vector = self.embedder.vector(letter_text(text, subject))
            features["meaning"] = {str(number): float(value) for number, value in enumerate(vector)}
        return features, signs

    def _decide(self, features: Features, signs: Signs) -> tuple[str, str]:
        for rule in signs.speaking:
            if rule.certain:
                return rule.kind, rule.reason
        model = self._by_meaning if self.embedder is not None and self._by_meaning is not None else self._by_words
        if model is None:
            return PETITION, "default"
        out = np.array([kind in signs.ruled_out for kind in self.kinds])
        least = np.array([MARGIN * (kind == PETITION) for kind in self.kinds])
        kind = self.kinds[int(np.where(out, -np.inf, model.scores(features) + least).argmax())]
        # A line that only says that something is attached looks like no matter of the town hall.
        if kind == PETITION or (kind == OTHER and SHORT in signs.features):
            return PETITION, "default"
        return kind, next((rule.reason for rule in signs.speaking if rule.kind == kind), "learned")


@Language.factory("legal_kind", requires=["doc._.facts"], assigns=["doc._.kind"], default_config={"engine": "e5"})
def make_legal_kind(nlp: Language, name: str, engine: str) -> LegalKind:
    """The step; it needs `facts` before it."""
    return LegalKind(engine)
