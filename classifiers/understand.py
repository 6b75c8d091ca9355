"""What this room offers to the others: read one letter, say what it is about, why, and how sure that is."""

import hashlib
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from classifiers import pipeline
from classifiers.embedding import letter_text
from classifiers.embedding_view import TopicEmbedding
from classifiers.errors import ModelDoesNotFit
from classifiers.facts import FactFinder
from classifiers.facts.fact import Fact
from classifiers.language import LetterLanguage
from classifiers.legal_kind import LegalKind
from classifiers.letter_topic import StemCategorizer
from classifiers.letters import BEFORE_SUBJECT, document
from classifiers.routing import Router, RouteTaken
from classifiers.stem_model import unknown_share
from classifiers.topic_pool import TopicPool, views_key
from classifiers.topic_rules import LexiconHit, TopicRules
from classifiers.words import stems_of, words_of
from config.town import Tables, default_tables

LONGEST_TEXT = 200_000
LONGEST_SUBJECT = 1_000
SECOND_TOPIC_FROM = 0.2
"""From this probability on the second topic is named."""
LEARNED_FROM = 0.12
"""Learned words that speak less than this for the topic are filler and not shown."""
MOST_EVIDENCE = 12
TWO_MATTERS_FROM = 0.8
"""With this much probability in two topics, the doubt is only which of them leads."""

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

    `topics` has all topics with their probabilities, best first: how they share the letter. `confidence` is the
    probability that the first one would be accepted. When `abstained`, a person must choose; `topic` is then only the
    best guess ("altele" for an empty letter). `views` names the opinions that were joined, `unknown_share` is the
    share of telling words the model had never seen, `milliseconds` how long reading took.
    """

    topic: str
    topics: tuple[tuple[str, float], ...]
    second_topic: str | None
    department: str | None
    routes: tuple[RouteTaken, ...]
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
    views: str
    unknown_share: float
    milliseconds: int = field(compare=False)

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
                "routes": tuple(RouteTaken(**{**one, "copies": tuple(one["copies"])}) for one in plain["routes"]),
                "facts": tuple(Fact(**one) for one in plain["facts"]),
            }
        )


class Understander:
    """A loaded model with a town hall's tables; `understand` may be called from any thread."""

    def __init__(self, nlp: Language, tables: Tables, version: str) -> None:
        self._nlp = nlp
        # spaCy's memory zones do not nest, so letters of several threads wait for each other.
        self._one_at_a_time = Lock()
        self._language = _step(nlp, "language", LetterLanguage)
        self._rules = _step(nlp, "topic_rules", TopicRules)
        embedding = _step(nlp, "topic_embedding", TopicEmbedding)
        self._embedding = embedding if embedding.embedder is not None else None
        self._learned = _step(nlp, "letter_topic", StemCategorizer)
        self._slugs = _step(nlp, "topic_pool", TopicPool).slugs
        self._router = Router(tables)
        self.version = version
        self.departments = {topic.slug: topic.department for topic in tables.topics}

    def understand(self, text: str, subject: str | None = None) -> Understanding:
        """Read one letter: its text (at most LONGEST_TEXT letters are read) and the subject of its mail."""
        text = _readable(text[:LONGEST_TEXT])
        subject = _readable((subject or "").strip()[:LONGEST_SUBJECT])
        started = time.monotonic()
        # Without the zone, every word of every letter would stay in spaCy's memory for as long as the daemon runs.
        with self._one_at_a_time, self._nlp.memory_zone():
            doc = self._nlp(document(self._nlp, text, subject))
            understood = self._of(doc) if any(stems_of(doc)) else self._empty(doc)
            return replace(understood, milliseconds=round((time.monotonic() - started) * 1000))

    def vector(self, text: str, subject: str | None = None) -> NDArray[np.float32] | None:
        """What a letter means, as a vector of length 1 around its language's mean, to be compared with other letters'.

        None without the embedding, and for a letter without words.
        """
        text = _readable(text[:LONGEST_TEXT])
        subject = _readable((subject or "").strip()[:LONGEST_SUBJECT])
        if self._embedding is None or not any(character.isalnum() for character in text + subject):
            return None
        language = self._language.language_of(letter_text(text, subject))
        found = self._embedding.vector(text, subject, language)
        return None if found is None else found.astype(np.float32)

    def _of(self, doc: Doc) -> Understanding:
        probabilities = doc._.topic_probabilities
        confidence = round(doc._.topic_confidence, 6)
        order = np.argsort(-probabilities, kind="stable")
        topics = tuple((self._slugs[place], round(float(probabilities[place]), 6)) for place in order)
        best, best_probability = topics[0]
        second, second_probability = topics[1]
        two = best_probability + second_probability >= TWO_MATTERS_FROM and second_probability >= SECOND_TOPIC_FROM
        reason = _doubt(doc, confidence, two)
        words = words_of(doc)
        department, routes = self._router.route(best, doc._.kind, words, doc._.facts)
        return Understanding(
            topic=best,
            topics=topics,
            second_topic=second if second_probability >= SECOND_TOPIC_FROM else None,
            department=department,
            routes=routes,
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
            views=views_key(doc._.topic_views),
            unknown_share=unknown_share(self._learned.model, doc),
            milliseconds=0,
        )

    def _empty(self, doc: Doc) -> Understanding:
        even = round(1 / len(self._slugs), 6)
        return Understanding(
            topic="altele",
            topics=tuple((slug, even) for slug in self._slugs),
            second_topic=None,
            department=self._router.route("altele", "altele", [], ())[0],
            routes=(),
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
            views="",
            unknown_share=0.0,
            milliseconds=0,
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


def load(model_folder: Path | None = None, tables: Tables | None = None, *, embedding: bool = True) -> Understander:
    """The trained model (`classifiers/model` unless told otherwise) with a town hall's tables.

    Without `embedding`, or without its package, letters are read by the other views, with the setting fitted to them.
    Raises ModelMissing, ModelUnreadable, or ModelDoesNotFit if the tables have topics it was not trained with.
    """
    folder = model_folder or pipeline.MODEL
    tables = tables or default_tables()
    nlp = pipeline.load_pipeline(folder)
    known = _step(nlp, "topic_pool", TopicPool).slugs
    slugs = [topic.slug for topic in tables.topics]
    if set(known) != set(slugs):
        raise ModelDoesNotFit(set(known) ^ set(slugs))
    in_order = sorted(tables.topics, key=lambda topic: known.index(topic.slug))
    _step(nlp, "topic_rules", TopicRules).use(in_order)
    embedders = []
    for _name, step in nlp.pipeline:
        if isinstance(step, TopicEmbedding):
            step.use(in_order)
        if isinstance(step, TopicEmbedding | LegalKind):
            if not embedding:
                step.embedder = None
            embedders.append(step.embedder.name if step.embedder else "")
    _step(nlp, "facts", FactFinder).use(tables)
    return Understander(nlp, tables, _version(folder, tables, embedders))


def _doubt(doc: Doc, confidence: float, two_matters: bool) -> AbstainReason | None:
    if confidence >= doc._.topic_bar:
        return None
    if doc._.language != "ro":
        return "language"
    return "two-matters" if two_matters else "unsure"


def _place(doc: Doc, first: int, last: int, weight: float, why: Literal["lexicon", "learned"]) -> Evidence:
    start = doc[first].idx
    end = doc[last].idx + len(doc[last])
    written = doc[first : last + 1].text
    if start >= doc._.text_end:
        shift = doc._.text_end + len(BEFORE_SUBJECT)
        return Evidence(written, start - shift, end - shift, round(weight, 3), why, "subject")
    return Evidence(written, start, end, round(weight, 3), why, "text")


def _readable(text: str) -> str:
    # Lone surrogates (from broken mail) cannot be stored by spaCy; one question mark each keeps all places.
    return text.encode("utf-8", "replace").decode("utf-8")


def _version(folder: Path, tables: Tables, embedders: list[str]) -> str:
    """A hash over everything that can change an answer: the model's files, this code, the word lists, the views."""
    digest = hashlib.sha256()
    house = Path(__file__).resolve().parent
    code = [*house.rglob("*.py"), *(house / "rules").glob("*.yaml"), house.parent / "registry" / "text.py"]
    for path in sorted(code) + sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    topics = [(topic.slug, topic.department, topic.lexicon, topic.description) for topic in tables.topics]
    digest.update(repr((topics, tables.routing, tables.streets, tables.departments)).encode())
    digest.update(repr(embedders).encode())
    return digest.hexdigest()[:12]


def _step(nlp: Language, name: str, kind: type[_StepT]) -> _StepT:
    step = nlp.get_pipe(name)
    if not isinstance(step, kind):
        raise TypeError(f"step {name} is not a {kind.__name__}")
    return step
