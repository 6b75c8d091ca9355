"""The petitioner's name: after "Subsemnatul(a)" or "Numele", or in the signature at the end."""

import re
from collections.abc import Iterator

from classifiers.facts.fact import Fact, Page

_CAPITAL = r"[A-ZĂÂÎȘȚŞŢÁÉÍÓÖŐÚÜŰÄ]"
_WORD = rf"{_CAPITAL}(?:[\w’']+|\.)(?:-{_CAPITAL}[\w’']+)?"
_NAME = re.compile(rf"{_WORD}(?:[ \t]{{1,2}}{_WORD}){{1,3}}")
_LEAD = re.compile(
    r"\b(?:subsemnat(?:ul|a|u1|u)(?:\s*\(a\)|/a)?|numele\s+(?:si\s+prenumele)?|nume\s+si\s+prenume|nume|petent(?:ul|a)?"
    r"|petitionar(?:ul|a)?|ma\s+numesc|numele\s+meu\s+este|alulirott|my\s+name\s+is)[\s:,]{1,4}"
)
# People who write without capitals give their name only after such a word.
_SMALL_NAME = re.compile(r"[^\W\d_]{2,20}(?:-[^\W\d_]{2,20})?(?:[ \t][^\W\d_]{2,20}(?:-[^\W\d_]{2,20})?){1,2}")
_NOT_IN_SMALL_NAME = re.compile(
    r"\b(?:domicil\w*|locui\w*|cu|din|de|la|pe|in|va|sunt|si|am|ai|proprietar\w*|chirias\w*|nascut\w*|cnp|tel\w*|avand|posesor"
    r"|identificat\w*|adresa|rog|doresc|solicit|strada|str|bloc|reprezent\w*|jos|mai|sus|administrator|presedinte|stau|vin|fac|vreau)\b"
)
_TITLE = re.compile(
    r"^(?:(?:ing|av|dr|prof|ec|arh|pr|col|d-na|dl|dna|dnul|doamna|domnul|avocat|preot|inginer|presedinte|director"
    r"|ozv|özv|id|ifj)\.?[ \t]+)+",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"^(?:>|on .{5,80}wrote:|pe .{5,80}a scris:|in data de .{5,80}scris|-{3,}|_{5,}|de la:|from:|von:|felado:)",
    re.MULTILINE,
)
_FOOTER = re.compile(r"trimis de pe|trimis din|sent from|get outlook|acest mesaj|confidential|von meinem")
_NOT_A_NAME = re.compile(
    r"\b(?:primar\w*|primari\w*|consili\w*|municipi\w*|medias\w*|strada|str|bloc\w*|judet\w*|romania|cartier\w*|asociati\w*|liceu\w*|scoala|colegiu\w*|"
    r"srl|sa|piata|aleea|directi\w*|serviciu\w*|stima\w*|respect\w*|multum\w*|cordial|buna|ziua|domnul\w*|doamn\w*|locatari\w*|cetateni\w*|vecin\w*|"
    r"parint\w*|subiect|catre|data|semnatura|legea|iphone|android|samsung|telefon\w*|mobil|yahoo|outlook)\b"
)
_LINE = re.compile(r"[^\n]+")
_LAST_LINES = 10
_LONGEST_SIGNATURE = 70
_SHORTEST_LETTER = 40


def find(page: Page) -> Iterator[Fact]:
    """At most one name: the one the writer gives, else the signature."""
    for match in page.search(_LEAD):
        start = page.place(match)[1]
        start += len(_title(page.text[start : start + 60]))
        name = _NAME.match(page.text, start) or _SMALL_NAME.match(page.text, start)
        written = _small_name(name[0]) if name is not None and name[0].islower() else name[0] if name else ""
        if written and not _is_no_name(written):
            yield _fact(written, start)
            return
    yield from _signature(page)


def _signature(page: Page) -> Iterator[Fact]:
    quoted = next(page.search(_QUOTED), None)
    end = page.place(quoted)[0] if quoted and quoted.start() > _SHORTEST_LETTER else len(page.text)
    lines = [line for line in _LINE.finditer(page.text, 0, end) if line[0].strip()]
    for line in reversed(lines[-_LAST_LINES:]):
        if len(line[0]) > _LONGEST_SIGNATURE or _FOOTER.search(line[0].lower()):
            continue
        lead = len(line[0]) - len(line[0].lstrip(" \t-–—,"))
        lead += len(_title(line[0][lead:]))
        name = _NAME.match(line[0], lead)
        if name is not None and _ends_there(line[0][name.end() :]) and not _is_no_name(name[0]):
            yield _fact(name[0], line.start() + lead)
            return


def _small_name(words: str) -> str:
    """The words before the first that is surely none of a name; empty unless two are left."""
    stop = _NOT_IN_SMALL_NAME.search(Page(words).folded)
    kept = words[: stop.start()].rstrip() if stop and len(Page(words).folded) == len(words) else "" if stop else words
    return kept if len(kept.split()) > 1 else ""


def _ends_there(rest: str) -> bool:
    return not rest.strip() or (rest.lstrip()[0] in ",;-–—(|." and len(rest) < 50)


def _title(text: str) -> str:
    match = _TITLE.match(text)
    return match[0] if match else ""


def _is_no_name(words: str) -> bool:
    return _NOT_A_NAME.search(Page(words).folded) is not None


def _fact(name: str, start: int) -> Fact:
    value = " ".join(name.split())
    return Fact("petitioner", value, value, start, start + len(name))
