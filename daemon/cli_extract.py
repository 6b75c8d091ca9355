"""`cabinet extract`: what documents say, page by page, with how far to trust it."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from config.i18n import gettext as _
from config.i18n import ngettext
from config.settings import load_settings
from daemon.entering import read_file
from ingest.errors import describe_failure, describe_reason
from ingest.reading import DocumentReading, Page, words_to_json

_SOURCES: Final[dict[str, Callable[[], str]]] = {
    "text-layer": lambda: _("text of the file"),
    "ocr": lambda: _("recognised"),
    "blank": lambda: _("blank"),
    "unreadable": lambda: _("not read"),
    "plain": lambda: _("text of the file"),
    "sheet": lambda: _("sheet of a table"),
    "listing": lambda: _("list of files"),
}


def extract(
    files: list[Path],
    as_json: Annotated[bool, typer.Option("--json", help=_("One object per file, for programs."))] = False,
    boxes: Annotated[bool, typer.Option("--boxes", help=_("With the place of every word (only with --json)."))] = False,
) -> None:
    """Read files outside the record; the exit code is 0 even for unreadable ones, their reason is printed."""
    recognition = load_settings().recognition
    for file in files:
        reading = read_file(file, engine=recognition.engine, workers=recognition.workers)
        if as_json:
            typer.echo(json.dumps(plain(file, reading, boxes=boxes), ensure_ascii=False))
        else:
            typer.echo("\n".join(_lines(file, reading)))


def plain(file: Path, reading: DocumentReading, *, boxes: bool) -> dict[str, Any]:
    """The reading as plain values; a word is [text, left, top, width, height, confidence] on the page's picture."""
    pages = []
    for page in reading.pages:
        values = asdict(page)
        del values["words"], values["image_name"]
        if boxes:
            values["words"] = words_to_json(page.words)
        pages.append(values)
    return {
        "file": str(file),
        "kind": reading.kind,
        "failure": reading.failure,
        "detail": reading.detail,
        "page_count": reading.page_count,
        "pages": pages,
    }


def _lines(file: Path, reading: DocumentReading) -> list[str]:
    count = ngettext("{count} page", "{count} pages", reading.page_count).format(count=reading.page_count)
    lines = [f"== {file} ({reading.kind}, {count})"]
    if reading.failure:
        lines.append(describe_failure(reading.failure))
    for page in reading.pages:
        lines += ["", f"-- {page.number}: {', '.join([_SOURCES[page.source](), *_quality(page)])}"]
        if page.reason:
            lines.append(f"{'!' if page.needs_human else '·'} {describe_reason(page.reason)}")
        lines.append(page.text)
    return lines


def _quality(page: Page) -> list[str]:
    """The figures of a recognised page in words."""
    if page.mean_confidence is None:
        return []
    return [
        _("confidence {mean:.0f} (a tenth of the words under {low:.0f})").format(
            mean=page.mean_confidence, low=page.p10_confidence or 0
        ),
        _("{share:.1%} doubtful words").format(share=page.low_share or 0),
        _("{share:.1%} of the ink read").format(share=page.coverage or 0),
        ngettext("{count} try", "{count} tries", page.tries).format(count=page.tries),
        page.language,
        _("turned by {angle:g}°").format(angle=page.angle),
        f"{page.dpi} dpi",
    ]
