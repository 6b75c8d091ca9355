"""Street addresses: a word for "street", a name with a capital letter, and number, block, stair, floor, flat."""

import re
from collections.abc import Iterator

from classifiers.facts.fact import Fact, Page

_PART = re.compile(
    r"[\s,]{0,3}(?:(?:cu\s+)?(?:nr\.?|numarul|bl\.?|blocul|sc\.?|scara|et\.?|etajul?|ap\.?|apartamentul)\s{0,2}[\w/-]{1,7})(?![\w])"
)
_TRIGGER = re.compile(
    r"\b(?:str\.?|strada|strazii|strazile|bd\.?|bdul|b-dul|bulevardul(?:ui)?|aleea|aleii|piata|pietei|calea|sos\.?|soseaua|soselei|cartierul|intrarea|fundatura)\s{1,2}"
)
_NAME = re.compile(
    r"(?:(?:\d{1,2}\s)?[A-ZĂÂÎȘȚŞŢÁÉÍÓÖŐÚÜŰ][\w.’'-]*)(?:\s(?:(?:de|din|cel|lui|ai|al|la|I|II|III|IV)\s)?[A-ZĂÂÎȘȚŞŢÁÉÍÓÖŐÚÜŰ][\w’'-]*){0,3}"
)
_NOT_IN_NAME = re.compile(r"\s(?:Nr|Bl|Sc|Et|Ap|Jud|Loc|Medias|Mediaș|Mediaş|Tel|NR|BL)\b")


def find(page: Page) -> Iterator[Fact]:
    """The address as written. The name ends at the end of its sentence or line."""
    for match in page.search(_TRIGGER):
        start, name_start = page.place(match)
        name = _NAME.match(page.text, name_start)
        if name is None or "\n" in match[0]:
            continue
        stop = _NOT_IN_NAME.search(name[0])
        end = name_start + (stop.start() if stop else len(name[0]))
        # "strada Cluj. Zona": a full stop after more than a title ("Dr.", "Gh.") ends the name.
        sentence = re.search(r"\w{4,}\.(?:\s|$)", page.text[name_start:end])
        if sentence:
            end = name_start + sentence.start() + len(sentence[0].rstrip().rstrip("."))
        end = _parts_end(page, end)
        written = " ".join(page.text[start:end].split()).rstrip(".,-'’")
        yield Fact("address", written, written, start, start + len(page.text[start:end].rstrip(".,-'’ ")))


def _parts_end(page: Page, end: int) -> int:
    part = _PART_ORIGINAL.match(page.text, end)
    while part is not None and "\n\n" not in part[0]:
        end = part.end()
        part = _PART_ORIGINAL.match(page.text, end)
    return end


_PART_ORIGINAL = re.compile(_PART.pattern, re.IGNORECASE)
