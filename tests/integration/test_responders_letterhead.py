"""The printed letter, read back as a reader of the PDF would."""

from collections.abc import Callable

import pypdfium2
import pytest

from registry.database import Database
from registry.letters import number_of
from registry.models import Case, Letter, Reply
from registry.statuses import LetterStatus, ReplyStatus
from registry.store import FileStore
from responders.letterhead import render_pdf
from tests.support.factories import make_case, make_letter, make_reply, tables

BODY = (
    "Nr. 7/23.11.2026\nReferitor la: petiția dumneavoastră nr. 7/23.11.2026\n\nStimată doamnă Ștefania Moldovan,\n\n"
    "Șoseaua și trotuarul din față au fost reparate; țevile, înlocuite. <b>&amp;</b>\n\n"
    "Temei legal: OG 27/2002, art. 8 alin. (1).\n\nCu stimă,\n\nPrimar,\nGheorghe Roman"
)


Printer = Callable[..., list[str]]


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


@pytest.fixture
def print_letter(database: Database, store: FileStore) -> Printer:
    def printed(status: ReplyStatus = ReplyStatus.APPROVED, **fields: str) -> list[str]:
        with database.write() as session:
            letter: Letter = make_letter(session, store, channel="post", status=LetterStatus.READY)
            case: Case = make_case(session, letter)
            reply: Reply = make_reply(session, case, letter, status=status, **{"body": BODY, **fields})
            return text_of(render_pdf(reply, letter, number_of(session, letter), case, tables()))

    return printed


def test_the_letter_has_all_its_parts_with_correct_romanian_letters(print_letter: Printer) -> None:
    (page,) = print_letter()
    for part in (
        "MUNICIPIUL MEDIAȘ",
        "Nr. 7/23.11.2026",
        "Mediaș, 23.11.2026",
        "Către:",
        "Ștefania Moldovan",
        "Str. Arieș nr. 14, Mediaș",
        "Referitor la: petiția dumneavoastră",
        "Obiect:",
        "Stimată doamnă Ștefania Moldovan,",
        "Șoseaua și trotuarul din față au fost reparate; țevile, înlocuite.",
        "<b>&amp;</b>",
        "Temei legal: OG 27/2002",
        "Primar,",
        "Gheorghe Roman",
        "Direcția Tehnică",
        "Regulamentul (UE) 2016/679",
        "Pagina 1 din 1",
    ):
        assert part in page
    assert not set("şţŞŢ") & set(page)
    assert "PROIECT" not in page
    assert page.count("Nr. 7/23.11.2026") == 1


def test_what_is_not_approved_is_marked_as_a_draft(print_letter: Printer) -> None:
    (page,) = print_letter(ReplyStatus.DRAFT)
    assert "PROIECT" in page


def test_a_long_letter_goes_on_with_numbered_pages_and_loses_no_line(print_letter: Printer) -> None:
    lines = "\n\n".join(f"Punctul {number}. Verificat pe teren." for number in range(120))
    pages = print_letter(body=BODY.replace("Cu stimă,", f"{lines}\n\nCu stimă,"))
    assert len(pages) > 2
    whole = "\n".join(pages)
    assert all(f"Punctul {number}. " in whole for number in range(120))
    assert f"Pagina {len(pages)} din {len(pages)}" in pages[-1]


def test_a_text_without_the_usual_parts_is_printed_as_it_is(print_letter: Printer) -> None:
    (page,) = print_letter(body="Doar atât.")
    assert "Doar atât." in page
    assert "Nr. 1/23.11.2026" in page
    assert "Ref.: 1/23.11.2026" in page
