"""`cabinet ingest`: letters out of files, mailbox files and maildir folders."""

from collections.abc import Callable
from pathlib import Path

import typer

from config.errors import FileMissing
from config.i18n import gettext as _
from daemon.cli_common import configured
from daemon.entering import Entering, Summary, Trouble
from daemon.finding import find
from daemon.house import open_house

INTERRUPTED = 130  # as shells report a program that was stopped with Ctrl+C

_REASONS: dict[str, Callable[[], str]] = {
    "deleted": lambda: _("deleted in the mail program"),
    "draft": lambda: _("unfinished draft"),
    "mailbox-internal": lambda: _("note of the mail program to itself"),
    "system-file": lambda: _("file of a program, not a letter"),
    "empty": lambda: _("empty file without an ending"),
    "not-readable": lambda: _("cannot be read; check who may use it, and run the command again"),
    "not-recorded": lambda: _("the database refused it; look into the log"),
    "zero-bytes": lambda: _("the file is empty (0 bytes)"),
}


def ingest(paths: list[Path]) -> None:
    """Enter files as letters; the running worker then processes them. Exit code 1 if something could not be entered."""
    house = open_house(configured())
    summary = Summary()
    stopped = False
    try:
        found = list(find(paths))
        with typer.progressbar(length=sum(each.size for each in found), label=_("Letters")) as bar:
            entering = Entering(house, summary, bar.update)
            for each in found:
                entering.enter(each)
            entering.record()
    except KeyboardInterrupt:
        stopped = True
    for sentence in sentences(summary):
        typer.echo(sentence)
    for name, trouble in summary.failed:
        typer.secho(_refusal(name, trouble), fg="red", err=True)
    if stopped:
        typer.echo(_("Stopped. What was entered is kept; run the command again to go on."), err=True)
        raise typer.Exit(INTERRUPTED)
    if summary.failed:
        raise typer.Exit(1)


def sentences(summary: Summary) -> list[str]:
    """The summary in words: one line of figures, one for every reason why something is no letter."""
    figures = _("{new} new letters, {known} known already.").format(new=summary.new, known=summary.known)
    reasons = [
        _("No letters, left out: {count} ({reason})").format(reason=_REASONS[code](), count=count)
        for code, count in sorted(summary.left_out.items())
    ]
    return [figures, *reasons]


def _refusal(name: str, trouble: Trouble) -> str:
    if trouble == "missing":
        return str(FileMissing(Path(name)))
    return _("Not entered: {name}: {reason}").format(name=name, reason=_REASONS[trouble]())
