"""Step `topic_rules`: the words of config/tables/topics.yaml found in a letter, as scores and matched places.

Training counts on the corpus how often each entry was right and lets the misleading ones count less. An entry the
training has not seen (a town hall added it to the table) counts as it is written, without a new training.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from classifiers.words import content_of, content_stems, stems_of
from config.town import Topic, default_tables

if not Doc.has_extension("lexicon_hits"):
    Doc.set_extension("lexicon_hits", default=())
    Doc.set_extension("topic_views", default=None)

EXPECTED_PRECISION = 0.8
"""How often an entry is taken to be right before any letter was seen ..."""
EXPECTED_AFTER = 3
"""... and how many letters this belief is worth."""
SUBJECT_COUNTS = 2.5
"""A word in the subject of the mail counts as much as so many words of the text."""


@dataclass(frozen=True, slots=True)
class LexiconHit:
    """One entry of a topic's word list found in the letter: tokens `first` to `last` (both included)."""

    topic: int
    first: int
    last: int
    weight: float


class Lexicon:
    """The word lists of all topics, ready to be found in a sequence of stems without stop words."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self.slugs = [topic.slug for topic in topics]
        owners: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
        for place, topic in enumerate(topics):
            for entry in topic.lexicon:
                sequence = content_stems(entry)
                if sequence:
                    owners[sequence].add(place)
        self.longest = max((len(sequence) for sequence in owners), default=0)
        # A word on two lists says less than a word on one; a phrase says more than a word.
        self.entries = {
            sequence: (tuple(sorted(places)), (1 + 0.5 * (len(sequence) - 1)) / len(places))
            for sequence, places in owners.items()
        }

    def find(self, doc: Doc) -> list[LexiconHit]:
        """All entries in the letter; at one place a topic counts only its longest entry."""
        words = content_of(doc)
        hits: list[LexiconHit] = []
        for start in range(len(words)):
            seen: set[int] = set()
            for length in range(min(self.longest, len(words) - start), 0, -1):
                found = self.entries.get(tuple(stem for _, stem in words[start : start + length]))
                for topic in found[0] if found else ():
                    if topic not in seen:
                        seen.add(topic)
                        weight = found[1] if found else 0.0
                        hits.append(LexiconHit(topic, words[start][0], words[start + length - 1][0], weight))
        return hits


class TopicRules:
    """The pipeline step: writes `doc._.lexicon_hits` and the view "rules" of `doc._.topic_views`."""

    def __init__(self, topics: Iterable[Topic], smoothing: float) -> None:
        self.smoothing = smoothing
        self.trust: dict[str, float] = {}
        self.use(topics)

    def use(self, topics: Iterable[Topic]) -> None:
        """Work with these word lists from now on; the trust in entries that were there before is kept."""
        self.lexicon = Lexicon(tuple(topics))

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Learn how far each entry can be trusted: its precision on the corpus, drawn towards the expected one."""
        seen: Counter[str] = Counter()
        right: Counter[str] = Counter()
        for example in get_examples():
            stems_ = stems_of(example.reference)
            found = {self._name(stems_, hit): hit.topic for hit in self.lexicon.find(example.reference)}
            for name, topic in found.items():
                seen[name] += 1
                right[name] += f"topic:{self.lexicon.slugs[topic]}" in example.reference.cats
        self.trust = {
            name: round((right[name] / EXPECTED_PRECISION + EXPECTED_AFTER) / (seen[name] + EXPECTED_AFTER), 4)
            for name in sorted(seen)
        }

    def __call__(self, doc: Doc) -> Doc:
        stems_ = stems_of(doc)
        hits = [replace(hit, weight=self._weight(doc, stems_, hit)) for hit in self.lexicon.find(doc)]
        doc._.lexicon_hits = tuple(hits)
        add_view(doc, "rules", self._log_scores(stems_, hits))
        return doc

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the trust in the entries as JSON."""
        path.write_text(json.dumps(self.trust, indent=0, sort_keys=True) + "\n", encoding="utf-8")

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "TopicRules":
        """Read what `to_disk` wrote."""
        self.trust = json.loads(path.read_text(encoding="utf-8"))
        return self

    def _name(self, stems_: list[str], hit: LexiconHit) -> str:
        return f"{self.lexicon.slugs[hit.topic]}: {' '.join(stem for stem in stems_[hit.first : hit.last + 1] if stem)}"

    def _weight(self, doc: Doc, stems_: list[str], hit: LexiconHit) -> float:
        trusted = hit.weight * self.trust.get(self._name(stems_, hit), 1.0)
        in_subject = doc._.text_end is not None and doc[hit.first].idx >= doc._.text_end
        return trusted * SUBJECT_COUNTS if in_subject else trusted

    def _log_scores(self, stems_: list[str], hits: list[LexiconHit]) -> NDArray[np.float64]:
        found: defaultdict[tuple[int, str], list[float]] = defaultdict(list)
        for hit in hits:
            found[hit.topic, self._name(stems_, hit)].append(hit.weight)
        scores = np.full(len(self.lexicon.slugs), self.smoothing)
        for (topic, _), weights in found.items():
            # A word said again and again counts more, but less each time.
            scores[topic] += max(weights) + min(weights) * np.log(len(weights))
        return np.asarray(np.log(scores / scores.sum()), dtype=np.float64)


def add_view(doc: Doc, name: str, log_scores: NDArray[np.float64]) -> None:
    """Hand the pool one more opinion about the letter: log-probabilities in the order of the topic table."""
    if doc._.topic_views is None:
        doc._.topic_views = {}
    doc._.topic_views[name] = log_scores


@Language.factory("topic_rules", assigns=["doc._.lexicon_hits"], default_config={"smoothing": 0.5})
def make_topic_rules(nlp: Language, name: str, smoothing: float) -> TopicRules:
    """The step with the word lists of this checkout's tables; `use` changes them for another town hall's."""
    return TopicRules(default_tables().topics, smoothing)
