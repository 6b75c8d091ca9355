"""Text as the rest of the house wants it: one spelling for each letter, words whole, nothing invisible."""

import re

from registry.spelling import comma_below

SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\t": " ", "\f": "\n", "\u2028": "\n"})
# Soft hyphen, zero-width characters and direction marks: invisible, and able to hide or split words.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# At a line's end PDF writers and pdfium also use U+0002 and U+FFFE for the soft hyphen.
SOFT_HYPHEN_AT_END = re.compile("(?<=[^\\W\\d_])(?:[\u00ad\x02\ufffe] *\n *|\ufffe)(?=[a-zà-ÿăőșțű])")
# pdfium also joins the lines over the hyphen: before a capital or a digit it was not a syllable's.
HYPHEN_BEFORE_CAPITAL = re.compile("(?<=\\w)\ufffe(?=\\w)")
# "C E R E R E": a title set wide. Two and more spaces are the gaps between its words.
SPACED_OUT = re.compile(r"(?<!\S)[^\W\d_](?: {1,4}[^\W\d_]){3,}(?!\S)")
BROKEN_WORD = re.compile(r"([^\W\d_]+)[-‐]$")
REST_OF_WORD = re.compile(r"([a-zà-ÿăőșțű][\w-]*)([,.;:!?)”\"]*) *")

# Where the hyphen belongs to the spelling ("într-o", "s-a", "adresându-mă"), not to the line's end.
# Syllables never end in these, so a word broken by a typesetter is not mistaken for them.
BEFORE_HYPHEN = frozenset(["într", "dintr", "printr", "s", "m", "l", "n", "c", "d", "v", "i", "prim"])
AFTER_GERUND = frozenset(["mă", "te", "se", "ne", "vă", "i", "l", "o", "le", "li", "și", "mi", "ți"])

# Old eight-bit Romanian fonts put our letters on these places (trials/ocr.md, section 5).
LEGACY = str.maketrans("ºªþÞãÃ", "șȘțȚăĂ")


def normalise(raw: str) -> str:
    """The raw text of a page in NFC, with comma-below letters, unbroken words and visible characters only.

    Lines stay lines and paragraphs are separated by one empty line.
    """
    text = raw.replace("\r\n", "\n").replace("\r", "\n").translate(SPACES)
    text = HYPHEN_BEFORE_CAPITAL.sub("-", SOFT_HYPHEN_AT_END.sub("-\n", text))
    text = CONTROL.sub("", INVISIBLE.sub("", text))
    text = SPACED_OUT.sub(_drawn_together, comma_below(text))
    lines = [re.sub(r" {2,}", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_join_broken_words(lines))).strip()


def _drawn_together(title: re.Match[str]) -> str:
    return " ".join(word.replace(" ", "") for word in re.split(" {2,}", title.group()))


def _join_broken_words(lines: list[str]) -> list[str]:
    joined: list[str] = []
    for line in lines:
        broken = BROKEN_WORD.search(joined[-1][-60:]) if joined else None
        rest = REST_OF_WORD.match(line) if broken else None
        if broken is None or rest is None or len(joined[-1]) > 1000:
            joined.append(line)
            continue
        before, after = broken.group(1).lower(), rest.group(1).lower()
        kept = before in BEFORE_HYPHEN or len(after) == 1 or (before.endswith("ndu") and after in AFTER_GERUND)
        joined[-1] = joined[-1][:-1] + ("-" if kept else "") + rest.group(0).rstrip()
        if remainder := line[rest.end() :]:
            joined.append(remainder)
    return joined


def repair_legacy(text: str) -> str:
    """Text of an old eight-bit Romanian font (ordinal signs for s, thorn for t, a-tilde) in today's letters."""
    return text.translate(LEGACY)
