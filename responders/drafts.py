"""Drafting: from a case to a proposed reply whose every value has a source, and whose unknowns are visible gaps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from config.town import Tables
from registry import audit
from registry.letters import number_of
from registry.models import Case, Decision, Fact, Letter, Reply, ReplyVersion
from registry.spelling import comma_below, has_cnp
from registry.statuses import ReplyStatus
from responders.context import DraftContext, channel_for, context_for
from responders.kinds import COURTESY_LANGUAGES, Channel, ReplyKind
from responders.progress import follow_replies
from responders.spelling import one_line
from responders.templates import Templates, load_templates

COURTESY_RULE = "* * *"
"""Stands between the Romanian letter and the courtesy text in the writer's language."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed reply. `sources` has one {field, value, source, place} for each value that stands in it."""

    subject: str
    body: str
    sources: tuple[dict[str, str], ...]


def draft(context: DraftContext, templates: Templates, kind: ReplyKind = ReplyKind.ANSWER) -> Draft:
    """Write a reply from what the context holds; nothing else is read."""
    values = {value.field: value.value for value in context.values}
    names = [templates.romanian(kind, context.kind, context.topic)]
    if context.language in COURTESY_LANGUAGES:
        names.append(f"{context.language}/{kind}")
    body = f"\n\n{COURTESY_RULE}\n\n".join(templates.render(name, values) for name in names)
    subject = reply_subject(context, templates.letter_names[context.kind], kind)
    used = frozenset[str]().union(*(templates.fields[name] for name in names), {"number", "letter_name"})
    sources = tuple(
        {"field": value.field, "value": value.value, "source": value.source, "place": value.place}
        for value in context.values
        if value.field in used and value.value in f"{subject}\n{body}"
    )
    return Draft(subject, body, sources)


def reply_subject(context: DraftContext, letter_name: str, kind: ReplyKind) -> str:
    """The subject line: in the sender's mail thread "Re: …", otherwise what is answered, with number and date.

    A subject in which a personal number stood is not repeated (domain rule 10.2).
    """
    original = context.original_subject
    if context.channel is Channel.EMAIL and original and not has_cnp(original) and "•" not in original:
        return original if original.lower().startswith("re:") else f"Re: {original}"
    if kind is ReplyKind.ACKNOWLEDGEMENT:
        return f"Confirmarea înregistrării nr. {context.number}"
    return f"Răspuns la {letter_name} nr. {context.number}"


def create_draft(
    session: Session,
    letter: Letter,
    case: Case,
    tables: Tables,
    templates: Templates | None = None,
    *,
    kind: ReplyKind = ReplyKind.ANSWER,
    at: datetime,
    actor: str,
) -> Reply:
    """Write the draft for a letter, with version 1 of its text, and move the case to "drafted".

    Called again for the same letter and kind it returns the reply that exists. Without `templates` those that come
    with the program are used.
    """
    templates = templates or load_templates()
    # Two workers on PostgreSQL wait for each other here; on SQLite there is one writer anyway.
    session.exec(select(Letter.id).where(Letter.id == letter.id).with_for_update()).one()
    existing = session.exec(
        select(Reply).where(Reply.letter_id == letter.id, Reply.kind == kind, Reply.status != ReplyStatus.WITHDRAWN)
    ).first()
    if existing is not None:
        return existing
    context = _context(session, letter, case, tables, templates, kind)
    written = draft(context, templates, kind)
    assert letter.id is not None
    assert case.id is not None
    reply = Reply(
        case_id=case.id,
        letter_id=letter.id,
        kind=kind,
        channel=channel_for(letter),
        language=context.language if context.language in COURTESY_LANGUAGES else "ro",
        status=ReplyStatus.DRAFT,
        created_at=at,
        **_recipient(letter, case),
        **_text(written),
    )
    session.add(reply)
    session.flush()
    _keep_version(session, reply, at)
    audit.record(
        session,
        at=at,
        actor=actor,
        act="draft",
        subject=f"replies:{reply.id}",
        detail={"letter": letter.id, "kind": kind},
    )
    follow_replies(session, case, at=at, actor=actor)
    return reply


def redraft(
    session: Session,
    reply: Reply,
    letter: Letter,
    case: Case,
    tables: Tables,
    templates: Templates | None = None,
    *,
    at: datetime,
    actor: str,
) -> bool:
    """Write the draft anew after its case was classified, or its letter read, differently.

    False, and nothing changed, if a person already worked on the text or sent it on.
    """
    if reply.edited_by_id is not None or reply.status != ReplyStatus.DRAFT:
        return False
    kind, templates = ReplyKind(reply.kind), templates or load_templates()
    written = draft(_context(session, letter, case, tables, templates, kind), templates, kind)
    for field, value in _recipient(letter, case).items():
        setattr(reply, field, value)
    if (written.subject, written.body) != (reply.subject, reply.body):
        for field, value in _text(written).items():
            setattr(reply, field, value)
        reply.version = next_version(session, reply)
        session.flush()
        _keep_version(session, reply, at)
        audit.record(
            session, at=at, actor=actor, act="redraft", subject=f"replies:{reply.id}", detail={"version": reply.version}
        )
    return True


def next_version(session: Session, reply: Reply) -> int:
    """The number for the next version of a reply's text; kept texts of refused saves count too."""
    last = session.exec(
        select(ReplyVersion.version)
        .where(ReplyVersion.reply_id == reply.id)
        .order_by(col(ReplyVersion.version).desc())
        .limit(1)
    ).first()
    return (last or 0) + 1


def _context(
    session: Session, letter: Letter, case: Case, tables: Tables, templates: Templates, kind: ReplyKind
) -> DraftContext:
    decision = session.exec(
        select(Decision).where(Decision.letter_id == letter.id).order_by(col(Decision.id).desc()).limit(1)
    ).first()
    facts = session.exec(select(Fact).where(Fact.letter_id == letter.id).order_by(col(Fact.start))).all()
    return context_for(
        letter,
        case,
        number_of(session, letter),
        decision,
        facts,
        tables,
        letter_names=templates.letter_names,
        own_number=kind is ReplyKind.ANSWER and tables.office.reply_number == "new",
    )


def _recipient(letter: Letter, case: Case) -> dict[str, Any]:
    return {
        "recipient_name": one_line(comma_below(case.petitioner_name or letter.sender_name)),
        "recipient_email": letter.reply_address if letter.channel == "email" else case.petitioner_email,
        "recipient_address": comma_below(case.petitioner_address),
    }


def _text(written: Draft) -> dict[str, Any]:
    return {"subject": written.subject, "body": written.body, "sources": list(written.sources)}


def _keep_version(session: Session, reply: Reply, at: datetime) -> None:
    assert reply.id is not None
    session.add(
        ReplyVersion(reply_id=reply.id, version=reply.version, subject=reply.subject, body=reply.body, saved_at=at)
    )
    session.flush()
