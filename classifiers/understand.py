"""What this room offers to the others: read one letter, say what it is about, why, and how sure that is."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeVar

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from classifiers import pipeline
from classifiers.errors import ModelDoesNotFit
from classifiers.facts.fact import Fact
from classifiers.letter_topic import StemCategorizer
from classifiers.letters import BEFORE_SUBJECT, document
from classifiers.topic_pool import TopicPool
from classifiers.topic_rules import LexiconHit, TopicRules
from classifiers.words import stems_of
from config.town import Tables, load_tables

LONGEST_TEXT = 200_000
LONGEST_SUBJECT = 1_000
SECOND_TOPIC_FROM = 0.2
"""From this probability on the second topic is named."""
LEARNED_FROM = 0.12
"""Learned words that speak less than this for the topic are filler and not shown."""
MOST_EVIDENCE = 12

_StepT = TypeVar("_StepT")
AbstainReason = Literal["empty", "language", "two-matters", "unsure"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place of the letter that spoke for the topic. `where` says whether start and end count in text or subject."""

    text: str
    start: int
    end: int
    weight: float
    why: Literal["lexicon", "learned"]
    where: Literal["text", "subject"]


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything the pipeline says about one letter; only plain JSON values inside.

    `topics` has all topics with their probabilities, best first; `confidence` is that of the first. When `abstained`,
    a person must choose; `topic` is then only the best guess ("altele" for an empty letter).
    """

    topic: str
    topics: tuple[tuple[str, float], ...]
    second_topic: str | None
    department: str | None
    kind: str
    kind_reason: str
    language: str
    urgent: bool
    urgent_words: tuple[str, ...]
    abstained: bool
    abstain_reason: AbstainReason | None
    confidence: float
    evidence: tuple[Evidence, ...]
    facts: tuple[Fact, ...]
    model_version: str

    def to_json(self) -> dict[str, Any]:
        """As a dict of lists, dicts, strings and numbers."""
        plain = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()} | {
            "topics": [list(pair) for pair in self.topics]
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "Understanding":
        """The value that `to_json` came from."""
        return cls(
            **{
                **plain,
                "topics": tuple((slug, probability) for slug, probability in plain["topics"]),
                "urgent_words": tuple(plain["urgent_words"]),
                "evidence": tuple(Evidence(**one) for one in plain["evidence"]),
                "facts": tuple(Fact(**one) for one in plain["facts"]),
            }
        )


class Understander:
    """A loaded model with a town hall's tables; `understand` may be called from any thread."""

    def __init__(self, nlp: Language, tables: Tables, version: str) -> None:
        self._nlp = nlp
        # spaCy's memory zones do not nest, so letters of several threads wait for each other.
        self._one_at_a_time = Lock()
        self._rules = _step(nlp, "topic_rules", TopicRules)
        self._learned = _step(nlp, "letter_topic", StemCategorizer)
        self._slugs = _step(nlp, "topic_pool", TopicPool).slugs
        self._departments = {topic.slug: topic.department for topic in tables.topics}
        self.version = version

    def understand(self, text: str, subject: str | None = None) -> Understanding:
        """Read one letter: its text (at most LONGEST_TEXT letters are read) and the subject of its mail."""
        text = _readable(text[:LONGEST_TEXT])
        subject = _readable((subject or "").strip()[:LONGEST_SUBJECT])
        # Without the zone, every word of every letter would stay in spaCy's memory for as long as the daemon runs.
        with self._one_at_a_time, self._nlp.memory_zone():
            doc = self._nlp(document(self._nlp, text, subject))
            if not any(stems_of(doc)):
                return self._empty(doc)
            return self._of(doc)

    def _of(self, doc: Doc) -> Understanding:
        probabilities = doc._.topic_probabilities
        order = np.argsort(-probabilities, kind="stable")
        topics = tuple((self._slugs[place], round(float(probabilities[place]), 6)) for place in order)
        best, confidence = topics[0]
        second, second_probability = topics[1]
        reason = _doubt(doc, confidence, second_probability)
        return Understanding(
            topic=best,
            topics=topics,
            second_topic=second if second_probability >= SECOND_TOPIC_FROM else None,
            department=self._departments[best],
            kind=doc._.kind,
            kind_reason=doc._.kind_reason,
            language=doc._.language,
            urgent=bool(doc._.danger),
            urgent_words=tuple(dict.fromkeys(doc[first : last + 1].text for first, last in doc._.danger)),
            abstained=reason is not None,
            abstain_reason=reason,
            confidence=confidence,
            evidence=tuple(self._evidence(doc, best)),
            facts=tuple(fact for fact in doc._.facts if fact.end <= doc._.text_end),
            model_version=self.version,
        )

    def _empty(self, doc: Doc) -> Understanding:
        even = round(1 / len(self._slugs), 6)
        return Understanding(
            topic="altele",
            topics=tuple((slug, even) for slug in self._slugs),
            second_topic=None,
            department=self._departments.get("altele"),
            kind="altele",
            kind_reason="default",
            language="ro",
            urgent=False,
            urgent_words=(),
            abstained=True,
            abstain_reason="empty",
            confidence=even,
            evidence=(),
            facts=tuple(doc._.facts),
            model_version=self.version,
        )

    def _evidence(self, doc: Doc, slug: str) -> list[Evidence]:
        topic = self._rules.lexicon.slugs.index(slug)
        hits: list[LexiconHit] = sorted(
            (hit for hit in doc._.lexicon_hits if hit.topic == topic), key=lambda hit: -hit.weight
        )
        taken: set[int] = set()
        evidence = []
        for hit in hits[:MOST_EVIDENCE]:
            if taken.isdisjoint(range(hit.first, hit.last + 1)):
                taken.update(range(hit.first, hit.last + 1))
                evidence.append(_place(doc, hit.first, hit.last, hit.weight, "lexicon"))
        stems = stems_of(doc)
        speaking = sorted(self._learned.explain(doc, slug).items(), key=lambda pair: -pair[1])
        for stem, weight in speaking:
            first = stems.index(stem)
            if weight < LEARNED_FROM or len(evidence) >= MOST_EVIDENCE:
                break
            if first not in taken:
                evidence.append(_place(doc, first, first, weight, "learned"))
        return evidence


