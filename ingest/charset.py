"""Bytes of a mail to text, with a record of the rule that decided the charset.

Labels on mail lie in known ways (trial `mail.md` section 4): no label, `us-ascii` over windows-1250,
`iso-8859-1` over UTF-8, `iso-8859-2` over windows-1250 quotes, invented names. The steps are tried in a
fixed order, strictly, and the name of the one that worked travels with the text.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

# Names seen in real mail that Python does not know. "" means: says nothing, look at the bytes.
ALIASES: Final[dict[str, str]] = {
    "x-cp1250": "cp1250",
    "x-cp1252": "cp1252",
    "cp-1250": "cp1250",
    "cp-1252": "cp1252",
    "win-1250": "cp1250",
    "win-1252": "cp1252",
    "windows1250": "cp1250",
    "windows1252": "cp1252",
    "x-windows-1250": "cp1250",
    "ansi-1250": "cp1250",
    "uft-8": "utf-8",
    "utf": "utf-8",
    "utf8mb4": "utf-8",
    "x-utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-16-ro": "iso-8859-16",
    "x-mac-romanian": "mac-romanian",
    "x-mac-roman": "mac-roman",
    "ibm-852": "cp852",
    "x-sjis": "shift_jis",
    "unknown-8bit": "",
    "x-unknown": "",
    "unknown": "",
    "default": "",
    "default_charset": "",
    "binary": "",
    "8bit": "",
    "none": "",
}

# Python codecs that are no charset of a mail: they run escapes or take quadratic time.
_NOT_CHARSETS: Final = frozenset({"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined"})

# The windows charset people meant when their "ISO" text holds bytes 0x80-0x9F.
_C1_MEANT: Final[dict[str, str]] = {
    "iso8859-1": "cp1252",
    "iso8859-15": "cp1252",
    "iso8859-2": "cp1250",
    "iso8859-16": "cp1250",
}
_LATIN_1: Final = frozenset({"iso8859-1", "iso8859-15", "cp1252"})

_GUESSES: Final = ("cp1250", "iso8859-16", "iso8859-2", "cp1252")
_SAMPLE: Final = 65_536
_META: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_:.\-]{2,40})", re.IGNORECASE
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _weights() -> dict[str, int]:
    table: dict[str, int] = {}
    for letters, weight in (
        ("ăĂșȘțȚşŞţŢőŐűŰ", 4),
        ("âÂîÎ", 3),
        ("áÁéÉíÍóÓöÖúÚüÜäÄß", 2),
        ("èêëçàùûôï„”“’‘–—…«»€§°", 1),
        ("þÞºª¼½¾¤¨¸¯", -3),
        ("ãÃõÕ", -2),
    ):
        table.update(dict.fromkeys(letters, weight))
    table.update(dict.fromkeys(map(chr, range(0x80, 0xA0)), -10))
    return table


_WEIGHTS: Final = _weights()


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the Python name of the charset that gave it, and the rule that chose the charset."""

    text: str
    charset: str
    rule: str


