"""Separator sheets and number labels to print for the scanner."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from config import clock
from desk import downloads
from desk.context import TheDesk, TheVisitor
from desk.render import page
from registry.errors import RecordError
from registry.labels import label_key, latest_numbers, next_sheets, numbers_from
from responders.errors import ResponderError
from responders.labels import MOST_SHEETS, STICKERS_A_PAGE, check_department, number_stickers, separator_sheets

router = APIRouter()
USUAL_SHEETS = 10
MOST_LABELS = 10 * STICKERS_A_PAGE


@router.get("/labels")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """The two forms, with what is printed most often filled in."""
    return _page(request, desk)


@router.post("/labels/sheets")
def sheets(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    department: Annotated[str, Form()] = "",
    count: Annotated[int, Form(ge=1, le=MOST_SHEETS)] = USUAL_SHEETS,
) -> Response:
    """A PDF with that many separator sheets, numbered on."""
    try:
        check_department(department, desk.tables)
        with desk.database.write() as session:
            numbered = next_sheets(session, department, count, clock.today())
        content = separator_sheets(numbered, label_key(desk.settings), desk.tables)
    except (RecordError, ResponderError) as error:
        return _page(request, desk, error=str(error))
    return downloads.pdf(content, "separatoare.pdf")


@router.post("/labels/numbers")
def numbers(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    written: Annotated[str, Form()] = "",
    last: Annotated[int, Form(ge=1, le=MOST_LABELS)] = STICKERS_A_PAGE,
    skip: Annotated[int, Form(ge=0, le=STICKERS_A_PAGE - 1)] = 0,
) -> Response:
    """A PDF with a label for each number typed in, or for the letters that came in last."""
    wanted = written.replace(",", " ").replace(";", " ").split()[:MOST_LABELS]
    try:
        with desk.database.read() as session:
            entries = numbers_from(session, wanted) if wanted else latest_numbers(session, last)
            content = number_stickers(entries, label_key(desk.settings), desk.tables, skip=skip)
    except (RecordError, ResponderError) as error:
        return _page(request, desk, error=str(error), written=written)
    return downloads.pdf(content, "etichete.pdf")


def _page(request: Request, desk: TheDesk, *, error: str = "", written: str = "") -> Response:
    values = {
        "departments": desk.tables.departments,
        "usual_sheets": USUAL_SHEETS,
        "most_sheets": MOST_SHEETS,
        "a_page": STICKERS_A_PAGE,
        "most_labels": MOST_LABELS,
        "written": written,
        "error": error,
    }
    return page(request, "labels.html", values, status=409 if error else 200)
