"""Street addresses: a word for "street", a name, and number, block, stair, floor, flat.

The name is a run of capitalised words, or a street of the town's list in any spelling.
"""

import re
from collections.abc import Iterable, Iterator

from classifiers.facts.fact import Fact, Page
from classifiers.facts.streets import Place

_PART = re.compile(
    r"[\s,]{0,3}(?:(?:cu\s+)?(?:nr\.?|numarul|numărul|numar|bl\.?|blocul|sc\.?|scara|et\.?|etajul?|ap\.?|apartamentul)"
    r"\s{0,2}[\w/-]{1,7})(?![\w])",
    re.IGNORECASE,
)
# A number alone belongs to the street only where nothing goes on: "Aleea Teilor 3, Mediaș", not "Luncii 3 copaci".
_BARE_NUMBER = re.compile(r"[ ,]{1,2}\d{1,4}\s?[A-Za-z]?(?=\s*(?:[,.;)\n]|$))")
_TRIGGER = re.compile(
    r"\b(?:(?:str|bd|sos|al)\.\s{0,2}|(?:str|strada|strazii|strazile|bd|bdul|b-dul|bulevardul(?:ui)?|aleea|aleii|piata"
    r"|pietei|calea|sos|soseaua|soselei|cartierul|intrarea|fundatura)\s{1,2})"
)
_NAME = re.compile(
    r"(?:(?:\d{1,2}\s)?[A-ZĂÂÎȘȚŞŢÁÉÍÓÖŐÚÜŰ][\w.’'-]*)(?:\s(?:(?:de|din|cel|lui|ai|al|la|I|II|III|IV)\s)?[A-ZĂÂÎȘȚŞŢÁÉÍÓÖŐÚÜŰ][\w’'-]*){0,3}"
)
_NOT_IN_NAME = re.compile(r"\s(?:Nr|Bl|Sc|Et|Ap|Jud|Loc|Medias|Mediaș|Mediaş|Tel|NR|BL)\b")
_LOOSE_END = ".,-'’ "


def find(page: Page, places: Iterable[Place]) -> Iterator[Fact]:
    """The address as written; it ends at the end of its sentence or line.

    `places` are the streets of the list found in the letter. `detail` has the "street" of the list that it names.
    """
    by_name = {place.start: place for place in places if not place.quarter}
    ends: list[tuple[int, int]] = []
    for match in page.search(_TRIGGER):
        fact = _capitalised(page, match, by_name.get(match.end()))
        if fact is not None:
            ends.append((fact.start, fact.end))
            yield fact
    for place in by_name.values():
        start, name_end = page.span(place.trigger, place.end)
        end = _parts_end(page, name_end)
        # A name alone, without a word for street or a number, is a place but no address.
        known = any(first <= start < last for first, last in ends)
        if not known and (place.trigger < place.start or end > name_end):
            yield _fact(page, start, end, place)


def _capitalised(page: Page, match: re.Match[str], place: Place | None) -> Fact | None:
    start, name_start = page.place(match)
    name = _NAME.match(page.text, name_start)
    if name is None or "\n" in match[0]:
        return None
    stop = _NOT_IN_NAME.search(name[0])
    end = name_start + (stop.start() if stop else len(name[0]))
    # "strada Cluj. Zona": a full stop after more than a title ("Dr.", "Gh.") ends the name.
    sentence = re.search(r"\w{4,}\.(?:\s|$)", page.text[name_start:end])
    if sentence:
        end = name_start + sentence.start() + len(sentence[0].rstrip().rstrip("."))
    if place is not None:
        end = max(end, page.span(place.start, place.end)[1])
    return _fact(page, start, _parts_end(page, end), place)


def _fact(page: Page, start: int, end: int, place: Place | None) -> Fact:
    written = " ".join(page.text[start:end].split()).rstrip(_LOOSE_END)
    detail = {"street": place.street} if place is not None else {}
    return Fact("address", written, written, start, start + len(page.text[start:end].rstrip(_LOOSE_END)), detail)


def _parts_end(page: Page, end: int) -> int:
    bare = _BARE_NUMBER.match(page.text, end)
    end = bare.end() if bare else end
    part = _PART.match(page.text, end)
    while part is not None and "\n\n" not in part[0]:
        end = part.end()
        part = _PART.match(page.text, end)
    return end
