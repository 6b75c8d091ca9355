"""Which part of a reply is new: a line-by-line splitter for Romanian, Hungarian, German and English mail.

Nothing is deleted: the answer is a list of offsets into the text, so staff still see everything. One pass
over the lines with patterns that see one line (or three joined ones) at a time, so time grows linearly
(trial `mail.md` section 5: library splitters hang on single long lines).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Span = tuple[int, int]

# What reading machines are given of one letter, and of one line of it (trial `mail.md` section 8).
READ_LIMIT: Final = 200_000
LINE_LIMIT: Final = 10_000
# Longer lines are no attribution and no header; only their beginning is looked at.
_LOOK: Final = 300
_WRAPPED_LINES: Final = 3
_BLOCK_LINES: Final = 8
_FOOTER_LENGTH: Final = 90

_WROTE: Final = re.compile(
    r"(?:(?<![-\w])a scris|\bwrote|\bschrieb(?:\s.{1,200})?|\bFolgendes geschrieben"
    r"|\b(?:ezt )?(?:í|i)rta(?:\s{0,3}\(.{3,120}\))?)\s{0,3}:\s{0,3}$",
    re.IGNORECASE,
)
# Yahoo's app puts the quotation on the line of its attribution, set apart by blanks only.
_WROTE_AND_QUOTED: Final = re.compile(
    r"<[^\s@<>]{1,64}@[^\s@<>]{1,190}>\s{1,3}(?:a scris|wrote|ezt írta|folgendes geschrieben)\s?:\s{2,9}\S",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"\b\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}\b"  # 21.11.2022
    r"|\b\d{4}[./-]\s?\d{1,2}[./-]\s?\d{1,2}\b"  # 2022-11-21, 2022. 11. 21.
    r"|\b\d{1,2}\.?\s[^\W\d_]{3,12}\.?,?\s\d{4}\b"  # 16 mar. 2018
    r"|\b\d{4}\.\s[^\W\d_]{3,12}\.?\s\d{1,2}\b"  # 2022. okt. 14
    r"|\b[^\W\d_]{3,12}\.?\s\d{1,2},?\s\d{4}\b",  # Nov 2, 2026
)
_ADDRESS: Final = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}")

_FROM_LABEL: Final = re.compile(r"[*_]{0,2}(?:de la|from|von|felad[óo]|expeditor)\s?:", re.IGNORECASE)
_SENT_LABEL: Final = re.compile(
    r"[*_]{0,2}(?:trimis(?: la)?|data|dat[ăa]|sent|date|gesendet|datum|elk[üu]ldve|d[áa]tum|k[üu]ldve)\s?:.{0,60}\d",
    re.IGNORECASE,
)
_OTHER_LABEL: Final = re.compile(
    r"[*_]{0,2}(?:c[ăa]tre|la|cc|subiect|subiectul|to|subject|an|betreff|c[íi]mzett|t[áa]rgy|m[áa]solat)\s?:",
    re.IGNORECASE,
)
_ORIGINAL: Final = re.compile(
    r"^[\s_]{0,5}-{2,20}\s{0,3}(?:mesaj(?:ul)? (?:original|ini[țţt]ial)|original message|urspr[üu]ngliche nachricht"
    r"|eredeti [üu]zenet)\s{0,3}-{2,20}\s{0,5}$",
    re.IGNORECASE,
)
_FORWARDED: Final = re.compile(
    r"^\s{0,5}(?:-{2,20}\s{0,3})?(?:mesaj(?:ul)? redirec[țţt]ionat|mesaj transmis"
    r"|forwarded message|begin forwarded message|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten (?:e-mail|nachricht)|tov[áa]bb[íi]tott [üu]zenet"
    r"|[îi]nceputul mesajului redirec[țţt]ionat)\s{0,3}(?:-{2,20}|:)?\s{0,5}$",
    re.IGNORECASE,
)
_FOOTER: Final = re.compile(
    r"^\s{0,5}(?:trimis (?:de pe|din|cu|de la) |transmis de pe |ob[țţt]ine[țţt]i outlook"
    r"|sent from (?:my |outlook|mail |yahoo)|get outlook for "
    r"|von meinem .{1,40} gesendet|gesendet (?:von|mit) |k[üu]ldve: |elk[üu]ldve az? "
    r"|az? .{1,30}(?:r[óo]l|r[őöo]l|emr[őöo]l|omr[óo]l) k[üu]ldve)",
    re.IGNORECASE,
)
_FORWARD_SUBJECT: Final = re.compile(
    r"^\s*(?:(?:re|r[ăa]sp|aw|v[áa])\s?:\s*){0,3}(?:fwd?|wg|tr|rv|redir|tov[áa]bb[íi]tva|fw)\s?:", re.IGNORECASE
)
_RULE_LINE: Final = re.compile(r"^\s{0,5}(?:_{5,}|-{5,}|\*{5,})\s{0,5}$")


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    look: str

    @property
    def blank(self) -> bool:
        return not self.look.strip()

    @property
    def quoted(self) -> bool:
        return self.look.lstrip().startswith(">")


def is_forward(subject: str) -> bool:
    """Whether the subject says that the mail passes another mail on (then that mail is the news)."""
    return bool(_FORWARD_SUBJECT.match(subject[:_LOOK]))


def new_text_spans(text: str, *, forward: bool = False) -> tuple[Span, ...]:
    """The (start, end) offsets of what the sender newly wrote, in order, without surrounding blank space.

    Left out: lines quoted with ">", the line that introduces them, a header block in Outlook's manner with
    everything below it, and the footer of a phone ("Trimis de pe ..."). What a mail forwards counts as new,
    and so does everything below when nothing stands above. Text with no new part gives (). What lies beyond
    `READ_LIMIT` characters of the text or `LINE_LIMIT` of a line is in no span (see `is_too_long`).
    """
    lines = _lines(text[:READ_LIMIT])
    cut = forwarded = len(lines)
    dropped: set[int] = set()
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.quoted or line.blank:
            number += 1
            continue
        if _FORWARDED.match(line.look) or (forward and (_ORIGINAL.match(line.look) or _is_header_block(lines, number))):
            # Some clients mark what they forward with ">": below this line that says nothing.
            forwarded = number
            break
        if _quotes_on_one_line(line):
            cut = number
            break
        if first := _attribution_start(lines, number):
            dropped.update(range(number + 1 - first, number + 1))
            # Only text set apart by ">" can be told from an answer below it; else all that follows is quoted.
            if not _next_is_quoted(lines, number):
                cut = number + 1
                break
        if _ORIGINAL.match(line.look):
            cut = number + 1
            dropped.add(number)
            break
        if _is_header_block(lines, number):
            cut = number
            break
        number += 1
    kept = _kept(lines, dropped, range(cut), forwarded) or _kept(lines, dropped, range(cut, len(lines)), forwarded)
    return _spans(text, lines, _without_footers(lines, kept))


def new_text(text: str, spans: Sequence[Span]) -> str:
    """The new parts joined by an empty line; the whole text when there are fewer than 20 characters of them.

    At most `READ_LIMIT` characters of the text.
    """
    new = "\n\n".join(text[start:end] for start, end in spans)
    return new if len(new.strip()) >= 20 else text[:READ_LIMIT]


def is_too_long(text: str) -> bool:
    """Whether machines read only the beginning of this text, or of a line of it."""
    return len(text) > READ_LIMIT or any(len(line) > LINE_LIMIT for line in text.split("\n"))


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        # Past the look window only the end of a line matters, and an attribution is never that long.
        look = text[start:end] if end - start <= _LOOK else text[start : start + _LOOK] + "…"
        lines.append(_Line(start, min(end, start + LINE_LIMIT), look.replace("\xa0", " ")))
        start = end + 1
    return lines


def _attribution_start(lines: Sequence[_Line], number: int) -> int:
    """How many lines, ending with this one, say who wrote what follows and when; 0 if they do not.

    A date is required, and an address or a following quotation: "vecinul meu mi-a scris:" is a citizen's
    own sentence.
    """
    if not lines[number].look.rstrip().endswith(":"):
        return 0
    quotation_follows = _next_is_quoted(lines, number)
    joined = ""
    for count in range(1, _WRAPPED_LINES + 1):
        first = number + 1 - count
        if first < 0 or lines[first].blank or lines[first].quoted:
            return 0
        joined = f"{lines[first].look.strip()} {joined}".strip()
        if _WROTE.search(joined[-_LOOK:]) and _DATE.search(joined) and (quotation_follows or _ADDRESS.search(joined)):
            return count
    return 0


def _quotes_on_one_line(line: _Line) -> bool:
    """Whether the line names a writer with address and date and goes on with what was written."""
    wrote = _WROTE_AND_QUOTED.search(line.look)
    return wrote is not None and _DATE.search(line.look[: wrote.start()]) is not None


def _next_is_quoted(lines: Sequence[_Line], number: int) -> bool:
    for line in lines[number + 1 : number + 4]:
        if not line.blank:
            return line.quoted
    return False


def _is_header_block(lines: Sequence[_Line], number: int) -> bool:
    """A "From" line with a dated "Sent" line and a third label close below (Outlook in four languages)."""
    if not _FROM_LABEL.match(lines[number].look.strip()):
        return False
    below = [line.look.strip() for line in lines[number + 1 : number + _BLOCK_LINES]]
    return any(_SENT_LABEL.match(line) for line in below) and any(_OTHER_LABEL.match(line) for line in below)


def _kept(lines: Sequence[_Line], dropped: set[int], numbers: range, forwarded: int) -> list[int]:
    kept = [number for number in numbers if number >= forwarded or (number not in dropped and not lines[number].quoted)]
    while kept and (lines[kept[-1]].blank or (_RULE_LINE.match(lines[kept[-1]].look) and numbers.stop < len(lines))):
        kept.pop()
    return kept if any(not lines[number].blank for number in kept) else []


def _without_footers(lines: Sequence[_Line], kept: list[int]) -> list[int]:
    """Leave out a phone's footer: a short line of that wording that ends a run of new lines."""
    left_out: set[int] = set()
    following: int | None = None
    for number in reversed([number for number in kept if not lines[number].blank]):
        last_of_run = following is None or any(lines[between].quoted for between in range(number + 1, following))
        line = lines[number]
        if last_of_run and len(line.look) <= _FOOTER_LENGTH and _FOOTER.match(line.look):
            left_out.add(number)
            continue
        following = number
    return [number for number in kept if number not in left_out]


def _spans(text: str, lines: Sequence[_Line], kept: Sequence[int]) -> tuple[Span, ...]:
    spans: list[Span] = []
    previous: int | None = None
    for number in kept:
        line = lines[number]
        whole = previous is not None and lines[previous].end + 1 == line.start
        if whole and number == (previous or 0) + 1:
            spans[-1] = (spans[-1][0], line.end)
        else:
            spans.append((line.start, line.end))
        previous = number
    return tuple(trimmed for span in spans if (trimmed := _trimmed(text, span)) is not None)


def _trimmed(text: str, span: Span) -> Span | None:
    start, end = span
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(inner)
