"""Everything that the page of one letter shows, collected from the record."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from classifiers.log import latest_decision
from config import clock
from config.i18n import gettext as _
from config.town import LETTER_KINDS
from desk import history, marks, words
from desk.context import Desk
from desk.due import Due, due
from desk.errors import PageMissing
from desk.fact_view import facts_of, missing_identification, shown_facts
from desk.page_view import (
    PAGES_WITH_DOUBTS,
    HiddenPages,
    MovedPages,
    PageView,
    hidden_pages,
    is_blank,
    moved_pages,
    page_view,
    people_of,
)
from desk.proposals import Notice, Proposal, answered_letter, notices, proposals
from desk.scan_notes import ScanNotes, scan_notes
from desk.states import CLOSED, state_of
from ingest.errors import describe_failure
from ingest.problems import describe_problem
from registry import deadlines
from registry.letter_pages import LetterPage as ScannedPage
from registry.letter_pages import letter_pages
from registry.letters import PROCESSING_FAILED, number_of
from registry.models import (
    Case,
    Decision,
    Letter,
    LetterPart,
    Outbox,
    RegisterEntry,
    Reply,
    ReplyVersion,
)
from registry.statuses import LetterStatus, ReplyStatus
from registry.store import FileStore
from responders.approval import obstacles
from responders.errors import GapsLeft
from responders.gaps import gaps_in

HEADER_BYTES = 16_384
EDITABLE = frozenset({ReplyStatus.DRAFT, ReplyStatus.RETURNED})
OPEN = EDITABLE | {ReplyStatus.FOR_APPROVAL}
TOP_TOPICS = 3
PETITION = "petitie"


@dataclass(frozen=True, slots=True)
class PartView:
    """One attachment, or the scan itself, with its pages: those to read, those hidden, those that went elsewhere."""

    id: int
    name: str
    found_type: str
    size: int
    inline: bool
    level: int
    problem: str
    pages: list[PageView]
    hidden: list[HiddenPages]
    moved: list[MovedPages]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What the letter is taken to be now, with the model's probabilities and evidence."""

    topic: str
    department: str
    kind: str
    language: str
    urgent: bool
    confidence: float
    abstained: bool
    abstain_reason: str
    by: str
    at: Any
    best: list[tuple[str, float]]
    evidence: list[str]


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What stands in the editor: the saved reply, or what somebody typed and could not save."""

    version: int
    channel: str
    subject: str
    body: str
    recipient_name: str
    recipient_email: str
    recipient_address: str


@dataclass(frozen=True, slots=True)
class ReplyView:
    """One reply with its editor, gaps, sources and versions."""

    row: Reply
    form: ReplyForm
    editable: bool
    gaps: list[str]
    obstacles: list[str]
    versions: list[tuple[ReplyVersion, str]]
    submitted_by: str
    decided_by: str
    dispatch: Outbox | None
    notices: list[Notice]


@dataclass(frozen=True, slots=True)
class LetterPage:
    """The page of one letter."""

    letter: Letter
    entry: RegisterEntry
    case: Case | None
    state: str
    due: Due
    explanation: list[str]
    subject: list[marks.Piece]
    text: list[marks.Piece]
    headers: str
    parts: list[PartView]
    problem: str
    remarks: list[str]
    proposals: list[Proposal]
    about: tuple[int, str] | None
    can_process_again: bool
    revising: bool
    scan: ScanNotes
    decision: DecisionView | None
    topic: str
    department: str
    kind: str
    facts: list[tuple[str, list[str]]]
    missing: str
    replies: list[ReplyView]
    others: list[tuple[Letter, str]]
    history: list[history.Line]
    kinds: tuple[str, ...]


def letter_page(session: Session, desk: Desk, letter_id: int) -> LetterPage:
    """Collect the page; `PageMissing` if there is no such letter."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise PageMissing
    entry = number_of(session, letter)
    case = session.get(Case, letter.case_id) if letter.case_id else None
    model_decision = _by_model(session, letter_id)
    evidence = model_decision.evidence if model_decision else []
    note = _("speaks for: {topic}").format(
        topic=words.topic(desk.tables, model_decision.topic) if model_decision else ""
    )
    decision, facts = latest_decision(session, letter_id), facts_of(session, letter_id)
    replies = session.exec(select(Reply).where(Reply.letter_id == letter_id).order_by(col(Reply.id).desc())).all()
    people = people_of(session)
    state = state_of(letter, case)
    return LetterPage(
        letter=letter,
        entry=entry,
        case=case,
        state=state,
        due=due(
            case.target_on if case else None,
            case.legal_on if case else None,
            clock.today(),
            answered=case is not None and case.status in CLOSED,
        ),
        explanation=[deadlines.explain(line) for line in case.explanation] if case else [],
        subject=marks.pieces(
            letter.subject, None, marks.evidence_marks(letter.subject, evidence, note, where="subject")
        ),
        text=marks.pieces(letter.text, letter.own_text_spans, marks.evidence_marks(letter.text, evidence, note)),
        headers=_headers(desk.store, letter),
        parts=_parts(session, desk, letter, people, evidence, note),
        problem=problem_sentence(letter.problem),
        remarks=[describe_problem(code) for code in letter.remarks],
        proposals=proposals(session, letter),
        about=answered_letter(session, letter),
        can_process_again=letter.status == LetterStatus.MACHINE_MAIL or letter.problem == PROCESSING_FAILED,
        revising=letter.status == LetterStatus.PAGES_CHANGED,
        scan=scan_notes(session, letter, case),
        decision=_decision(desk, decision, model_decision, people) if decision else None,
        topic=decision.topic if decision else case.topic if case else "",
        department=case.department if case else "",
        kind=case.kind if case else decision.kind if decision else "",
        facts=shown_facts(facts, desk.tables),
        missing=missing_identification(facts) if case and case.kind == PETITION else "",
        replies=[_reply(session, reply, people) for reply in replies if reply.status != ReplyStatus.WITHDRAWN],
        others=_others(session, letter),
        history=history.history(session, letter, replies),
        kinds=LETTER_KINDS,
    )