def decode(raw: bytes, declared: str | None = None, *, html: bool = False) -> Decoded:
    """Decode the bytes of one text part or header word. Never raises.

    Takes the raw bytes (transfer encoding already undone), the charset label if there was one, and
    whether the bytes are HTML (then a `<meta charset>` inside counts). The rule in the answer is one of
    `byte-order-mark`, `utf-8-despite-label`, `windows-despite-label`, `letters-despite-label`, `declared`,
    `alias`, `utf-8`, `html-meta`, `letters` and, when nothing fits without loss, `replacement`.
    """
    for mark, charset in _BOMS:
        if raw.startswith(mark) and (decoded := _strict(raw[len(mark) :] if charset == "utf-8" else raw, charset)):
            return Decoded(decoded, charset, "byte-order-mark")
    label = (declared or "").strip().strip("\"'").lower()
    charset, rule = (ALIASES[label], "alias") if label in ALIASES else (label, "declared")
    name = _python_name(charset)
    if name and name != "utf-8" and name != "ascii" and _is_ascii_superset(name):
        despite = _despite_label(raw, name)
        if despite is not None:
            return despite
    if name and (text := _strict(raw, name)) is not None:
        return Decoded(text, name, rule)
    if (text := _strict(raw, "utf-8")) is not None:
        return Decoded(text, "utf-8", "utf-8")
    if html and (match := _META.search(raw, 0, _SAMPLE)):
        meta = match.group(1).decode("ascii").lower()
        meta_name = _python_name(ALIASES.get(meta, meta))
        # A page that could be read as UTF-16 could not have been searched for its meta tag as bytes.
        if meta_name and _is_ascii_superset(meta_name) and (text := _strict(raw, meta_name)) is not None:
            return Decoded(text, meta_name, "html-meta")
    best = _best_guess(raw)
    if best:
        return Decoded(raw.decode(best), best, "letters")
    return Decoded(raw.decode("cp1252", "replace"), "cp1252", "replacement")


def _python_name(label: str) -> str:
    """The name Python gives this charset, or "" if it is none that mail may use."""
    try:
        name = codecs.lookup(label).name if label else ""
        if name in _NOT_CHARSETS:
            return ""
        b"".decode(name or "ascii")
    except (LookupError, ValueError, UnicodeError):
        return ""
    return name


def _is_ascii_superset(name: str) -> bool:
    return not name.startswith(("utf-16", "utf-32", "utf-7", "iso2022", "hz"))


def _strict(raw: bytes, charset: str) -> str | None:
    if charset.startswith("utf-16") and len(raw) % 2:
        raw = raw[:-1]  # the line end of the mail around the text is half a letter
    try:
        text = raw.decode(charset)
        if charset == "utf-7":
            text.encode("utf-8")  # the only codec that lets lone surrogates through
    except (UnicodeError, LookupError):
        return None
    return text


def _despite_label(raw: bytes, name: str) -> Decoded | None:
    """Evidence in the bytes against a single-byte label, which otherwise fits any bytes."""
    if raw.isascii():
        return None
    # Well-formed UTF-8 sequences do not arise by chance in text of another charset.
    if (text := _strict(raw, "utf-8")) is not None:
        return Decoded(text, "utf-8", "utf-8-despite-label")
    has_c1 = any(0x80 <= byte <= 0x9F for byte in set(raw[:_SAMPLE]))
    if has_c1 and name in _C1_MEANT and (text := _strict(raw, _C1_MEANT[name])) is not None:
        name = _C1_MEANT[name]
        if name != "cp1252" or not _reads_better_as_1250(raw):
            return Decoded(text, name, "windows-despite-label")
    if name in _LATIN_1 and _reads_better_as_1250(raw) and (text := _strict(raw, "cp1250")) is not None:
        return Decoded(text, "cp1250", "letters-despite-label")
    return None


def _reads_better_as_1250(raw: bytes) -> bool:
    """Whether Western text is really Romanian or Hungarian: the classic "ºi" for "și", "õ" for "ő"."""
    return _score(raw, "cp1250") >= _score(raw, "cp1252") + 8


def _best_guess(raw: bytes) -> str:
    scored = [(score, -order, name) for order, name in enumerate(_GUESSES) if (score := _score(raw, name)) > -1000]
    best = max(scored, default=None)
    return best[2] if best and _strict(raw, best[2]) is not None else ""


def _score(raw: bytes, charset: str) -> int:
    """How much the non-ASCII letters look like Romanian, Hungarian or German; -1000 if it does not decode."""
    sample = bytes(byte for byte in raw[:_SAMPLE] if byte >= 0x80)
    text = _strict(sample, charset)
    if text is None:
        return -1000
    return sum(_WEIGHTS.get(character, -1) * count for character, count in Counter(text).items())
