"""Where a scan falls into letters: decided from the signs on its pages alone, without looking at anything else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from registry.labels import NumberLabel, Separator
from registry.letter_pages import PageName
from registry.splits import SplitWhy

MOST_SHEET_WORDS = 90
"""A printed sheet of ours has about forty words; a page with many more is somebody's letter that carries its code."""


@dataclass(frozen=True, slots=True)
class ScanPage:
    """What a page says about where letters begin. Pages that went to another letter are not among these.

    `separator` is the sheet whose code the page carries, `label` the number label, `words` how many words were read,
    `sign` what makes it look like a first page ("": nothing), `asked` whether a person wants a letter to begin here.
    """

    name: PageName
    is_blank: bool = False
    separator: Separator | None = None
    label: NumberLabel | None = None
    words: int = 0
    sign: str = ""
    asked: bool = False

    @property
    def is_sheet(self) -> bool:
        """Whether the page is a separator sheet and nothing else."""
        return self.separator is not None and self.words <= MOST_SHEET_WORDS


@dataclass(frozen=True, slots=True)
class Piece:
    """Pages of one letter, and for whom its separator sheet said it is ("": not said)."""

    pages: tuple[PageName, ...]
    department: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with a scan: `sheets` are no letter's pages, `stays` remain with the scan's own letter, each
    of `moves` becomes a letter of its own, `questions` go to a person. Every page is in exactly one of the first three.
    """

    sheets: tuple[PageName, ...]
    stays: Piece
    moves: tuple[Piece, ...]
    questions: tuple[tuple[PageName, SplitWhy], ...]


@dataclass(slots=True)
class _Run:
    department: str = ""
    asked: bool = False
    pages: list[ScanPage] = field(default_factory=list)

    @property
    def is_letter(self) -> bool:
        """Blank pages alone (the back of a sheet, the end of a pile) are no letter, unless a person says so."""
        return bool(self.pages) and (self.asked or any(not page.is_blank for page in self.pages))


def plan_scan(pages: Sequence[ScanPage], *, splits_by_itself: bool) -> Plan:
    """Divide the pages of a scan, in their order.

    A sheet begins a letter, and so does a page at which a person asked for it. The first letter keeps the scan's own
    number, whether or not a sheet lies before it. With `splits_by_itself` false (a file in a mail) sheets only ask.
    """
    runs = _runs(pages, by_sheets=splits_by_itself)
    letters = [run for run in runs if run.is_letter]
    if letters and letters[0].asked and any(run.pages for run in runs[: runs.index(letters[0])]):
        letters.insert(0, _Run())  # what a person wants apart from blank pages leaves those behind
    first = letters[0] if letters else _Run()
    moved = [_movable(run) for run in letters[1:]]
    gone = {page.name for run in moved for page in run.pages}
    sheets = tuple(page.name for page in pages if page.is_sheet)
    stays = [page for page in pages if page.name not in gone and not page.is_sheet]
    questions = _questions(stays) if splits_by_itself else _questions([p for p in pages if p.name not in gone])
    return Plan(
        sheets=sheets,
        stays=Piece(tuple(page.name for page in stays), first.department),
        moves=tuple(Piece(tuple(page.name for page in run.pages), run.department) for run in moved),
        questions=tuple(questions),
    )


def _runs(pages: Sequence[ScanPage], *, by_sheets: bool) -> list[_Run]:
    runs = [_Run()]
    for page in pages:
        if page.separator is not None and by_sheets:
            runs.append(_Run(page.separator.department))
        if page.asked:
            runs.append(_Run(asked=True))
        if not page.is_sheet:
            runs[-1].pages.append(page)
    return runs


def _movable(run: _Run) -> _Run:
    """The pages of the same file as the first: only those can be taken out together."""
    part = run.pages[0].name.part
    return _Run(run.department, run.asked, [page for page in run.pages if page.name.part == part])


def _questions(pages: Sequence[ScanPage]) -> Iterator[tuple[PageName, SplitWhy]]:
    """Pages that look like the beginning of another letter; what comes first in a file, blank pages aside, is none."""
    before: ScanPage | None = None
    label: NumberLabel | None = None
    after_sheet = False
    for page in pages:
        if page.is_sheet:
            after_sheet = True
        if page.is_sheet or page.is_blank:
            continue
        if before is None or before.name.part != page.name.part:
            label = None
        elif page.separator is not None or after_sheet:
            yield page.name, SplitWhy.SEPARATOR
        elif page.label is not None and page.label != label:
            yield page.name, SplitWhy.LABEL
        elif page.sign:
            yield page.name, SplitWhy(page.sign)
        label = page.label or label
        before, after_sheet = page, False