def problem_sentence(code: str) -> str:
    """Why a letter needs a person, as a sentence; "" for no problem."""
    if code == PROCESSING_FAILED:
        return _("Processing this letter failed several times. Start it again; if it fails again, tell an operator.")
    return describe_failure(code)


def form_of(reply: Reply) -> ReplyForm:
    """The editor filled from the saved reply."""
    return ReplyForm(
        version=reply.version,
        channel=reply.channel,
        subject=reply.subject,
        body=reply.body,
        recipient_name=reply.recipient_name,
        recipient_email=reply.recipient_email,
        recipient_address=reply.recipient_address,
    )


def _by_model(session: Session, letter_id: int) -> Decision | None:
    return session.exec(
        select(Decision)
        .where(Decision.letter_id == letter_id, col(Decision.user_id).is_(None))
        .order_by(col(Decision.id).desc())
        .limit(1)
    ).first()


def _decision(desk: Desk, decision: Decision, by_model: Decision | None, people: dict[int | None, str]) -> DecisionView:
    probabilities = by_model.probabilities if by_model else {}
    best = sorted(probabilities.items(), key=lambda pair: -pair[1])[:TOP_TOPICS]
    return DecisionView(
        topic=decision.topic,
        department=decision.department,
        kind=decision.kind,
        language=decision.language,
        urgent=decision.urgent,
        confidence=decision.confidence,
        abstained=decision.abstained,
        abstain_reason=words.abstain_reason(decision.abstain_reason) if decision.abstained else "",
        by=people.get(decision.user_id, "") if decision.user_id else "",
        at=decision.made_at,
        best=[(words.topic(desk.tables, slug), share) for slug, share in best],
        evidence=list(dict.fromkeys(str(one.get("text", "")) for one in (by_model.evidence if by_model else []))),
    )


