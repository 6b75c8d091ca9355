"""The architecture of the learned views: folded stems -> TF-IDF -> sparse linear layer -> softmax.

A linear model on stems beats every stock text categorizer at tens of letters per topic (docs: explanation of the
classifier). The vocabulary is kept as sorted 64-bit hashes, so there are no collisions and no list of words of
people's letters in the model.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Model

from classifiers.words import telling_stems

Floats = NDArray[np.float32]
Row = tuple[NDArray[np.intp], Floats]

# spaCy copies every letter for every epoch; its features are worked out once per model. Only used in training.
_SEEN_IN_TRAINING: dict[tuple[int, bytes], Row] = {}


@registry.architectures("cabinet.StemLinear.v1")  # type: ignore[untyped-decorator]
def build_stem_model(min_letters: int, nO: int | None = None) -> Model[list[Doc], Floats]:
    """A model whose vocabulary is every stem that occurs in at least `min_letters` letters of the corpus."""
    return Model(
        "stem_linear",
        _forward,
        init=_init,
        dims={"nO": nO, "nI": None},
        params={"keys": None, "idf": None, "W": None, "b": None},
        attrs={"min_letters": min_letters},
    )


def features(model: Model[Any, Any], doc: Doc) -> tuple[NDArray[np.intp], Floats, list[str]]:
    """Of one letter: places of its known stems in the vocabulary, their TF-IDF values (length 1), the stems."""
    counts = Counter(telling_stems(doc))
    keys = parameter(model, "keys")
    names = list(counts)
    hashes = np.array([get_string_id(name) for name in names], dtype=np.uint64)
    places = np.searchsorted(keys, hashes)
    known = np.flatnonzero(keys[np.minimum(places, len(keys) - 1)] == hashes)
    ids = places[known]
    frequency = np.array([counts[names[index]] for index in known], dtype=np.float32)
    values = (1 + np.log(frequency)) * parameter(model, "idf")[ids]
    norm = float(np.sqrt((values**2).sum()))
    return ids, (values / norm if norm else values).astype(np.float32), [names[index] for index in known]


def unknown_share(model: Model[Any, Any], doc: Doc) -> float:
    """The share of a letter's telling words that the model has never seen; 0 for a letter without such words."""
    hashes = np.array([get_string_id(stem) for stem in telling_stems(doc)], dtype=np.uint64)
    if not hashes.size:
        return 0.0
    keys = parameter(model, "keys")
    places = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
    return round(float((keys[places] != hashes).mean()), 4)


def parameter(model: Model[Any, Any], name: str) -> NDArray[Any]:
    """A parameter of the model as the plain array it is (Thinc's own types do not know sparse indexing)."""
    return np.asarray(model.get_param(name))


def _forward(model: Model[Any, Any], docs: list[Doc], is_train: bool) -> tuple[Floats, Callable[[Floats], list[Doc]]]:
    weights, bias = parameter(model, "W"), parameter(model, "b")
    rows = [_row_in_training(model, doc) if is_train else features(model, doc)[:2] for doc in docs]
    logits = np.zeros((len(docs), bias.size), dtype=np.float32) + bias
    for row, (ids, values) in enumerate(rows):
        logits[row] += values @ weights[ids]
    logits -= logits.max(axis=1, keepdims=True)
    scores = np.exp(logits)
    scores /= scores.sum(axis=1, keepdims=True)

    def backprop(d_scores: Floats) -> list[Doc]:
        # Scores minus truths is the gradient of the cross entropy at the logits: softmax needs no more.
        d_weights = np.zeros_like(weights)
        for row, (ids, values) in enumerate(rows):
            d_weights[ids] += np.outer(values, d_scores[row])
        model.inc_grad("W", cast(Any, d_weights))
        model.inc_grad("b", cast(Any, d_scores.sum(axis=0)))
        return []

    return scores, backprop


def forget_training() -> None:
    """Free what was remembered of the letters during training."""
    _SEEN_IN_TRAINING.clear()


def _row_in_training(model: Model[Any, Any], doc: Doc) -> Row:
    # spaCy makes the copies from the words alone, so the words are the only key there is.
    key = (model.id, doc.to_array("ORTH").tobytes())
    if key not in _SEEN_IN_TRAINING:
        _SEEN_IN_TRAINING[key] = features(model, doc)[:2]
    return _SEEN_IN_TRAINING[key]


def _init(model: Model[Any, Any], X: list[Doc] | None = None, Y: Floats | None = None) -> None:
    if X is None or Y is None:
        return
    letters: Counter[int] = Counter()
    for doc in X:
        letters.update({get_string_id(stem) for stem in telling_stems(doc)})
    kept = sorted(key for key, count in letters.items() if count >= model.attrs["min_letters"])
    model.set_dim("nI", len(kept))
    model.set_dim("nO", Y.shape[1])
    parameters = {
        "keys": np.array(kept, dtype=np.uint64),
        "idf": np.array([np.log(len(X) / letters[key]) + 1 for key in kept], dtype=np.float32),
        "W": np.zeros((len(kept), Y.shape[1]), dtype=np.float32),
        "b": np.zeros((Y.shape[1],), dtype=np.float32),
    }
    for name, value in parameters.items():
        model.set_param(name, cast(Any, value))
