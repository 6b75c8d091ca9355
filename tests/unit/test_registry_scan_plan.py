"""Where a scan falls into letters: whatever lies in the pile, every page is in exactly one place."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from registry.labels import NumberLabel, Separator
from registry.letter_pages import PageName
from registry.scan_plan import MOST_SHEET_WORDS, Plan, ScanPage, plan_scan
from registry.splits import SplitWhy

DAY = date(2026, 11, 23)
DEPARTMENTS = ("", "directia-tehnica", "politia-locala")
SIGNS = ("", "addressee", "salutation", "page-number")


def pile(kinds: str) -> list[ScanPage]:
    """A pile of one file: p a page, b a blank one, S a sheet, L a letter that carries a sheet's code, s a page with a
    sign of a beginning, a page that a person wants to begin a letter: a."""
    return [one_page(number, kind) for number, kind in enumerate(kinds, 1)]


def one_page(number: int, kind: str, department: str = "", part: int = 1) -> ScanPage:
    sheet = Separator(department, DAY, number)
    return ScanPage(
        name=PageName(part, number),
        is_blank=kind == "b",
        separator=sheet if kind in "SL" else None,
        words=MOST_SHEET_WORDS + 1 if kind == "L" else 12,
        sign="salutation" if kind == "s" else "",
        asked=kind == "a",
    )


def split(kinds: str) -> tuple[str, list[str]]:
    """The pages that stay and the pages of each new letter, as kinds."""
    plan = plan_scan(pile(kinds), splits_by_itself=True)

    def said(names: tuple[PageName, ...]) -> str:
        return "".join(kinds[name.page - 1] for name in names)

    return said(plan.stays.pages), [said(move.pages) for move in plan.moves]


def test_each_sheet_begins_a_letter() -> None:
    assert split("ppSpSpp") == ("pp", ["p", "pp"])


def test_a_sheet_before_the_first_letter_makes_no_empty_one() -> None:
    assert split("Spp") == ("pp", [])
    assert split("SSpSp") == ("p", ["p"])


def test_two_sheets_on_one_another_are_one() -> None:
    assert split("pSSp") == ("p", ["p"])


def test_blank_pages_alone_are_no_letter_and_stay_on_record() -> None:
    assert split("pSbSpSb") == ("pbb", ["p"])
    assert split("bSp") == ("bp", [])
    assert split("pSbp") == ("p", ["bp"])  # the back of the sheet goes with what follows it


def test_nothing_but_sheets_or_blank_pages_stays_as_it_is() -> None:
    assert split("SS") == ("", [])
    assert split("bbS") == ("bb", [])
    assert split("") == ("", [])


def test_a_letter_that_carries_the_code_of_a_sheet_is_no_sheet() -> None:
    plan = plan_scan(pile("pLp"), splits_by_itself=True)
    assert plan.sheets == ()
    assert split("pLp") == ("p", ["Lp"])


def test_a_person_may_want_a_letter_to_begin_anywhere() -> None:
    assert split("papSp") == ("p", ["ap", "p"])
    assert split("baa") == ("b", ["a", "a"])
    assert split("Sba") == ("b", ["a"])


def test_the_department_of_a_sheet_is_that_of_the_letter_after_it() -> None:
    pages = [
        one_page(1, "S", "juridic"),
        one_page(2, "p"),
        one_page(3, "S", "a"),
        one_page(4, "S", "b"),
        one_page(5, "p"),
    ]
    plan = plan_scan(pages, splits_by_itself=True)
    assert plan.stays.department == "juridic"
    assert [move.department for move in plan.moves] == ["b"]


def test_signs_are_questions_and_only_where_no_letter_begins_anyway() -> None:
    plan = plan_scan(pile("spsSsb"), splits_by_itself=True)
    assert plan.questions == ((PageName(1, 3), SplitWhy.SALUTATION),)


def test_the_first_page_with_something_on_it_is_never_a_question() -> None:
    assert plan_scan(pile("bbsp"), splits_by_itself=True).questions == ()
    assert plan_scan(pile("Sbs"), splits_by_itself=False).questions == ()


def test_files_of_a_mail_are_only_asked_about() -> None:
    plan = plan_scan(pile("pSbps"), splits_by_itself=False)
    assert plan.moves == ()
    assert plan.sheets == (PageName(1, 2),)
    assert plan.questions == ((PageName(1, 4), SplitWhy.SEPARATOR), (PageName(1, 5), SplitWhy.SALUTATION))


def test_the_label_of_another_number_is_a_question() -> None:
    pages = [
        ScanPage(PageName(1, number), label=NumberLabel(label, 2026) if label else None)
        for number, label in enumerate((7, 0, 7, 8, 0), 1)
    ]
    assert plan_scan(pages, splits_by_itself=True).questions == ((PageName(1, 4), SplitWhy.LABEL),)


@st.composite
def piles(draw: st.DrawFn) -> list[ScanPage]:
    pages = []
    for part in range(1, draw(st.integers(1, 2)) + 1):
        for number in range(1, draw(st.integers(0, 9)) + 1):
            separator = draw(st.none() | st.sampled_from(DEPARTMENTS))
            pages.append(
                ScanPage(
                    name=PageName(part, number),
                    is_blank=draw(st.booleans()),
                    separator=None if separator is None else Separator(separator, DAY, number),
                    label=draw(st.none() | st.builds(NumberLabel, st.integers(1, 3), st.just(2026))),
                    words=draw(st.sampled_from((0, 40, 400))),
                    sign=draw(st.sampled_from(SIGNS)),
                    asked=draw(st.booleans()),
                )
            )
    return pages


@given(piles(), st.booleans())
def test_no_page_is_ever_dropped_or_in_two_places(pages: list[ScanPage], by_itself: bool) -> None:
    plan = plan_scan(pages, splits_by_itself=by_itself)
    placed = [*plan.sheets, *plan.stays.pages, *(name for move in plan.moves for name in move.pages)]
    assert sorted(placed) == sorted(page.name for page in pages)
    assert all(move.pages for move in plan.moves)
    assert all(len({name.part for name in move.pages}) == 1 for move in plan.moves)
    order = [page.name for page in pages]
    for move in plan.moves:
        assert list(move.pages) == sorted(move.pages, key=order.index)
    asked = [name for name, _ in plan.questions]
    assert len(asked) == len(set(asked))
    assert not set(asked) & ({name for move in plan.moves for name in move.pages} | set(plan.sheets))


@given(piles())
def test_planning_again_what_stayed_moves_nothing_more(pages: list[ScanPage]) -> None:
    plan: Plan = plan_scan(pages, splits_by_itself=True)
    gone = {name for move in plan.moves for name in move.pages}
    again = plan_scan([page for page in pages if page.name not in gone], splits_by_itself=True)
    moved_again = {name for move in again.moves for name in move.pages}
    # Pages of another file of the letter may follow; of a scan, which is one file, nothing.
    first = pages[0].name.part if pages else 1
    if all(page.name.part == first for page in pages):
        assert moved_again == set()
