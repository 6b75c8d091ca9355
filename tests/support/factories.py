"""Rows for tests, built the way the program builds them where that matters. All people are invented.

Every function takes what it needs and invents the rest; nothing has a magic id. They work in the caller's session
and flush, so ids are there. The moment is a plain working day unless a test says otherwise.
"""

from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any

from argon2 import PasswordHasher
from sqlmodel import Session

from config.town import Tables, load_tables
from registry import cases, letters
from registry.cases import Petitioner
from registry.letters import Seen, Source
from registry.models import Case, Decision, Letter, LetterPart, Outbox, Page, Reply, User
from registry.statuses import (
    CaseStatus,
    DispatchState,
    LetterStatus,
    ReplyStatus,
    change_case,
    change_letter,
    change_reply,
)
from registry.store import FileStore, record_file
from registry.users import Role
from responders.content import content_hash

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Monday 23 November 2026, ten o'clock in Mediaș."""
PASSWORD = "parolă-de-probă"
"""Everybody made by `make_user` signs in with this."""
PETITIONER = Petitioner(
    name="Ștefania Moldovan", email="stefania.moldovan@example.ro", address="Str. Arieș nr. 14, Mediaș"
)
TEXT = "Vă rog să reparați groapa din fața casei mele, pe strada Arieș nr. 14."
BODY = "Stimată doamnă,\n\nVă răspundem în temeiul art. 8 alin. (1) din OG nr. 27/2002: groapa a fost reparată.\n"

_serial = count(1)


@lru_cache
def tables() -> Tables:
    """The tables that come with the program."""
    return load_tables()


@lru_cache
def _password_hash() -> str:
    # A real argon2 hash that is cheap to check: the cost stands in the hash.
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_user(
    session: Session, *, role: Role = Role.CLERK, username: str = "", at: datetime = AT, **fields: Any
) -> User:
    """Somebody who signs in with `PASSWORD`."""
    name = username or f"{role}{next(_serial)}"
    values = {"full_name": f"Ion {name}", "password_hash": _password_hash(), **fields}
    user = User(username=name, role=role, created_at=at, **values)
    session.add(user)
    session.flush()
    return user


def make_letter(
    session: Session,
    store: FileStore,
    content: bytes | None = None,
    *,
    channel: str = "email",
    status: LetterStatus = LetterStatus.REGISTERED,
    at: datetime = AT,
    received_at: datetime | None = None,
    original_name: str = "",
    **fields: Any,
) -> Letter:
    """A letter of these bytes (invented ones if none are given), registered through the real door.

    `status` is reached along the table of changes; `fields` are columns of the letter that are set afterwards.
    """
    serial = next(_serial)
    raw = content if content is not None else f"Subject: Sesizare {serial}\r\n\r\n{TEXT}\r\n".encode()
    source, place = (Source.MAILBOX, "primaria/INBOX/1") if channel == "email" else (Source.SCANS, "scans")
    seen = Seen(source=source, place=place, key=f"test-{serial}", received_at=received_at or at)
    received = letters.receive(
        session, store, seen, store.put(raw), channel=channel, at=at, original_name=original_name
    )
    letter = session.get_one(Letter, received.letter_id)
    for step in _LETTER_WAYS[status]:
        change_letter(session, letter, step, at=at, actor="worker")
    sender = {"sender_name": PETITIONER.name, "sender_address": PETITIONER.email} if channel == "email" else {}
    values = {"subject": f"Sesizare {serial}", "text": TEXT, "message_id": f"{serial}@example.ro", **sender, **fields}
    for field, value in values.items():
        setattr(letter, field, value)
    session.flush()
    return letter


def make_part(
    session: Session, store: FileStore, letter: Letter, content: bytes = b"%PDF-1.4\n", **fields: Any
) -> LetterPart:
    """An attachment of a letter with these bytes."""
    assert letter.id is not None
    sha256 = store.put(content)
    record_file(session, store, sha256)
    values = {"number": 1, "file_name": "anexa.pdf", "found_type": "application/pdf", "size": len(content), **fields}
    part = LetterPart(letter_id=letter.id, sha256=sha256, **values)
    session.add(part)
    session.flush()
    return part


def make_page(session: Session, part: LetterPart, **fields: Any) -> Page:
    """A page of a part, read well by OCR."""
    assert part.id is not None
    values = {"number": 1, "text": TEXT, "raw_text": TEXT, "source": "ocr", "mean_confidence": 93.0, **fields}
    page = Page(letter_id=part.letter_id, part_id=part.id, **values)
    session.add(page)
    session.flush()
    return page


def make_decision(session: Session, letter: Letter, *, at: datetime = AT, **fields: Any) -> Decision:
    """What the model took a letter to be: a petition about roads."""
    assert letter.id is not None
    values: dict[str, Any] = {
        "model_version": "test-1",
        "topic": "drumuri-trotuare",
        "department": "directia-tehnica",
        "kind": "petitie",
        "confidence": 0.9,
        "probabilities": {"drumuri-trotuare": 0.9, "parcare-circulatie": 0.1},
        **fields,
    }
    decision = Decision(letter_id=letter.id, made_at=at, **values)
    session.add(decision)
    session.flush()
    return decision


