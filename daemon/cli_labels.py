"""`cabinet labels sheets|numbers`: separator sheets and number labels to print, as a PDF file."""

from pathlib import Path
from typing import Annotated

import typer

from config import clock
from config.i18n import gettext as _
from config.i18n import ngettext
from daemon.cli_common import configured
from daemon.house import open_house
from registry.labels import label_key, latest_numbers, next_sheets, numbers_from
from responders.labels import MOST_SHEETS, STICKERS_A_PAGE, check_department, number_stickers, separator_sheets

app = typer.Typer(help=_("Print separator sheets and number labels for scanning."), no_args_is_help=True)


@app.command(help=_("Separator sheets: lay one before each letter of a pile, and the scan becomes as many letters."))
def sheets(
    count: Annotated[int, typer.Option(help=_("How many sheets."), min=1, max=MOST_SHEETS)] = 10,
    department: Annotated[str, typer.Option(help=_("For this department (its short name); else for all."))] = "",
    output: Annotated[Path, typer.Option(help=_("The PDF to write."))] = Path("separatoare.pdf"),
) -> None:
    """Write the PDF and say where it is."""
    house = open_house(configured())
    check_department(department, house.tables)
    with house.database.write() as session:
        numbered = next_sheets(session, department, count, clock.today())
    output.write_bytes(separator_sheets(numbered, label_key(house.settings), house.tables))
    house.database.close()
    _say(ngettext("{count} separator sheet: {path}", "{count} separator sheets: {path}", count), count, output)


@app.command(help=_("Stickers with registration numbers: a scan that carries one joins the case of its number."))
def numbers(
    written: Annotated[list[str] | None, typer.Argument(metavar=_("NUMBER/YEAR…"), show_default=False)] = None,
    last: Annotated[int, typer.Option(help=_("Without numbers: of so many letters that came in last."), min=1)] = 24,
    skip: Annotated[
        int, typer.Option(help=_("Places already used on the first page."), min=0, max=STICKERS_A_PAGE - 1)
    ] = 0,
    output: Annotated[Path, typer.Option(help=_("The PDF to write."))] = Path("etichete.pdf"),
) -> None:
    """Write the PDF and say where it is."""
    house = open_house(configured())
    with house.database.read() as session:
        entries = numbers_from(session, written) if written else latest_numbers(session, last)
        pdf = number_stickers(entries, label_key(house.settings), house.tables, skip=skip)
    house.database.close()
    output.write_bytes(pdf)
    _say(ngettext("{count} label: {path}", "{count} labels: {path}", len(entries)), len(entries), output)


def _say(sentence: str, count: int, path: Path) -> None:
    typer.echo(sentence.format(count=count, path=path))
