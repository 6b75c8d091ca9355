"""One scan, several letters: separator sheets and people's requests carried out, questions put where it only looks so.

The machine splits only what came on paper. Files in a mail are somebody's annexes until a person says otherwise.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlmodel import Session

from config import clock
from daemon.house import House
from daemon.steps.letter_text import NEXT_TO_NOTHING
from daemon.steps.rows import letter_row
from ingest.beginnings import beginning_sign
from ingest.errors import IngestError
from ingest.page_taking import take_pages
from registry import splits
from registry.labels import LabelKey, NumberLabel, Separator, is_like_ours, label_key, labels_in
from registry.letter_pages import SEPARATOR, LetterPage, PageName, letter_pages
from registry.scan_plan import Piece, Plan, ScanPage, plan_scan
from registry.splits import SplitWhy

ACTOR = "worker"
SPLIT_FAILED = "split-failed"
NOT_OURS = "label-not-ours"
RECOGNISED = "ocr"
# Reasons that say less to whoever looks at the page.
LESS_TELLING = frozenset({"", "low-confidence", "lines-missed", "no-text"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Scan:
    """What planning needs of a letter, read in one go."""

    channel: str
    raw_sha256: str
    own_text: str
    processing_round: int
    pages: list[LetterPage]
    asked: frozenset[PageName]


def plan_split(house: House, letter_id: int) -> dict[str, Any]:
    """Where the pages of a letter fall into several, with a kept file for each new one.

    Returns {"round", "sheets": [page], "foreign": [page], "department", "moves": [{"pages", "sha256", "department"}],
    "questions": [[page, why]], "failed": bool}; a page is [part number, page number].
    """
    with house.database.read() as session:
        letter = letter_row(session, letter_id)
        pages = letter_pages(session, letter_id)
        asked = frozenset(splits.requested(session, letter_id))
        own_text = "" if letter.channel != "email" else letter.text
        scan = _Scan(letter.channel, letter.raw_sha256, own_text, letter.processing_round, pages, asked)
    key, here = label_key(house.settings), [page for page in scan.pages if page.moved_to_id is None]
    plan = plan_scan([_signs(scan, page, key) for page in here], splits_by_itself=scan.channel != "email")
    moves, failed = _take_files(house, letter_id, scan, plan)
    questions = [(piece.pages[0], SplitWhy.SEPARATOR) for piece in plan.moves] if failed else []
    known = {department.slug for department in house.tables.departments}
    return {
        "round": scan.processing_round,
        "sheets": [list(name) for name in plan.sheets],
        "foreign": [list(page.name) for page in here if _is_foreign(page, key)],
        "department": plan.stays.department if plan.stays.department in known else "",
        "moves": [{**move, "department": move["department"] if move["department"] in known else ""} for move in moves],
        "questions": [[list(name), str(why)] for name, why in (*plan.questions, *questions)],
        "failed": failed,
    }


def record_split(house: House, session: Session, letter_id: int, plan: dict[str, Any]) -> None:
    """Mark the sheets, make the new letters and put the questions, all at once or not at all."""
    letter, now = letter_row(session, letter_id), clock.now()
    if plan["round"] != letter.processing_round:
        return  # people changed pages meanwhile: the next revision plans anew
    rows = {page.name: page for page in letter_pages(session, letter_id)}
    for name in plan["sheets"]:
        row = rows[PageName(*name)].row
        row.reason, row.needs_human = SEPARATOR, False
    for name in plan["foreign"]:
        row = rows[PageName(*name)].row
        if row.reason in LESS_TELLING:
            row.reason, row.needs_human = NOT_OURS, True
    if plan["department"]:
        letter.intended_department = plan["department"]
    session.flush()
    for move in plan["moves"]:
        pages = [PageName(*name) for name in move["pages"]]
        new = splits.split_at(
            session, house.store, letter, pages,
            sha256=move["sha256"], department=move["department"], at=now, actor=ACTOR,
        )  # fmt: skip
        if new is not None:
            log.info("letter_split", letter=letter_id, new=new.id, pages=len(pages))
    if plan["failed"] and SPLIT_FAILED not in letter.remarks:
        letter.remarks = [*letter.remarks, SPLIT_FAILED]
    if plan["failed"]:
        splits.give_back(session, letter, [PageName(*name) for name, _ in plan["questions"]], at=now, actor=ACTOR)
    for name, why in plan["questions"]:
        splits.propose(session, letter, PageName(*name), SplitWhy(why), at=now, actor=ACTOR)


def number_labels(pages: Sequence[LetterPage], key: LabelKey) -> list[NumberLabel]:
    """The registration numbers on labels of ours on pages that belong to the letter, each once."""
    found = [label for page in pages if page.belongs for label in labels_in(page.row.codes, key)]
    return list(dict.fromkeys(label for label in found if isinstance(label, NumberLabel)))


def _signs(scan: _Scan, page: LetterPage, key: LabelKey) -> ScanPage:
    labels = labels_in(page.row.codes, key)
    looks = scan.channel != "email" or (page.row.source == RECOGNISED and len(scan.own_text) < NEXT_TO_NOTHING)
    return ScanPage(
        name=page.name,
        is_blank=page.row.source == "blank" and not page.corrections,
        separator=next((label for label in labels if isinstance(label, Separator)), None),
        label=next((label for label in labels if isinstance(label, NumberLabel)), None),
        words=len(page.text.split()),
        sign=beginning_sign(page.text) if looks else "",
        asked=page.name in scan.asked,
    )


def _is_foreign(page: LetterPage, key: LabelKey) -> bool:
    """Whether a page carries a code made like ours that this house did not print."""
    codes = [str(code.get("text", "")) for code in page.row.codes or ()]
    return any(is_like_ours(code) and key.read(code) is None for code in codes)


def _take_files(house: House, letter_id: int, scan: _Scan, plan: Plan) -> tuple[list[dict[str, Any]], bool]:
    """The file of each new letter, kept; nothing and True when the scan does not give its pages."""
    if not plan.moves:
        return [], False
    folder = house.work_folder("splitting") / str(letter_id)
    folder.mkdir(exist_ok=True)
    moves: list[dict[str, Any]] = []
    try:
        for number, piece in enumerate(plan.moves):
            target = folder / str(number)
            _take_file(house, scan, piece, target)
            names = [list(name) for name in piece.pages]
            moves.append({"pages": names, "sha256": house.store.put_file(target), "department": piece.department})
    except IngestError as failure:
        log.warning("split_failed", letter=letter_id, code=failure.code)
        return [], True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return moves, False


def _take_file(house: House, scan: _Scan, piece: Piece, target: Path) -> None:
    of_part = [page for page in scan.pages if page.name.part == piece.pages[0].part]
    sha256 = of_part[0].part.sha256
    numbers = [name.page for name in piece.pages]
    take_pages(house.store.path(sha256), numbers, len(of_part), target, origin=f"{scan.raw_sha256}/{sha256}")
