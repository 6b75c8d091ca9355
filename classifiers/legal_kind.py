"""Step `legal_kind`: which legal regime a letter falls under, decided apart from its topic.

Rules first, in the order of the table: a phrase or a cited law that leaves no doubt. Where none speaks, the linear
model of `letter_kind` decides if it is sure enough; everything else is a petition (OG 27/2002 art. 2), which is also
the safe side: a person changes the kind with one click and the date is worked out anew.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from spacy.language import Language
from spacy.tokens import Doc

from classifiers.letter_topic import StemCategorizer
from classifiers.phrases import Phrases, compile_phrases, find_phrases
from classifiers.words import stems_of

TABLE = Path(__file__).resolve().parent / "rules" / "legal_kinds.yaml"
SURE_ENOUGH = 0.5
"""The least probability at which the learned model may overrule "petition"."""

if not Doc.has_extension("kind"):
    Doc.set_extension("kind", default="petitie")
    Doc.set_extension("kind_reason", default="default")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of rules/legal_kinds.yaml, its phrases compiled."""

    kind: str
    reason: str
    at_least: int
    phrases: Phrases
    laws: frozenset[str]
    helpers: Phrases
    unless: Phrases


@lru_cache
def read_rules(path: Path = TABLE) -> tuple[Rule, ...]:
    """The rules in the order in which they are tried."""
    return tuple(
        Rule(
            kind=row["kind"],
            reason=row["reason"],
            at_least=row["at_least"],
            phrases=compile_phrases(*row["phrases"]),
            laws=frozenset(row.get("laws", ())),
            helpers=compile_phrases(*row.get("helpers", ())),
            unless=compile_phrases(*row.get("unless", ())),
        )
        for row in YAML(typ="safe").load(path)
    )


class LegalKind:
    """The pipeline step: writes `doc._.kind` and `doc._.kind_reason` (a rule's reason, "learned" or "default")."""

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp

    def __call__(self, doc: Doc) -> Doc:
        doc._.kind, doc._.kind_reason = self._decide(doc)
        return doc

    def _decide(self, doc: Doc) -> tuple[str, str]:
        words = [(place, stem) for place, stem in enumerate(stems_of(doc)) if stem]
        laws = {fact.value for fact in doc._.facts if fact.kind == "law"}
        for rule in read_rules():
            if _speaks(rule, words, laws):
                return rule.kind, rule.reason
        learned = self.nlp.get_pipe("letter_kind")
        if isinstance(learned, StemCategorizer):
            scores = learned.scores(doc)
            if len(scores) and scores.max() >= SURE_ENOUGH:
                return learned.slugs()[int(scores.argmax())], "learned"
        return "petitie", "default"


@Language.factory("legal_kind", requires=["doc.cats", "doc._.facts"], assigns=["doc._.kind"])
def make_legal_kind(nlp: Language, name: str) -> LegalKind:
    """The step; it needs `facts` and `letter_kind` before it."""
    return LegalKind(nlp)


def _speaks(rule: Rule, words: list[tuple[int, str]], laws: set[str]) -> bool:
    if rule.unless and find_phrases(words, rule.unless):
        return False
    if len({place for place, _ in find_phrases(words, rule.phrases)}) >= rule.at_least:
        return True
    return not laws.isdisjoint(rule.laws) and bool(find_phrases(words, rule.helpers))
