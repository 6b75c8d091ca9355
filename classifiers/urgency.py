"""Step `urgency`: words that say people are in danger now."""

from pathlib import Path

from ruamel.yaml import YAML
from spacy.language import Language
from spacy.tokens import Doc

from classifiers.phrases import compile_phrases, find_phrases
from classifiers.words import stems_of

TABLE = Path(__file__).resolve().parent / "rules" / "danger.yaml"
_DANGER = compile_phrases(*YAML(typ="safe").load(TABLE)[0])

if not Doc.has_extension("danger"):
    Doc.set_extension("danger", default=())


@Language.component("urgency", assigns=["doc._.danger"])
def urgency(doc: Doc) -> Doc:
    """Write `doc._.danger`: the (first, last) tokens of every danger phrase; empty if none."""
    words = [(place, stem) for place, stem in enumerate(stems_of(doc)) if stem]
    doc._.danger = tuple(find_phrases(words, _DANGER))
    return doc
