"""One scan, several letters: pages of a scan become a letter of their own, and a scan the rest of an earlier letter.

Separator sheets split by themselves. What only looks like the beginning of another letter is a question to a person
(`SplitProposal`). A person's yes, like a split that nobody proposed, is a request that the worker carries out: it takes
the pages out of the file (`daemon.steps.splitting`), and both ways end in `split_at`. No page is ever dropped: the
first letter keeps the record of every page of its scan, and pages that went say where they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, select

from registry import audit, numbering
from registry.errors import AlreadyContinued, NothingBefore
from registry.joins import ProposalState, Why
from registry.letter_pages import LetterPage, PageName, letter_pages
from registry.models import JoinProposal, Letter, PagePlace, PageText, SplitProposal, User
from registry.page_edits import ask_for_revision, place_of
from registry.statuses import LetterStatus
from registry.store import FileStore, record_file

POST = "post"
ONLY_PART = 1
"""The number of the one part of a letter that came on paper: the scan itself."""


class SplitWhy(StrEnum):
    """What makes a page look like the beginning of another letter."""

    ADDRESSEE = "addressee"
    SALUTATION = "salutation"
    PAGE_NUMBER = "page-number"
    LABEL = "label"  # another registration number than on the pages before
    SEPARATOR = "separator"  # a sheet of ours where the machine may or can not split by itself
    PERSON = "person"  # nobody asked


class SplitState(StrEnum):
    """What became of the question. `SPLIT` is a request until the page is in its new letter."""

    OPEN = "open"
    SPLIT = "split"
    KEPT = "kept"


def propose(session: Session, letter: Letter, page: PageName, why: SplitWhy, *, at: datetime, actor: str) -> bool:
    """Ask a person whether another letter begins with this page; False if that was asked before."""
    if _proposal(session, letter, page) is not None:
        return False
    _add(session, letter, page, why, SplitState.OPEN, at)
    _note(session, letter, "propose-split", at, actor, {"part": page.part, "page": page.page, "why": str(why)})
    return True


def decide(session: Session, letter: Letter, proposal: SplitProposal, *, split: bool, user: User, at: datetime) -> None:
    """A person's answer; an answered question stays answered.

    With `split` the worker makes the new letter (get `letter` from `page_edits.letter_to_edit`). `NothingBefore` if no
    page would stay.
    """
    if proposal.state != SplitState.OPEN:
        return
    name = PageName(proposal.part_number, proposal.page_number)
    if split:
        _require_page_before(session, letter, name)
        ask_for_revision(session, letter, at=at, actor=user.username)
    _answer(proposal, SplitState.SPLIT if split else SplitState.KEPT, user, at)
    act = "ask-split" if split else "keep-together"
    _note(session, letter, act, at, user.username, {"part": name.part, "page": name.page, "why": proposal.why})


def ask_to_split(session: Session, letter: Letter, page: LetterPage, *, user: User, at: datetime) -> None:
    """A person says that another letter begins with this page, whether or not it was proposed.

    The page and all after it, up to the next such beginning, go to the new letter once the worker has made its file.
    `letter` and `page` come from `page_edits.letter_to_edit` and `page_of`. `NothingBefore` if no page would stay.
    """
    proposal = _proposal(session, letter, page.name)
    if proposal is None:
        proposal = _add(session, letter, page.name, SplitWhy.PERSON, SplitState.OPEN, at)
    elif proposal.state == SplitState.KEPT:
        proposal.state = SplitState.OPEN
    decide(session, letter, proposal, split=True, user=user, at=at)


def requested(session: Session, letter_id: int) -> list[PageName]:
    """Pages at which people want another letter to begin; those that went already do not belong any more."""
    rows = session.exec(
        select(SplitProposal).where(SplitProposal.letter_id == letter_id, SplitProposal.state == SplitState.SPLIT)
    )
    return [PageName(one.part_number, one.page_number) for one in rows]


def give_back(session: Session, letter: Letter, pages: Iterable[PageName], *, at: datetime, actor: str) -> None:
    """The file does not let these pages go: what a person asked for is an open question again."""
    for page in pages:
        proposal = _proposal(session, letter, page)
        if proposal is not None and proposal.state == SplitState.SPLIT:
            proposal.state, proposal.decided_at, proposal.decided_by_id = SplitState.OPEN, None, None
    _note(session, letter, "split-failed", at, actor, {})


def split_at(
    session: Session,
    store: FileStore,
    letter: Letter,
    pages: Sequence[PageName],
    *,
    sha256: str,
    department: str = "",
    at: datetime,
    actor: str,
) -> Letter | None:
    """Make these pages of a scan a letter of its own, with its own number; `sha256` is the kept file of only them.

    The rows of the pages stay with the scan and say where they went. `department` is what the separator sheet named;
    without one the new letter is meant for whom the scan was meant for. None if one of the pages went already.
    """
    audit.wait_for_turn(session)  # before any row that another writer may hold
    rows = {page.name: page for page in letter_pages(session, letter.id or 0)}
    if not pages or any(not rows[name].belongs for name in pages):
        return None
    record_file(session, store, sha256)
    entry = numbering.register(session, direction="in", at=at)
    assert entry.id is not None
    new = Letter(
        entry_id=entry.id,
        channel=POST if letter.channel == "email" else letter.channel,
        raw_sha256=sha256,
        original_name=rows[pages[0]].part.file_name or letter.original_name,
        received_at=letter.received_at,
        registered_at=at,
        status=LetterStatus.REGISTERED,
        split_from_id=letter.id,
        intended_department=department or letter.intended_department,
    )
    session.add(new)
    session.flush()
    for number, name in enumerate(pages, 1):
        _take_along(session, new, number, rows[name])
        place_of(session, letter, name).moved_to_id = new.id
        rows[name].row.needs_human = False  # the new letter's own page says what to look at
        question = _proposal(session, letter, name)
        if question is not None and question.state == SplitState.OPEN:
            question.state, question.decided_at = SplitState.KEPT, at  # put anew where the page is now
    detail = {"number": entry.number, "year": entry.year, "sha256": sha256, "split_from": letter.id}
    _note(session, new, "register", at, actor, detail)
    moved = {"letter": new.id, "part": pages[0].part, "pages": [name.page for name in pages]}
    _note(session, letter, "split-letter", at, actor, moved)
    return new


def join_scans(session: Session, letter: Letter, onto: Letter, *, user: User, at: datetime) -> JoinProposal | None:
    """Say that a scan is the rest of an earlier letter. Both keep their numbers, pages and files.

    Returns the question whether it belongs to that letter's case, already put: answer it with
    `responders.joining.join`, which takes care of the replies; None when both are in one case already.
    `AlreadyContinued` if the two follow one another in a circle, or if the earlier letter has no case yet.
    """
    if onto.case_id is None or not _is_before(session, onto, letter):
        raise AlreadyContinued
    letter.continues_id = onto.id
    _note(session, letter, "continue-letter", at, user.username, {"letter": onto.id})
    if letter.case_id == onto.case_id:
        return None
    wanted = select(JoinProposal).where(JoinProposal.letter_id == letter.id, JoinProposal.case_id == onto.case_id)
    proposal = session.exec(wanted).first()
    if proposal is None:
        assert letter.id is not None
        proposal = JoinProposal(
            letter_id=letter.id, case_id=onto.case_id, why=Why.CONTINUES, state=ProposalState.OPEN, created_at=at
        )
        session.add(proposal)
        session.flush()
    return proposal


def _take_along(session: Session, new: Letter, number: int, page: LetterPage) -> None:
    """What people made of a page stands at the new letter too: its corrected text and its turn."""
    assert new.id is not None
    for one in page.corrections:
        session.add(
            PageText(
                letter_id=new.id,
                part_number=ONLY_PART,
                page_number=number,
                text=one.text,
                made_at=one.made_at,
                user_id=one.user_id,
            )
        )
    if page.turned:
        session.add(PagePlace(letter_id=new.id, part_number=ONLY_PART, page_number=number, turned=page.turned))


def _is_before(session: Session, onto: Letter, letter: Letter) -> bool:
    """Whether `onto` does not itself follow `letter`."""
    following: Letter | None = onto
    while following is not None:
        if following.id == letter.id:
            return False
        following = session.get(Letter, following.continues_id) if following.continues_id else None
    return True


def _require_page_before(session: Session, letter: Letter, name: PageName) -> None:
    here = [page.name for page in letter_pages(session, letter.id or 0) if page.belongs]
    if name not in here or here.index(name) == 0:
        raise NothingBefore


def _proposal(session: Session, letter: Letter, page: PageName) -> SplitProposal | None:
    return session.exec(
        select(SplitProposal).where(
            SplitProposal.letter_id == letter.id,
            SplitProposal.part_number == page.part,
            SplitProposal.page_number == page.page,
        )
    ).first()


def _add(
    session: Session, letter: Letter, page: PageName, why: SplitWhy, state: SplitState, at: datetime
) -> SplitProposal:
    assert letter.id is not None
    proposal = SplitProposal(
        letter_id=letter.id, part_number=page.part, page_number=page.page, why=why, state=state, created_at=at
    )
    session.add(proposal)
    session.flush()
    return proposal


def _answer(proposal: SplitProposal, state: SplitState, user: User, at: datetime) -> None:
    proposal.state, proposal.decided_at, proposal.decided_by_id = state, at, user.id


def _note(session: Session, letter: Letter, act: str, at: datetime, actor: str, detail: Mapping[str, object]) -> None:
    audit.record(session, at=at, actor=actor, act=act, subject=f"letters:{letter.id}", detail=dict(detail))
