"""Streets and quarters of the town, found by the town hall's own list in every spelling people use."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from classifiers.facts.fact import Fact, Page
from config.town import Street
from registry.text import WORD, fold

QUARTER = "cartier"
_KINDS = {
    "strada": r"str|strada|strazii|strazi|strazile|strazilor|st|ulita|ulitei",
    "aleea": r"al|aleea|aleii|alee",
    "piata": r"piata|pietei|p-ta|pta",
    "calea": r"calea|caii",
    "soseaua": r"sos|soseaua|soselei|sosea",
    "bulevardul": r"bd|bdul|b-dul|bulevardul|bulevardului|blvd",
    "cartier": r"cartier|cartierul|cartierului|cart",
    "intrarea": r"intrarea|intr|fundatura|fundacul",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split("|")}
_TRIGGER = re.compile(rf"(?<![\w-])({'|'.join(sorted(_KIND_OF, key=len, reverse=True))})(?:\.\s{{0,2}}|\s{{1,2}})$")
_PREPOSITION = re.compile(r"(?<!\w)(?:pe|colt(?:ul)?(?:\s+cu)?|intersectia(?:\s+cu)?|intre)\s{1,2}$")
_LIST = re.compile(r"^\s?(?:,|si|cu|x|colt\s+cu|-|–)\s?(?:pe\s)?$")
_NUMBER_AFTER = re.compile(r",?\s{0,2}(?:nr\.?\s{0,2}|numarul\s)?\d{1,4}\s?[a-z]?(?=[\s,.;)]|$)")
_OCR = str.maketrans("015", "ois")
_TRIGGER_REACH, _SHORTEST_GUESSED, _ALIKE = 14, 6, 0.85


@dataclass(frozen=True, slots=True)
class Place:
    """A street of the list in a letter: where its name stands, where the word before it ("str.") begins."""

    street: str
    quarter: bool
    start: int
    end: int
    trigger: int
    guessed: bool


@dataclass(slots=True)
class StreetList:
    """The town's streets by the folded words of their names."""

    _names: dict[str, list[tuple[tuple[str, ...], Street]]] = field(default_factory=dict)
    _whole: dict[str, Street] = field(default_factory=dict)

    @classmethod
    def of(cls, streets: Iterable[Street]) -> "StreetList":
        """The list of the rows of config/tables/streets.yaml."""
        names: dict[str, list[tuple[tuple[str, ...], Street]]] = {}
        whole: dict[str, Street] = {}
        for street in streets:
            for written in (street.name, *street.also_called):
                words = tuple(WORD.findall(fold(written)))
                if words:
                    names.setdefault(words[0], []).append((words, street))
                    whole[" ".join(words)] = street
        for rows in names.values():
            rows.sort(key=lambda row: -len(row[0]))
        return cls(names, whole)

    def places(self, page: Page) -> Iterator[Place]:
        """Every place where a letter names a street of the list (places count in the folded text)."""
        words = [(match[0], match.start(), match.end()) for match in WORD.finditer(page.folded)]
        last: Place | None = None
        next_free = 0
        for number, (_word, start, _end) in enumerate(words):
            if start < next_free or not self._names:
                continue
            place = self._at(page, words, number, last)
            if place is not None:
                yield place
                last, next_free = place, place.end

    def _at(self, page: Page, words: list[tuple[str, int, int]], number: int, last: Place | None) -> Place | None:
        word, start, _ = words[number]
        before = page.folded[max(0, start - _TRIGGER_REACH) : start]
        trigger = _TRIGGER.search(before)
        at = start - len(before) + trigger.start() if trigger else start
        for sequence, street in self._names.get(word, ()):
            end = _same(page.folded, words, number, sequence)
            if end is None:
                continue
            if trigger and not _fits(trigger[1], street):
                return None
            if trigger or street.kind == QUARTER or _named(page, start, end, len(sequence), last):
                return _place(street, start, end, at, guessed=False)
        return self._guess(words, number, page, at) if trigger and _KIND_OF[trigger[1]] != QUARTER else None

    def _guess(self, words: list[tuple[str, int, int]], number: int, page: Page, trigger: int) -> Place | None:
        """After a word for street: one letter misread or mistyped still names the street."""
        for count in (3, 2, 1):
            piece = words[number : number + count]
            if len(piece) < count or _same(page.folded, words, number, tuple(one[0] for one in piece)) is None:
                continue
            written = " ".join(one[0] for one in piece).translate(_OCR)
            if len(written) >= _SHORTEST_GUESSED:
                close = get_close_matches(written, self._whole, n=1, cutoff=_ALIKE)
                if close and close[0][0] == written[0]:
                    return _place(
                        self._whole[close[0]], piece[0][1], piece[-1][2], trigger, guessed=close[0] != written
                    )
        return None


def find(page: Page, streets: StreetList) -> list[tuple[Fact, Place]]:
    """Facts with values like "strada Gării", each with its place in the folded text."""
    found = []
    for place in streets.places(page):
        start, end = page.span(place.start, place.end)
        detail = {"spelling": "close"} if place.guessed else {}
        found.append((Fact("street", place.street, place.street, start, end, detail), place))
    return found


def _place(street: Street, start: int, end: int, trigger: int, *, guessed: bool) -> Place:
    return Place(f"{street.kind} {street.name}", street.kind == QUARTER, start, end, trigger, guessed)


def _fits(trigger: str, street: Street) -> bool:
    # "strada" is said of everything; "Aleea Gării" and "strada Gării" may be two places.
    kind = _KIND_OF[trigger]
    return kind in ("strada", fold(street.kind))


def _same(folded: str, words: list[tuple[str, int, int]], number: int, sequence: tuple[str, ...]) -> int | None:
    """The end of a sequence of words that stands at `number`, within one sentence and line."""
    if number + len(sequence) > len(words):
        return None
    for step, wanted in enumerate(sequence):
        word, start, end = words[number + step]
        if word != wanted:
            return None
        if step:
            previous, _, previous_end = words[number + step - 1]
            gap = folded[previous_end:start]
            if len(gap) > 3 or gap.strip(" -.") or ("." in gap and len(previous) > 3):
                return None
    return end


def _named(page: Page, start: int, end: int, words: int, last: Place | None) -> bool:
    """Without a word for street: "pe Gării", "pe garii nr 4", "pe Luncii și Moșnei"."""
    written = page.text[page.span(start, end)[0]]
    following = last is not None and 0 < start - last.end <= 12 and _LIST.match(page.folded[last.end : start])
    if not following and not _PREPOSITION.search(page.folded[max(0, start - 20) : start]):
        return False
    if written.isupper() or words > 1 or _NUMBER_AFTER.match(page.folded, end):
        return True
    # A genitive after "pe" is the name of a street, whatever its first letter.
    return page.folded[start:end].endswith(("ului", "ilor", "elor", "ei", "ii"))
