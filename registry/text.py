"""Plain text for matching: one folded form for every spelling of a Romanian word, and its stem.

Stored text always keeps its original letters; search and the classifiers compare folded stems, so that "străzii",
"strãzii", "strazii" and "STRĂZII" are one word.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

WORD = re.compile(r"[^\W_]+")
LONGEST_STEMMED = 40
"""Longer "words" are serial numbers and noise: they stay as they are, the stemmer is slow on them."""

_OWN_LETTERS = {"ß": "ss", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "t", "ı": "i"}


class _Folder(dict[int, str]):
    """A table for str.translate that works out each character once."""

    def __missing__(self, code: int) -> str:
        letters = []
        for letter in unicodedata.normalize("NFKD", chr(code).lower()).lower():
            if not unicodedata.combining(letter):
                letters.append(_OWN_LETTERS.get(letter, letter))
        self[code] = folded = "".join(letters)
        return folded


_FOLDER = _Folder()
_STEMMERS = threading.local()


def fold(text: str) -> str:
    """`text` in lower case with every diacritic taken off (comma, cedilla, tilde and combining forms alike)."""
    return text.translate(_FOLDER)


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters (plus one for its end) the offset in `text` it came from.

    Folding may change the length: a combining comma disappears, a sharp s becomes two letters.
    """
    pieces: list[str] = []
    offsets: list[int] = []
    for offset, letter in enumerate(text):
        piece = letter.translate(_FOLDER)
        pieces.append(piece)
        offsets.extend([offset] * len(piece))
    offsets.append(len(text))
    return "".join(pieces), offsets


def stem(word: str) -> str:
    """The Snowball stem of one folded word; numbers and very long strings come back unchanged."""
    if len(word) > LONGEST_STEMMED or not word.isalpha():
        return word
    return _stem(word)


def stems(text: str) -> list[str]:
    """The stems of all words of `text` in order, for a search column or a query: same words, same stems."""
    return [stem(word) for word in WORD.findall(fold(text))]


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    # The stemmer keeps the word it works on in itself, so every thread has its own.
    if not hasattr(_STEMMERS, "romanian"):
        _STEMMERS.romanian = snowballstemmer.stemmer("romanian")
    return str(_STEMMERS.romanian.stemWord(word))
