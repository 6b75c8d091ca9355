"""The archive copy of a letter that came on paper, made after everything else and never in its way."""

import shutil
from typing import Any

import structlog
from sqlmodel import Session

from config import clock
from config.i18n import gettext as _
from daemon.house import House
from daemon.steps.rows import letter_row
from ingest.archive_copy import ArchivePage, make_archive_copy
from registry import audit
from registry.letter_pages import FROM_PICTURES, LetterPage, letter_pages
from registry.letters import number_of
from registry.models import Letter
from registry.store import record_file

ARCHIVE_COPY_FAILED = "archive-copy-failed"
RECOGNISED = "ocr"
ACTOR = "worker"

log = structlog.get_logger()


def make_copy(house: House, letter_id: int) -> dict[str, Any]:
    """Make the copy in a limited child and keep its file; a copy that cannot be made never stops the letter.

    Returns {"round": which round it belongs to, "sha256": its hash or "", "failed": whether it could not be made}.
    """
    with house.database.read() as session:
        letter = letter_row(session, letter_id)
        made: dict[str, Any] = {"round": letter.processing_round, "sha256": "", "failed": False}
        pages = [_page(house, page) for page in pages_to_copy(letter, letter_pages(session, letter_id))]
        title, at = _("Letter {number}").format(number=number_of(session, letter).label), letter.registered_at
    if not pages:
        return made
    folder = house.work_folder("archive") / str(letter_id)
    folder.mkdir(exist_ok=True)
    try:
        make_archive_copy(pages, folder / "copy.pdf", title=title, made_at=at)
        made["sha256"] = house.store.put_file(folder / "copy.pdf")
    except Exception as failure:  # noqa: BLE001  (whatever it is, the letter is read and answered without a copy)
        log.warning("archive_copy_failed", letter=letter_id, error=type(failure).__name__)
        made["failed"] = True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return made


def record_copy(house: House, session: Session, letter_id: int, made: dict[str, Any]) -> None:
    """Note the copy at its letter; one that was overtaken by a change of the pages is left."""
    letter = letter_row(session, letter_id)
    if made["round"] != letter.processing_round:
        return
    remarks = [code for code in letter.remarks if code != ARCHIVE_COPY_FAILED]
    letter.remarks = [*remarks, ARCHIVE_COPY_FAILED] if made["failed"] else remarks
    sha256 = made["sha256"] or None
    if sha256 == letter.archive_sha256 or made["failed"]:
        return
    if sha256:
        record_file(session, house.store, sha256)
    letter.archive_sha256 = sha256
    audit.record(
        session,
        at=clock.now(),
        actor=ACTOR,
        act="archive-copy",
        subject=f"letters:{letter_id}",
        detail={"sha256": sha256},
    )


def pages_to_copy(letter: Letter, pages: list[LetterPage]) -> list[LetterPage]:
    """The pages of the copy: all that belong to a scan if one of them was a picture; of a mail those of scanned files.

    Letters that are text already (a mail, a digital PDF) need no copy: the original can be searched.
    """
    here = [page for page in pages if page.belongs and not page.part.inline]
    if letter.channel != "email":
        return here if any(page.row.source in FROM_PICTURES for page in here) else []
    scanned = {page.part.number for page in here if page.row.source == RECOGNISED}
    return [page for page in here if page.part.number in scanned]


def _page(house: House, page: LetterPage) -> ArchivePage:
    def kept(sha256: str | None) -> str:
        return str(house.store.path(sha256)) if sha256 else ""

    row, number = page.row, page.row.number
    return ArchivePage(
        picture=kept(row.image_sha256),
        words=kept(row.words_sha256),
        source=kept(page.part.sha256),
        number=number,
        text=page.text,
        dpi=row.dpi,
        note="" if row.image_sha256 else _("Page {n} could not be read. Look at the original.").format(n=number),
    )
