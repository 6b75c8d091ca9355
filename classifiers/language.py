"""Step `language`: Romanian, Hungarian, German or English, by the pieces (one to three letters) of a letter's words.

Pieces know a language from a few words, where lists of small words do not: "a", "es" and "de" are words of several.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from registry.text import fold

LONGEST_READ = 1_000
"""So many characters say which language it is; the rest of a long letter is not looked at."""
HOME = "ro"
HOME_BONUS = 3.0
"""How much (in log-likelihood) Romanian is ahead before a word was read: nearly all letters are."""
PIECES_KEPT = 4_000
_SMOOTHING = 0.5
_WORD = re.compile(r"[^\W\d_]+")
_LENGTHS = (1, 2, 3)

if not Doc.has_extension("language"):
    Doc.set_extension("language", default=HOME)


class LetterLanguage:
    """The pipeline step: writes `doc._.language`. Untrained it takes every letter for Romanian."""

    def __init__(self) -> None:
        self.languages: list[str] = [HOME]
        self._places: dict[str, int] = {}
        self._weights: NDArray[np.float64] = np.zeros((0, 1))

    def __call__(self, doc: Doc) -> Doc:
        doc._.language = self.language_of(doc.text)
        return doc

    def language_of(self, text: str) -> str:
        """The language of a text; Romanian if nothing speaks for another one."""
        scores = np.array([HOME_BONUS if one == HOME else 0.0 for one in self.languages])
        places = [place for piece in _pieces(text[:LONGEST_READ]) if (place := self._places.get(piece)) is not None]
        return self.languages[int((scores + self._weights[places].sum(axis=0)).argmax())]

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Count the pieces of all letters, with their diacritics and without, per language (label `lang:<code>`)."""
        counts: dict[str, Counter[str]] = {}
        for example in get_examples():
            for label in example.reference.cats:
                aspect, _, code = label.partition(":")
                if aspect == "lang":
                    text = example.reference.text[:LONGEST_READ]
                    counts.setdefault(code, Counter()).update((*_pieces(text), *_pieces(fold(text))))
        self._fit(counts)

    def _fit(self, counts: dict[str, Counter[str]]) -> None:
        self.languages = sorted(counts) or [HOME]
        shares: Counter[str] = Counter()
        for found in counts.values():
            total = found.total()
            for piece, count in found.items():
                shares[piece] += count / total  # type: ignore[assignment]
        kept = sorted(shares, key=lambda piece: (-shares[piece], piece))[:PIECES_KEPT]
        columns = []
        for code in self.languages:
            seen = np.array([counts[code][piece] + _SMOOTHING for piece in kept]) if kept else np.zeros(0)
            columns.append(np.log(seen / seen.sum()))
        table = np.round(np.stack(columns, axis=1), 3) if kept else np.zeros((0, len(self.languages)))
        self._places, self._weights = {piece: place for place, piece in enumerate(kept)}, table

    def to_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> None:
        """Write languages and weights as JSON."""
        rows = {piece: self._weights[self._places[piece]].tolist() for piece in sorted(self._places)}
        plain = {"languages": self.languages, "weights": rows}
        path.write_text(json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")

    def from_disk(self, path: Path, *, exclude: Iterable[str] = ()) -> "LetterLanguage":
        """Read what `to_disk` wrote."""
        plain = json.loads(path.read_text(encoding="utf-8"))
        self.languages = plain["languages"]
        self._places = {piece: place for place, piece in enumerate(plain["weights"])}
        self._weights = np.array(list(plain["weights"].values())).reshape(-1, len(self.languages))
        return self


@Language.factory("language", assigns=["doc._.language"])
def make_language(nlp: Language, name: str) -> LetterLanguage:
    """The step, untrained."""
    return LetterLanguage()


def _pieces(text: str) -> list[str]:
    framed = "".join(f"^{word}$ " for word in _WORD.findall(text.lower()))
    pieces = (framed[start : start + length] for length in _LENGTHS for start in range(len(framed) - length + 1))
    return [piece for piece in pieces if " " not in piece]
