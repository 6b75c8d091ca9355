"""How to address the writer: by gender only when the letter itself says it, never guessed from a first name."""

import re
from dataclasses import dataclass

from registry.text import fold, fold_with_offsets

NEUTRAL = "Stimată doamnă, stimate domn,"
SEVERAL = "Stimate doamne, stimați domni,"

# "Subsemnatul(a)" and "domiciliat/ă" on printed forms say nothing, hence the look-ahead.
_OPEN_FORM = r"(?!\s?[(/])"
_SELF = re.compile(rf"\bsubsemnat(ul|a)\b{_OPEN_FORM}")
_PLURAL = re.compile(r"\bsubsemnat(?:ii|ele)\b")
_RESIDENT = re.compile(rf"\b(?:subsemnat\S*|ma numesc)[^.\n]{{0,150}}?\bdomiciliat(a?)\b{_OPEN_FORM}")
_TITLE = re.compile(r"\b(dna|d-na|doamna|dl|d-l|dnul|domnul)\b\.?\s+(\w+)(?:[ -](\w+))?")
_FEMININE_TITLES = frozenset({"dna", "d-na", "doamna"})
_COMPANY = re.compile(
    r"\b(?:s\.?\s?c\.?|s\.?r\.?l\.?|s\.?a\.?|p\.?f\.?a\.?|i\.?i\.?|asociatia|societatea|fundatia|firma|compania|"
    r"scoala|liceul|colegiul|gradinita|primaria|consiliul|inspectoratul|directia|agentia|judecatoria|tribunalul|"
    r"institutia|ministerul|parohia|clubul|redactia|sindicatul)\b"
)
_SIGNATURE_LINES = 6
_SHORTEST_NAME_WORD = 3


@dataclass(frozen=True, slots=True)
class Salutation:
    """The words of address and, when gender was read in the letter, the place where."""

    text: str
    start: int | None = None
    end: int | None = None


def salutation(letter_text: str, name: str) -> Salutation:
    """The salutation for the writer called `name` (may be empty), judged from the writer's own words.

    Evidence: Subsemnatul/Subsemnata, domiciliat/domiciliată after them, a title before the own name in the
    signature (domain rule 7.3). Contradicting or missing evidence gives the paired form; organisations get it too.
    """
    if is_organisation(name):
        return Salutation(NEUTRAL)
    folded, offsets = fold_with_offsets(letter_text)
    if _PLURAL.search(folded):
        return Salutation(SEVERAL)
    signs = _signs(folded, name)
    if len({feminine for feminine, _start, _end in signs}) != 1:
        return Salutation(f"Stimată doamnă / Stimate domnule {name}," if name else NEUTRAL)
    feminine, start, end = signs[0]
    words = "Stimată doamnă" if feminine else "Stimate domnule"
    return Salutation(f"{words} {name}," if name else f"{words},", offsets[start], offsets[end])


def is_organisation(name: str) -> bool:
    """Whether a name is that of a company, institution or association."""
    return _COMPANY.search(fold(name)) is not None


def _signs(folded: str, name: str) -> list[tuple[bool, int, int]]:
    signs = [(found[1] == "a", found.start(), found.end()) for found in _SELF.finditer(folded)]
    if any(_COMPANY.search(folded[end : end + 40]) for _feminine, _start, end in signs):
        return []  # "Subsemnata S.C. …" is feminine because a company is
    signs += [(found[1] == "a", found.start(), found.end()) for found in _RESIDENT.finditer(folded)]
    own_words = {word for word in re.findall(r"\w+", fold(name)) if len(word) >= _SHORTEST_NAME_WORD}
    for found in _TITLE.finditer(folded, _signature_start(folded)):
        if own_words & {found[2], found[3]}:
            signs.append((found[1] in _FEMININE_TITLES, found.start(), found.end()))
    return signs


def _signature_start(folded: str) -> int:
    lines = [found.start() for found in re.finditer(r"[^\n]*\S[^\n]*", folded)]
    return lines[-_SIGNATURE_LINES] if len(lines) >= _SIGNATURE_LINES else 0
