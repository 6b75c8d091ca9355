"""Does it read like language, and like which: judged by function words and the shape of words."""

import re

WORD = re.compile(r"[^\W\d_]+")


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


FUNCTION_WORDS = {
    "ron": _set(
        "de la în și cu pe pentru din al a ale ai că să nu se este sunt mai prin sau care ce cel "
        "cea către după privind va vă am ați au fi un o unei unui ca despre între dintre fără până "
        "acest această aceste mă dumneavoastră nr str noastră nostru mea meu dacă prin iar"
    ),
    "hun": _set(
        "az és hogy nem van egy meg is ha már csak vagy mint ez azt ezt itt ott kell volt lesz után "
        "előtt szerint alatt által illetve valamint kérem tisztelt hogyan amely aki mert még sem "
        "nincs vagyok számú"
    ),
    "deu": _set(
        "der die das und ist nicht mit ein eine einen einer einem für auf dem den des im zu zum zur "
        "von vom bei wir sie ich ihr ihre ihren mir uns sind wird werden haben hat oder als auch "
        "wie an nach bitte geehrte"
    ),
    "eng": _set(
        "the and of to in is for that with on are this be as at by from have your you we not it or "
        "an will please our which has was"
    ),
}
# Written alike in two languages ("a", "de", "la", "in" …): they tell nothing apart, but they are language.
ALL_FUNCTION_WORDS = frozenset().union(*FUNCTION_WORDS.values())
VOWELS = frozenset("aeiouyăâîáéíóöőúüűäà")
# Scans lose diacritics, so Romanian is also counted without them.
PLAIN_ROMANIAN = _set("in si sa ca va ma fara pana catre dupa intre aceasta sunt daca")


def words(text: str) -> list[str]:
    """The words of letters in the text, lower case."""
    return WORD.findall(text.lower())


def function_share(found: list[str]) -> float:
    """Which share of the words are function words of one of our languages (letters: 0.17 to 0.4)."""
    hits = sum(1 for word in found if word in ALL_FUNCTION_WORDS or word in PLAIN_ROMANIAN)
    return hits / len(found) if found else 0.0


def plausible_share(found: list[str]) -> float:
    """Which share of the words could be words at all: a vowel in them, no run of six consonants, not endless."""
    hits = sum(1 for word in found if len(word) <= 30 and (len(word) <= 3 or _pronounceable(word)))
    return hits / len(found) if found else 0.0


def _pronounceable(word: str) -> bool:
    run = longest = 0
    for letter in word:
        run = 0 if letter in VOWELS else run + 1
        longest = max(longest, run)
    return longest < 6 and longest < len(word)


def foreign_share(found: list[str]) -> float:
    """Share of Hungarian and German among the function words that belong to one language only (0 if none)."""
    counts = _counts(found)
    foreign, total = counts["hun"] + counts["deu"], sum(counts.values())
    return foreign / total if total else 0.0


def main_language(found: list[str]) -> str:
    """The language with most function words ("ron", "hun", "deu", "eng"), or "" when fewer than three tell."""
    counts = _counts(found)
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= 3 else ""


def _counts(found: list[str]) -> dict[str, int]:
    counts = dict.fromkeys(FUNCTION_WORDS, 0)
    for word in found:
        owners = [language for language, known in FUNCTION_WORDS.items() if word in known]
        if word in PLAIN_ROMANIAN and not owners:
            owners = ["ron"]
        if len(owners) == 1:
            counts[owners[0]] += 1
    return counts
