"""Which case a new letter belongs to: found by mail thread, by our reference in the subject, by a number in the text.

A letter of the case's own petitioner joins by itself when there is no doubt; somebody else's is a question to a person
(`JoinProposal`), and so is what is probably the same mail received twice.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from config.clock import local_date
from registry import audit
from registry.models import Case, JoinProposal, Letter, Outbox, RegisterEntry, Reply
from registry.numbering import GENERAL
from registry.text import fold

WEB_FORM = "web_form"
_TEXT_LIMIT = 50_000
_MOST_NUMBERS = 20
_CONTEXT = 40
_NUMBER = re.compile(
    r"(?<![\d/.,-])(?P<number>\d{1,7}) ?/ ?(?:(?P<day>\d{1,2})[.\-/](?P<month>\d{1,2})[.\-/])?(?P<year>\d{4})(?![\d/])"
)
# Numbers of laws, decisions and papers look the same and are never ours.
_NUMBER_WORD = re.compile(r"\b(?:cu|sub|nr|no|numarul|numar)\b\.? *$")
_OTHER_NUMBERS = re.compile(
    r"\b(?:hcl|hg|oug|og|leg(?:ea|ii)|hotarar\w*|ordonant\w*|dispozit\w*|ordin(?:ul)?|contract\w*|factur\w*|autoriza\w*"
    r"|dosar\w*|certificat\w*|proces\w*|decizi\w*|directiv\w*|regulament\w*)\b[^.;\n]{0,20}$"
)
# Without the day, a number is ours only beside a word for what gets a registration number.
_OURS = re.compile(
    r"(?:inreg|registr|cerer|petiti|sesiz|solicit|reclama|plang|memori|raspuns|adres|scriso|confirmar"
    r"|iktat|aktenzeichen|geschaftszeichen|reference)\w*[^.;\n]{0,30}$"
)


class Why(StrEnum):
    """By what a letter was found to belong to a case."""

    THREAD = "thread"
    REFERENCE = "reference"
    NUMBER = "number"
    DUPLICATE = "duplicate"
    SAME_MATTER = "same-matter"
    LABEL = "label"
    CONTINUES = "continues"


class ProposalState(StrEnum):
    """What a person said to the question whether a letter belongs to a case."""

    OPEN = "open"
    JOINED = "joined"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Related:
    """A case that a letter speaks of; `same_person`: its petitioner sent the letter, or the office labelled it so."""

    case: Case
    why: Why
    same_person: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A registration number as somebody wrote it; `on` is the day beside it, if there was one."""

    number: int
    year: int
    on: date | None


def related_cases(session: Session, letter: Letter, labelled: Iterable[Case] = ()) -> list[Related]:
    """Every case that the letter's labels, thread, subject or text point to, each once, the surest sign first.

    `labelled` are the cases of the numbers on its printed labels (`registry.labels`).
    """
    found: dict[int, Related] = {}
    signs: list[tuple[Why, Iterable[Case]]] = [
        (Why.LABEL, labelled),
        (Why.DUPLICATE, _cases_of_doubles(session, letter)),
        (Why.THREAD, _cases_of_thread(session, letter)),
        (Why.REFERENCE, _cases_of_numbers(session, references_in(letter.subject, sure=True))),
        (Why.NUMBER, _cases_of_numbers(session, references_in(letter.text))),
    ]
    for why, cases in signs:
        for case in cases:
            # On paper our label is the word of the colleague who stuck it there; by mail anybody may send a copy.
            same = _is_petitioner(letter, case) or (why is Why.LABEL and letter.channel != "email")
            assert case.id is not None
            found.setdefault(case.id, Related(case, why, same))
    return list(found.values())


def _is_petitioner(letter: Letter, case: Case) -> bool:
    """Whether the same person writes. Behind a web form's one sender are all who ever filled it in."""
    sender = letter.sender_address.lower()
    return bool(sender) and letter.machine_rule != WEB_FORM and case.petitioner_email.lower() == sender


def case_to_join(related: list[Related]) -> Case | None:
    """The one case that the letter joins without a question, None if there is none or more than one.

    A scan that carries our label, or a mail in the thread of a case, belongs there even if it names other cases as
    well; what is probably the same mail received twice is always a question.
    """
    if any(one.why is Why.DUPLICATE for one in related):
        return None
    for signs in ({Why.LABEL}, {Why.THREAD}, {Why.REFERENCE, Why.NUMBER}):
        own = [one.case for one in related if one.same_person and one.why in signs]
        if own:
            return own[0] if len(own) == 1 else None
    return None


