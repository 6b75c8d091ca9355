"""Step `ro_fold`: the words of a letter in one spelling, with their places in the text.

The tokenizer is our own because the stock Romanian one keeps "nr.24", "strada,gropile" or "SB-07-XYZ" as one token
and needs quadratic time on long runs of punctuation; letters have both.
"""

import re
from typing import Any

from spacy.lang.ro.stop_words import STOP_WORDS
from spacy.language import Language
from spacy.tokens import Doc, Token
from spacy.util import DummyTokenizer, registry
from spacy.vocab import Vocab

from registry.text import WORD, fold, stem

_PIECE = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*|\s+|(?:[^\w\s]|_)+")

# In spaCy's list, but they say something in a letter to a town hall.
_MEANINGFUL = {"acord", "bucur", "caut", "frumos", "multumesc", "nu", "fara", "spate", "drept"}
# Said in letters about everything.
_BOILERPLATE = (
    "rog solicit cer doresc dumneavoastra dvs dv domnule domnul doamna stimate stimata primar primarul "
    "primaria primarie primariei mediasului medias municipiul municipiului oras orasul orasului romania "
    "sibiu judetul jud str strada nr bl sc ap et tel telefon email mail subsemnatul subsemnata domiciliat "
    "domiciliata locuiesc respect stima buna ziua seara dimineata trimis multumim sunt suntem aceasta "
    "acest acestea catre subiect descriere luni luna ani an zile zi saptamana om oameni lume toata anul "
    "fac faceti facut spun spus stiu zis cred vreau mi-a nostru avem asa ianuarie februarie martie "
    "aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie a the of and to in is for "
    "you we our es az egy hogy nem und der die das ich wir sie zu mit von den auf "
)
FILLERS = frozenset(fold(word) for word in [*STOP_WORDS, *_BOILERPLATE.split()]) - _MEANINGFUL
"""Words that say nothing about the matter, unstemmed: "ap." (apartment) and "apa" (water) share a stem."""

if not Doc.has_extension("stems"):
    Doc.set_extension("stems", default=None)
    Doc.set_extension("content", default=None)
    Doc.set_extension("text_end", default=None)  # where the text ends and the subject of the mail begins
    Token.set_extension("stem", getter=lambda token: stems_of(token.doc)[token.i])
    Token.set_extension("folded", getter=lambda token: fold(token.text))


class LetterTokenizer(DummyTokenizer):
    """Cuts a text into words, runs of punctuation and runs of white space; `doc.text` equals the text."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for piece in _PIECE.findall(text):
            rest = piece
            if piece[0] == " " and words and not spaces[-1]:
                spaces[-1] = True
                rest = piece[1:]
            if rest:
                words.append(rest)
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)


@registry.tokenizers("cabinet.words.v1")  # type: ignore[untyped-decorator]
def letter_tokenizer() -> Any:
    """The maker spaCy asks for a tokenizer (named in training.cfg)."""
    return lambda nlp: LetterTokenizer(nlp.vocab)


@Language.component("ro_fold", assigns=["doc._.stems"])
def ro_fold(doc: Doc) -> Doc:
    """Write `doc._.stems`: per token its folded Snowball stem, or "" if it is not a word."""
    doc._.stems = [stem(fold(text)) if text[0].isalnum() else "" for text in (token.text for token in doc)]
    return doc


def stems_of(doc: Doc) -> list[str]:
    """Per token its stem or "": from `ro_fold` if it has run, worked out now if not (training references)."""
    if doc._.stems is None:
        ro_fold(doc)
    stems: list[str] = doc._.stems
    return stems


def words_of(doc: Doc) -> list[tuple[int, str]]:
    """(token, stem) of all words, in order."""
    return [(place, stem_) for place, stem_ in enumerate(stems_of(doc)) if stem_]


def content_of(doc: Doc) -> list[tuple[int, str]]:
    """(token, stem) of the words that are no fillers, in order."""
    if doc._.content is None:  # several steps ask for it
        doc._.content = [
            (token.i, stem_)
            for token, stem_ in zip(doc, stems_of(doc), strict=True)
            if stem_ and fold(token.text) not in FILLERS
        ]
    content: list[tuple[int, str]] = doc._.content
    return content


def content_stems(text: str) -> tuple[str, ...]:
    """The stems of a short text's words that are no fillers."""
    return tuple(stem(word) for word in WORD.findall(fold(text)) if word not in FILLERS)


def telling_stems(doc: Doc) -> list[str]:
    """The stems that can say what a letter is about: no fillers, no single letters, no numbers."""
    return [stem_ for _, stem_ in content_of(doc) if len(stem_) > 1 and stem_.isalpha()]