def _parts(
    session: Session,
    desk: Desk,
    letter: Letter,
    people: dict[int | None, str],
    evidence: list[dict[str, Any]],
    note: str,
) -> list[PartView]:
    pages: dict[int, list[ScannedPage]] = defaultdict(list)
    for page in letter_pages(session, letter.id or 0):
        pages[page.row.part_id].append(page)
    rows = session.exec(
        select(LetterPart).where(LetterPart.letter_id == letter.id).order_by(col(LetterPart.number))
    ).all()
    return [_part(session, desk, letter, part, pages.get(part.id or 0, []), people, evidence, note) for part in rows]


def _part(
    session: Session,
    desk: Desk,
    letter: Letter,
    part: LetterPart,
    pages: list[ScannedPage],
    people: dict[int | None, str],
    evidence: list[dict[str, Any]],
    note: str,
) -> PartView:
    here = [page for page in pages if page.moved_to_id is None]
    views = [
        page_view(
            letter,
            page,
            desk.store,
            people,
            evidence=evidence,
            note=note,
            with_doubts=bool(page.row.low_share) and number < PAGES_WITH_DOUBTS,
        )
        for number, page in enumerate(here)
    ]
    return PartView(
        id=part.id or 0,
        name=part.file_name or _("file {number}").format(number=part.number),
        found_type=part.found_type,
        size=part.size,
        inline=part.inline,
        level=part.path_in_mail.count(".") if part.nested else 0,
        problem=describe_failure(part.problem),
        pages=[view for page, view in zip(here, views, strict=True) if not is_blank(page) and not page.is_separator],
        hidden=hidden_pages(here, views),
        moved=moved_pages(session, pages),
    )


def _reply(session: Session, reply: Reply, people: dict[int | None, str]) -> ReplyView:
    versions: Sequence[ReplyVersion] = session.exec(
        select(ReplyVersion).where(ReplyVersion.reply_id == reply.id).order_by(col(ReplyVersion.version).desc())
    ).all()
    open_still = reply.status in OPEN
    dispatch = session.exec(select(Outbox).where(Outbox.reply_id == reply.id)).first()
    return ReplyView(
        row=reply,
        form=form_of(reply),
        editable=reply.status in EDITABLE,
        gaps=gaps_in(f"{reply.subject}\n{reply.body}") if open_still else [],
        obstacles=[str(one) for one in obstacles(reply) if not isinstance(one, GapsLeft)] if open_still else [],
        versions=[(version, people.get(version.user_id, "") if version.user_id else "") for version in versions],
        submitted_by=people.get(reply.submitted_by_id, ""),
        decided_by=people.get(reply.decided_by_id, ""),
        dispatch=dispatch,
        notices=notices(session, [dispatch.id]).get(dispatch.id or 0, []) if dispatch else [],
    )


def _others(session: Session, letter: Letter) -> list[tuple[Letter, str]]:
    if letter.case_id is None:
        return []
    rows = session.exec(
        select(Letter, RegisterEntry)
        .join(RegisterEntry, col(RegisterEntry.id) == col(Letter.entry_id))
        .where(Letter.case_id == letter.case_id, Letter.id != letter.id)
        .order_by(col(Letter.id))
    ).all()
    return [(other, entry.label) for other, entry in rows]


def _headers(store: FileStore, letter: Letter) -> str:
    """The head of a mail as it came; "" for scans and when the file cannot be read."""
    path = store.path(letter.raw_sha256)
    if letter.channel != "email" or not path.is_file():
        return ""
    with path.open("rb") as file:
        start = file.read(HEADER_BYTES).replace(b"\r\n", b"\n")
    return start.partition(b"\n\n")[0].decode("utf-8", "replace")