def load(model_folder: Path | None = None, tables: Tables | None = None) -> Understander:
    """The trained model (`classifiers/model` unless told otherwise) with a town hall's tables.

    Raises ModelMissing, ModelUnreadable, or ModelDoesNotFit if the tables have topics it was not trained with.
    """
    folder = model_folder or pipeline.MODEL
    tables = tables or load_tables()
    nlp = pipeline.load_pipeline(folder)
    known = _step(nlp, "topic_pool", TopicPool).slugs
    slugs = [topic.slug for topic in tables.topics]
    if set(known) != set(slugs):
        raise ModelDoesNotFit(set(known) ^ set(slugs))
    in_order = sorted(tables.topics, key=lambda topic: known.index(topic.slug))
    _step(nlp, "topic_rules", TopicRules).use(in_order)
    return Understander(nlp, tables, _version(folder, tables))


def _doubt(doc: Doc, best: float, second: float) -> AbstainReason | None:
    if doc._.language != "ro":
        # The model has seen too few letters in other languages for its probabilities to mean anything there.
        return "language"
    if best >= doc._.topic_bar:
        return None
    return "two-matters" if best + second >= doc._.topic_bar and second >= SECOND_TOPIC_FROM else "unsure"


def _place(doc: Doc, first: int, last: int, weight: float, why: Literal["lexicon", "learned"]) -> Evidence:
    start = doc[first].idx
    end = doc[last].idx + len(doc[last])
    written = doc.text[start:end]
    if start >= doc._.text_end:
        shift = doc._.text_end + len(BEFORE_SUBJECT)
        return Evidence(written, start - shift, end - shift, round(weight, 3), why, "subject")
    return Evidence(written, start, end, round(weight, 3), why, "text")


def _readable(text: str) -> str:
    # Lone surrogates (from broken mail) cannot be stored by spaCy; one question mark each keeps all places.
    return text.encode("utf-8", "replace").decode("utf-8")


def _version(folder: Path, tables: Tables) -> str:
    """A hash over everything that can change an answer: the model's files, this code, the word lists."""
    digest = hashlib.sha256()
    house = Path(__file__).resolve().parent
    code = [*house.rglob("*.py"), house.parent / "registry" / "text.py"]
    for path in sorted(code) + sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(repr([(topic.slug, topic.department, topic.lexicon) for topic in tables.topics]).encode())
    return digest.hexdigest()[:12]


def _step(nlp: Language, name: str, kind: type[_StepT]) -> _StepT:
    step = nlp.get_pipe(name)
    if not isinstance(step, kind):
        raise TypeError(f"step {name} is not a {kind.__name__}")
    return step
