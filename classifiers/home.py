"""Which of a letter's addresses is the writer's own: an answer must not go to the pothole."""

import re
from collections.abc import Iterable, Iterator

from registry.text import fold

# How far before an address the word may stand that makes it a home, and how far after the writer's name it begins.
_BEFORE, _AFTER_NAME = 60, 80
_HOME_WORD = re.compile(r"domicili|locui|resedin|adresa|cu sediul|stau (?:pe|in|la)|lakcim|wohnhaft|residing")
_SENTENCE_END = re.compile(r"[.!?]\s+[A-ZĂÂÎȘȚ]")
_TOWN = re.compile(r"[ ,\n]{0,3}(\d{6}[ ,]+[^\n,;]{2,40}?(?:,\s*jud[^\n,;.]{0,3}[^\n,;]{2,20})?)(?=[\n,;.]|$)")


def home_place(text: str, writer: str, addresses: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """Which of the places (start, end) of all addresses in `text`, in their order, is the writer's own; None if none.

    An address with a house number is the writer's if a word like "domiciliat" stands before it in the same sentence,
    or if it follows their name, as in a letterhead or a signature.
    """
    names = list(_ends_of(writer, text)) if writer else []
    for start, end in addresses:
        if not any(character.isdigit() for character in text[start:end]):
            continue
        before = _SENTENCE_END.split(text[max(0, start - _BEFORE) : start])[-1]
        named = any(0 <= start - name_end <= _AFTER_NAME for name_end in names)
        if named or _HOME_WORD.search(fold(before)):
            return start, end
    return None


def home_address(text: str, writer: str, addresses: Iterable[tuple[int, int]]) -> str:
    """The writer's address with postal code and town where they follow it; empty when no address is surely theirs."""
    place = home_place(text, writer, addresses)
    if place is None:
        return ""
    town = _TOWN.match(text, place[1])
    return " ".join(text[slice(*place)].split()) + (f", {' '.join(town[1].split())}" if town else "")


def _ends_of(name: str, text: str) -> Iterator[int]:
    pattern = re.compile(r"\s+".join(re.escape(word) for word in name.split()), re.IGNORECASE)
    for match in pattern.finditer(text):
        yield match.end()
