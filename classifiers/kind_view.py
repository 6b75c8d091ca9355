"""Step `topic_kind`: what a letter's legal kind says about its topic.

A journalist's questions and an application are told by how they are written, not by what they are about; the rules of
`legal_kind` know that better than words do.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from classifiers.topic_rules import add_view
from config.town import default_tables

SMOOTHING = 0.3
"""So many letters of each topic are taken to have been seen of every kind."""


class TopicKind:
    """The pipeline step: adds the view "kind" to `doc._.topic_views`."""

    def __init__(self, slugs: Iterable[str]) -> None:
        self.slugs = list(slugs)
        self._log_shares: dict[str, NDArray[np.float64]] = {}

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Count the topics of the corpus's letters of each kind."""
        counts: dict[str, NDArray[np.float64]] = {}
        for example in get_examples():
            cats = example.reference.cats
            kind = next((label for label in cats if label.startswith("kind:")), None)
            if kind is not None:
                row = counts.setdefault(kind.partition(":")[2], np.full(len(self.slugs), SMOOTHING))
                row += np.array([cats.get(f"topic:{slug}", 0.0) for slug in self.slugs])
        self._log_shares = {kind: np.round(np.log(row / row.sum()), 4) for kind, row in sorted(counts.items())}

    def __call__(self, doc: Doc) -> Doc:
        even = np.full(len(self.slugs), -np.log(len(self.slugs)))
        add_view(doc, "kind", self._log_shares.get(doc._.kind, even))
        return doc

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the table as JSON."""
        plain = {"slugs": self.slugs, "log_shares": {kind: row.tolist() for kind, row in self._log_shares.items()}}
        path.write_text(json.dumps(plain, sort_keys=True) + "\n", encoding="utf-8")

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "TopicKind":
        """Read what `to_disk` wrote."""
        plain = json.loads(path.read_text(encoding="utf-8"))
        self.slugs = plain["slugs"]
        self._log_shares = {kind: np.array(row) for kind, row in plain["log_shares"].items()}
        return self


@Language.factory("topic_kind", requires=["doc._.kind"], assigns=["doc._.topic_views"])
def make_topic_kind(nlp: Language, name: str) -> TopicKind:
    """The step, with the topics of this checkout's tables."""
    return TopicKind(topic.slug for topic in default_tables().topics)