def make_case(
    session: Session,
    letter: Letter,
    *,
    status: CaseStatus = CaseStatus.REGISTERED,
    petitioner: Petitioner = PETITIONER,
    kind: str = "petitie",
    topic: str = "drumuri-trotuare",
    department: str = "directia-tehnica",
    at: datetime = AT,
    actor: str = "worker",
) -> Case:
    """A case for a letter, with real due dates; `status` is reached along the table of changes."""
    case = cases.open_case(
        session,
        letter,
        petitioner,
        kind=kind,
        topic=topic,
        department=department,
        tables=tables(),
        at=at,
        actor=actor,
    )
    for step in _CASE_WAYS[status]:
        change_case(session, case, step, at=at, actor=actor)
    session.flush()
    return case


def make_reply(
    session: Session,
    case: Case,
    letter: Letter,
    *,
    approver: User | None = None,
    status: ReplyStatus = ReplyStatus.DRAFT,
    at: datetime = AT,
    **fields: Any,
) -> Reply:
    """A reply to a letter; with status "approved" it carries the hash of its text and the decision of `approver`."""
    assert case.id is not None
    assert letter.id is not None
    values: dict[str, Any] = {
        "kind": "answer",
        "channel": letter.channel,
        "recipient_name": case.petitioner_name,
        "recipient_email": case.petitioner_email,
        "recipient_address": case.petitioner_address,
        "subject": f"Re: {letter.subject}",
        "body": BODY,
        **fields,
    }
    reply = Reply(case_id=case.id, letter_id=letter.id, status=ReplyStatus.DRAFT, created_at=at, **values)
    session.add(reply)
    session.flush()
    for step in _REPLY_WAYS[status]:
        if step in (ReplyStatus.APPROVED, ReplyStatus.RETURNED):
            decider = approver or make_user(session, role=Role.APPROVER)
            reply.decided_by_id, reply.decided_at = decider.id, at
        if step == ReplyStatus.APPROVED:
            reply.approved_hash = content_hash(reply)
        change_reply(session, reply, step, at=at, actor="test")
        session.flush()
    return reply


def make_dispatch(session: Session, reply: Reply, *, at: datetime = AT, **fields: Any) -> Outbox:
    """An approved reply in the outbox, waiting to be sent or printed."""
    assert reply.id is not None
    assert reply.approved_hash is not None
    values: dict[str, Any] = {
        "channel": reply.channel,
        "state": DispatchState.QUEUED if reply.channel == "email" else DispatchState.TO_PRINT,
        "content_hash": reply.approved_hash,
        "message_id": f"<reply-{next(_serial)}@primariamedias.ro>",
        **fields,
    }
    dispatch = Outbox(reply_id=reply.id, created_at=at, **values)
    session.add(dispatch)
    session.flush()
    return dispatch


_L, _C, _R = LetterStatus, CaseStatus, ReplyStatus
_LETTER_WAYS: dict[LetterStatus, tuple[LetterStatus, ...]] = {
    _L.REGISTERED: (),
    _L.TAKEN_APART: (_L.TAKEN_APART,),
    _L.READ: (_L.TAKEN_APART, _L.READ),
    _L.UNDERSTOOD: (_L.TAKEN_APART, _L.READ, _L.UNDERSTOOD),
    _L.READY: (_L.TAKEN_APART, _L.READ, _L.UNDERSTOOD, _L.READY),
    _L.PAGES_CHANGED: (_L.TAKEN_APART, _L.READ, _L.UNDERSTOOD, _L.READY, _L.PAGES_CHANGED),
    _L.MACHINE_MAIL: (_L.TAKEN_APART, _L.MACHINE_MAIL),
}
_CASE_WAYS: dict[CaseStatus, tuple[CaseStatus, ...]] = {
    _C.REGISTERED: (),
    _C.DRAFTED: (_C.DRAFTED,),
    _C.FOR_APPROVAL: (_C.DRAFTED, _C.FOR_APPROVAL),
    _C.APPROVED: (_C.DRAFTED, _C.FOR_APPROVAL, _C.APPROVED),
    _C.ANSWERED: (_C.DRAFTED, _C.FOR_APPROVAL, _C.APPROVED, _C.ANSWERED),
    _C.FILED: (_C.FILED,),
}
_REPLY_WAYS: dict[ReplyStatus, tuple[ReplyStatus, ...]] = {
    _R.DRAFT: (),
    _R.FOR_APPROVAL: (_R.FOR_APPROVAL,),
    _R.RETURNED: (_R.FOR_APPROVAL, _R.RETURNED),
    _R.APPROVED: (_R.FOR_APPROVAL, _R.APPROVED),
    _R.DISPATCHED: (_R.FOR_APPROVAL, _R.APPROVED, _R.DISPATCHED),
    _R.WITHDRAWN: (_R.WITHDRAWN,),
}