def propose(session: Session, letter: Letter, related: Iterable[Related], *, at: datetime, actor: str) -> None:
    """Ask a person whether the letter belongs to these cases; a question that was asked before is not repeated."""
    assert letter.id is not None
    asked = set(session.exec(select(JoinProposal.case_id).where(JoinProposal.letter_id == letter.id)))
    for one in related:
        if one.case.id is None or one.case.id in asked or one.case.id == letter.case_id:
            continue
        session.add(
            JoinProposal(letter_id=letter.id, case_id=one.case.id, why=one.why, state=ProposalState.OPEN, created_at=at)
        )
        audit.record(
            session,
            at=at,
            actor=actor,
            act="propose-join",
            subject=f"letters:{letter.id}",
            detail={"case": one.case.id, "why": str(one.why)},
        )


def open_proposals(session: Session, letter_id: int) -> list[JoinProposal]:
    """The questions about this letter that nobody has answered yet."""
    return list(
        session.exec(
            select(JoinProposal)
            .where(JoinProposal.letter_id == letter_id, JoinProposal.state == ProposalState.OPEN)
            .order_by(col(JoinProposal.id))
        )
    )


def references_in(text: str, *, sure: bool = False) -> Iterator[Reference]:
    """Registration numbers in a text, as `123/24.11.2026` or `123/2026`; at most 20, of the first 50,000 characters.

    Numbers of laws and papers are left out. Without the day, a number needs a word such as „înregistrat” or „cererea”
    before it, unless the place is `sure` to speak of ours (the subject of an answer).
    """
    text = text[:_TEXT_LIMIT]
    seen: set[Reference] = set()
    for match in _NUMBER.finditer(text):
        before = fold(text[max(0, match.start() - _CONTEXT) : match.start()])
        before = _NUMBER_WORD.sub("", before)  # its full stop ends no sentence
        if _OTHER_NUMBERS.search(before):
            continue
        on = _day(match)
        if on is None and (match["day"] or not (sure or _OURS.search(before))):
            continue
        reference = Reference(int(match["number"]), int(match["year"]), on)
        if reference not in seen:
            seen.add(reference)
            yield reference
        if len(seen) == _MOST_NUMBERS:
            return


def _day(match: re.Match[str]) -> date | None:
    if not match["day"]:
        return None
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None


def _cases_of_doubles(session: Session, letter: Letter) -> Iterable[Case]:
    """Same Message-ID and same content. The same Message-ID over other content is usual, or hostile: no sign."""
    if not letter.message_id or not letter.content_digest:
        return []
    return session.exec(
        select(Case)
        .join(Letter, col(Letter.case_id) == col(Case.id))
        .where(
            Letter.message_id == letter.message_id,
            Letter.content_digest == letter.content_digest,
            Letter.id != letter.id,
        )
        .order_by(col(Case.id))
    ).all()


def _cases_of_thread(session: Session, letter: Letter) -> Iterable[Case]:
    if not letter.references:
        return []
    answered = session.exec(
        select(Case)
        .join(Reply, col(Reply.case_id) == col(Case.id))
        .join(Outbox, col(Outbox.reply_id) == col(Reply.id))
        .where(col(Outbox.message_id).in_([f"<{reference}>" for reference in letter.references]))
        .order_by(col(Case.id).desc())
    ).all()
    if answered:
        return answered
    return session.exec(
        select(Case)
        .join(Letter, col(Letter.case_id) == col(Case.id))
        .where(col(Letter.message_id).in_(letter.references), Letter.id != letter.id)
        .order_by(col(Case.id).desc())
    ).all()


def _cases_of_numbers(session: Session, references: Iterable[Reference]) -> Iterator[Case]:
    for reference in references:
        entry = session.exec(
            select(RegisterEntry).where(
                RegisterEntry.series == GENERAL,
                RegisterEntry.year == reference.year,
                RegisterEntry.number == reference.number,
            )
        ).first()
        if entry is None or (reference.on is not None and reference.on != local_date(entry.registered_at)):
            continue
        # An answer with a number of its own stands beside the letter that it answers.
        incoming = entry.id if entry.direction == "in" else entry.joined_to_id
        yield from session.exec(
            select(Case).join(Letter, col(Letter.case_id) == col(Case.id)).where(Letter.entry_id == incoming)
        )
