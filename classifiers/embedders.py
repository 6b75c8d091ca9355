"""Which embedders there are: the e5 engine, and the vectors of a spaCy package for Romanian if one is installed.

A view by a further embedder is trained with the others, but only kept when it wins on letters it has not seen
(`classifiers/train.py`), because a plausible embedding can make the pool worse.
"""

from functools import lru_cache

import numpy as np
import spacy
from spacy.language import Language
from spacy.util import get_installed_models

from classifiers.embedding import E5, Embedder, Vector, e5

SPACY = "spacy:"


class SpacyVectors:
    """The mean of a spaCy package's word vectors, loaded at the first text."""

    def __init__(self, package: str) -> None:
        """`package` is the name of an installed spaCy pipeline with vectors."""
        self.name = SPACY + package
        self._package = package
        self._nlp: Language | None = None

    def vector(self, text: str) -> Vector:
        """The vector of a text; all zeros when no word has one."""
        if self._nlp is None:
            self._nlp = spacy.load(self._package, exclude=["tagger", "parser", "ner", "lemmatizer", "senter"])
        return np.asarray(self._nlp.make_doc(text).vector, dtype=np.float32)


@lru_cache
def embedder_named(name: str) -> Embedder | None:
    """The embedder of a view; None when it is switched off ("") or its package is not installed."""
    if name == E5.name:
        return e5()
    package = name.removeprefix(SPACY)
    if name.startswith(SPACY) and package in get_installed_models():
        return SpacyVectors(package)
    return None


def further_embedders() -> list[str]:
    """The names of what is installed beyond e5: spaCy packages for Romanian that come with vectors."""
    return [SPACY + package for package in sorted(get_installed_models()) if _has_vectors(package)]


def _has_vectors(package: str) -> bool:
    meta = spacy.util.get_package_path(package) / "meta.json"
    return package.startswith("ro_") and meta.exists() and '"width":0' not in meta.read_text(encoding="utf-8")
