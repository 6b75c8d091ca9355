"""Step `topic_embedding`: two views of the topic by a letter's meaning.

One was learned from the corpus; the other asks which topic's description of config/tables/topics.yaml the letter is
nearest to, so that an edited description counts without training. The step is silent without its embedder, and the
pool then joins the other views by their own setting.
"""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from classifiers.embedders import embedder_named
from classifiers.embedding import Embedder, letter_text
from classifiers.embedding_head import Head, fit_head, log_softmax, unit
from classifiers.letters import parts_of
from classifiers.topic_rules import add_view
from config.town import Topic, default_tables

Floats = NDArray[np.float64]

DESCRIPTION = "-description"
"""The end of the second view's name."""
DESCRIPTION_SCALE = 8.0
"""A cosine times this is taken for a log-score; the pool corrects it by its weight."""


class TopicEmbedding:
    """The pipeline step: adds the views `<engine>` and `<engine>-description` to `doc._.topic_views`."""

    def __init__(self, topics: Iterable[Topic], engine: str) -> None:
        self.engine = engine
        self.embedder: Embedder | None = embedder_named(engine)
        self.head: Head | None = None
        self._described: dict[str, NDArray[np.float32]] = {}
        self.use(topics)

    def use(self, topics: Iterable[Topic]) -> None:
        """Work with these topics' descriptions from now on. Their order must be that of the training."""
        self._topics = tuple(topics)
        self._descriptions: Floats | None = None

    def vector(self, text: str, subject: str, language: str) -> Floats | None:
        """A letter's vector without what is common to its language; None without the embedder."""
        if self.embedder is None or self.head is None:
            return None
        return self.head.centred(self.embedder.vector(letter_text(text, subject)), language)

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Fit the head to all letters. Without the embedder there is nothing to learn."""
        if self.embedder is None:
            return
        docs = [example.reference for example in get_examples()]
        vectors = np.stack([self.embedder.vector(letter_text(*parts_of(doc))) for doc in docs])
        gold = np.array([[doc.cats.get(f"topic:{topic.slug}", 0.0) for topic in self._topics] for doc in docs])
        languages = [_gold_language(doc) for doc in docs]
        self.head = fit_head(vectors, languages, gold)
        self._describe()

    def __call__(self, doc: Doc) -> Doc:
        if self.embedder is None:
            return doc
        text, subject = parts_of(doc)
        vector = self.vector(text, subject, doc._.language) if text.strip() or subject.strip() else None
        if vector is not None and self.head is not None:
            add_view(doc, self.engine, self.head.log_scores(vector))
            similar = self._describe() @ vector
            add_view(doc, self.engine + DESCRIPTION, log_softmax(DESCRIPTION_SCALE * similar))
        return doc

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the head and the vectors of the descriptions."""
        plain: dict[str, NDArray[np.generic]] = {
            f"description-{key}": vector for key, vector in sorted(self._described.items())
        }
        if self.head is not None:
            plain |= {
                "languages": np.array(self.head.languages),
                "means": self.head.means.astype(np.float32),
                "weights": self.head.weights.astype(np.float32),
                "bias": self.head.bias.astype(np.float32),
            }
        with path.open("wb") as file:
            np.savez(file, **plain)  # type: ignore[arg-type]

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "TopicEmbedding":
        """Read what `to_disk` wrote."""
        with np.load(path, allow_pickle=False) as plain:
            self._described = {
                name.removeprefix("description-"): plain[name] for name in plain if name.startswith("description-")
            }
            if "languages" in plain:
                self.head = Head(
                    tuple(str(name) for name in plain["languages"]),
                    plain["means"].astype(np.float64),
                    plain["weights"].astype(np.float64),
                    plain["bias"].astype(np.float64),
                )
        return self

    def _describe(self) -> Floats:
        """The descriptions' vectors (topics, dimensions) around their own mean; only new ones are worked out."""
        if self._descriptions is None:
            assert self.embedder is not None
            vectors = []
            for topic in self._topics:
                key = hashlib.sha256(topic.description.encode()).hexdigest()[:16]
                if key not in self._described:
                    self._described[key] = self.embedder.vector(topic.description)
                vectors.append(self._described[key])
            stacked = np.stack(vectors).astype(np.float64)
            self._descriptions = unit(stacked - stacked.mean(axis=0))
        return self._descriptions


@Language.factory("topic_embedding", assigns=["doc._.topic_views"], default_config={"engine": "e5"})
def make_topic_embedding(nlp: Language, name: str, engine: str) -> TopicEmbedding:
    """The step with the descriptions of this checkout's tables; `use` changes them for another town hall's."""
    return TopicEmbedding(default_tables().topics, engine)


def _gold_language(doc: Doc) -> str:
    return next((label.partition(":")[2] for label in doc.cats if label.startswith("lang:")), "ro")
