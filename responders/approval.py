"""From a draft to an approved reply: saving, submitting, approving, returning, and what people decide afterwards.

Functions change rows in the caller's transaction and raise typed errors; nobody else sets these statuses. An approved
text is frozen: its hash goes into the reply and into the outbox, and the database refuses anything else.
"""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from config.town import Office
from registry import audit, numbering
from registry.errors import ChangedMeanwhile
from registry.letters import number_of
from registry.models import Case, Letter, Outbox, Reply, ReplyVersion, User
from registry.statuses import DispatchState, ReplyStatus, change_dispatch, change_reply
from registry.users import Role
from responders.content import content_hash
from responders.context import NUMBER_AT_APPROVAL
from responders.drafts import next_version
from responders.errors import (
    GapsLeft,
    LegalBasisMissing,
    NotAllowed,
    NotEditable,
    ReasonMissing,
    RecipientMissing,
    ReplyError,
    SamePerson,
    TextMissing,
)
from responders.gaps import gaps_in
from responders.kinds import Channel, ReplyKind
from responders.letter_text import states_legal_basis
from responders.mail import check_address, new_message_id
from responders.progress import follow_replies, note_dispatch
from responders.spelling import one_line, tidy

APPROVING_ROLES = frozenset({Role.APPROVER, Role.ADMINISTRATOR})
_EDITABLE = frozenset({ReplyStatus.DRAFT, ReplyStatus.RETURNED})


def save(
    session: Session,
    reply: Reply,
    user: User,
    at: datetime,
    *,
    subject: str,
    body: str,
    recipient_name: str,
    recipient_email: str,
    recipient_address: str,
    expected_version: int,
    channel: str | None = None,
) -> Reply:
    """Keep what a person typed as the reply's next version; saving the same again changes nothing.

    `expected_version` is the version the person had open. If somebody saved meanwhile (`ChangedMeanwhile`), or the
    text may no longer be changed (`NotEditable`), the caller's transaction is undone, but what was typed is first
    kept as a version of its own, so that nothing typed is lost.
    """
    _lock(session, reply)
    subject, body = one_line(tidy(subject)), tidy(body)
    if reply.status not in _EDITABLE:
        _keep_apart(session, reply, user, at, subject, body)
        raise NotEditable
    if reply.version != expected_version:
        _keep_apart(session, reply, user, at, subject, body)
        raise ChangedMeanwhile
    fields = {
        "subject": subject,
        "body": body,
        "recipient_name": one_line(tidy(recipient_name)),
        "recipient_email": one_line(recipient_email),
        "recipient_address": tidy(recipient_address),
        "channel": str(Channel(channel or reply.channel)),
    }
    if all(getattr(reply, field) == value for field, value in fields.items()):
        return reply
    for field, value in fields.items():
        setattr(reply, field, value)
    reply.edited_by_id = user.id
    _add_version(session, reply, user, at)
    audit.record(
        session,
        at=at,
        actor=user.username,
        act="save-reply",
        subject=f"replies:{reply.id}",
        detail={"version": reply.version, "hash": content_hash(reply)},
    )
    return reply


def obstacles(reply: Reply) -> list[ReplyError]:
    """What keeps a reply from being approved, in the order in which a person would mend it; empty if nothing does."""
    found: list[ReplyError] = []
    if not reply.subject.strip() or not reply.body.strip():
        found.append(TextMissing())
    if gaps := gaps_in(f"{reply.subject}\n{reply.body}"):
        found.append(GapsLeft(gaps))
    if not states_legal_basis(reply.body):
        found.append(LegalBasisMissing())
    if reply.channel == Channel.POST and not (reply.recipient_name and reply.recipient_address):
        found.append(RecipientMissing(reply.channel))
    if reply.channel == Channel.EMAIL:
        try:
            check_address(reply.recipient_email)
        except ReplyError as error:
            found.append(error if reply.recipient_email else RecipientMissing(reply.channel))
    return found


def submit(session: Session, reply: Reply, user: User, at: datetime) -> Reply:
    """Hand a reply to an approver; refused with the first of its `obstacles`."""
    _lock(session, reply)
    for obstacle in obstacles(reply):
        raise obstacle
    change_reply(session, reply, ReplyStatus.FOR_APPROVAL, at=at, actor=user.username)
    reply.submitted_by_id, reply.submitted_at = user.id, at
    reply.decided_by_id, reply.decided_at, reply.return_reason = None, None, ""
    follow_replies(session, _case(session, reply), at=at, actor=user.username)
    return reply


def approve(
    session: Session,
    reply: Reply,
    user: User,
    at: datetime,
    *,
    same_person_may_approve: bool,
    office: Office,
    expected_version: int | None = None,
) -> Outbox:
    """Approve a reply and put it into the outbox, in one transaction.

    The approver must have the role, must not be the one who last edited or submitted it (unless the setting allows),
    and, when `expected_version` is given, approves only the version that was on the screen (`ChangedMeanwhile`). With
    `reply_number: new` an answer gets its own line in the register and its number in the text. E-mail is "queued",
    post "to-print".
    """
    _lock(session, reply)
    _check_role(user)
    if expected_version is not None and reply.version != expected_version:
        raise ChangedMeanwhile
    if not same_person_may_approve and user.id in (reply.edited_by_id, reply.submitted_by_id):
        raise SamePerson
    for obstacle in obstacles(reply):
        raise obstacle
    return _put_into_outbox(session, reply, user, at, office=office, actor=user.username)


def approve_by_rule(session: Session, reply: Reply, user: User, at: datetime, *, office: Office, rule: str) -> Outbox:
    """Approve an acknowledgement by the rule that `user` switched on, in that person's name.

    The trail names the rule as the one who acted. `NotAllowed` for any other kind of reply, or when the person may no
    longer approve; otherwise refused with the first of its `obstacles`.
    """
    _lock(session, reply)
    if reply.kind != ReplyKind.ACKNOWLEDGEMENT or not user.active:
        raise NotAllowed
    _check_role(user)
    for obstacle in obstacles(reply):
        raise obstacle
    actor = f"rule:{rule}"
    change_reply(session, reply, ReplyStatus.FOR_APPROVAL, at=at, actor=actor)
    return _put_into_outbox(session, reply, user, at, office=office, actor=actor)


def _put_into_outbox(session: Session, reply: Reply, user: User, at: datetime, *, office: Office, actor: str) -> Outbox:
    case = _case(session, reply)
    if office.reply_number == "new" and reply.kind != ReplyKind.ACKNOWLEDGEMENT:
        _give_number(session, reply, case, user, at)
    # The order matters to the guards in the database: first the approval of this text, then its dispatch.
    reply.decided_by_id, reply.decided_at, reply.approved_hash = user.id, at, content_hash(reply)
    change_reply(session, reply, ReplyStatus.APPROVED, at=at, actor=actor)
    session.flush()
    assert reply.id is not None
    assert reply.approved_hash is not None
    outbox = Outbox(
        reply_id=reply.id,
        channel=reply.channel,
        state=DispatchState.QUEUED if reply.channel == Channel.EMAIL else DispatchState.TO_PRINT,
        content_hash=reply.approved_hash,
        message_id=new_message_id(office),
        created_at=at,
    )
    session.add(outbox)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=actor,
        act="approve",
        subject=f"replies:{reply.id}",
        detail={"hash": reply.approved_hash, "version": reply.version, "outbox": outbox.id},
    )
    follow_replies(session, case, at=at, actor=actor)
    return outbox


def return_with_reason(session: Session, reply: Reply, user: User, at: datetime, *, reason: str) -> Reply:
    """Give a reply back to the one who wrote it, saying what to change."""
    _lock(session, reply)
    _check_role(user)
    if not reason.strip():
        raise ReasonMissing
    change_reply(session, reply, ReplyStatus.RETURNED, at=at, actor=user.username)
    reply.decided_by_id, reply.decided_at, reply.return_reason = user.id, at, tidy(reason)
    follow_replies(session, _case(session, reply), at=at, actor=user.username)
    return reply


def mark_posted(session: Session, outbox: Outbox, user: User, at: datetime) -> Outbox:
    """A printed letter went to the post office (or was handed over): the reply is dispatched."""
    change_dispatch(session, outbox, DispatchState.POSTED, at=at, actor=user.username)
    finish(session, outbox, at=at, actor=user.username)
    return outbox


def decide_unknown(session: Session, outbox: Outbox, user: User, at: datetime, *, was_sent: bool) -> Outbox:
    """A person says whether a message whose hand-over broke off was sent; if not, it is queued again."""
    if was_sent:
        change_dispatch(session, outbox, DispatchState.SENT, at=at, actor=user.username)
        finish(session, outbox, at=at, actor=user.username)
    else:
        _queue_again(session, outbox, user, at)
    return outbox


def retry_refused(session: Session, outbox: Outbox, user: User, at: datetime) -> Outbox:
    """Send a message again that was refused or came back, after its cause was mended at a server."""
    _queue_again(session, outbox, user, at)
    return outbox


def print_instead(session: Session, outbox: Outbox, user: User, at: datetime) -> Outbox:
    """Send an answer whose e-mail was refused or came back as a printed letter; its approved text stays as it is."""
    change_dispatch(session, outbox, DispatchState.TO_PRINT, at=at, actor=user.username)
    outbox.channel, outbox.document_sha256, outbox.problem = Channel.POST, None, ""
    return outbox


def finish(session: Session, outbox: Outbox, *, at: datetime, actor: str) -> None:
    """What follows once a dispatch is out: the reply is dispatched, the register dated, the case answered."""
    reply = session.get(Reply, outbox.reply_id)
    assert reply is not None
    outbox.problem, outbox.next_try_at = "", None
    change_reply(session, reply, ReplyStatus.DISPATCHED, at=at, actor=actor)
    note_dispatch(session, reply, at=at)
    follow_replies(session, _case(session, reply), at=at, actor=actor)


def _queue_again(session: Session, outbox: Outbox, user: User, at: datetime) -> None:
    change_dispatch(session, outbox, DispatchState.QUEUED, at=at, actor=user.username)
    # The count of attempts goes on: it tells a late worker of an earlier attempt that its turn is over.
    outbox.next_try_at, outbox.problem = at, ""


def _check_role(user: User) -> None:
    if user.role not in APPROVING_ROLES:
        raise NotAllowed


def _lock(session: Session, reply: Reply) -> None:
    """See the reply as it is now and keep others from changing it until the transaction ends."""
    session.flush()
    session.refresh(reply, with_for_update=True)


def _case(session: Session, reply: Reply) -> Case:
    case = session.get(Case, reply.case_id)
    assert case is not None
    return case


def _give_number(session: Session, reply: Reply, case: Case, user: User, at: datetime) -> None:
    letter = session.get(Letter, reply.letter_id)
    assert letter is not None
    entry = numbering.register(
        session, direction="out", at=at, correspondent=number_of(session, letter).correspondent, summary=reply.subject
    )
    entry.addressee, entry.joined_to_id, entry.department = reply.recipient_name, letter.entry_id, case.department
    if NUMBER_AT_APPROVAL in reply.body:
        reply.body = reply.body.replace(NUMBER_AT_APPROVAL, entry.label)
        _add_version(session, reply, user, at)


def _add_version(session: Session, reply: Reply, user: User, at: datetime) -> None:
    assert reply.id is not None
    reply.version = next_version(session, reply)
    session.add(
        ReplyVersion(
            reply_id=reply.id,
            version=reply.version,
            subject=reply.subject,
            body=reply.body,
            saved_at=at,
            user_id=user.id,
        )
    )
    session.flush()


def _keep_apart(session: Session, reply: Reply, user: User, at: datetime, subject: str, body: str) -> None:
    """Undo the caller's transaction and keep the typed text in one of its own, as a version nobody has open."""
    # After the rollback the rows know nothing any more, so what is needed of them is read before.
    reply_id, user_id, username = reply.id, user.id, user.username
    assert reply_id is not None
    session.rollback()
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with Session(engine) as own, own.begin():
        version = next_version(own, own.get_one(Reply, reply_id, with_for_update=True))
        own.add(
            ReplyVersion(reply_id=reply_id, version=version, subject=subject, body=body, saved_at=at, user_id=user_id)
        )
        audit.record(
            own,
            at=at,
            actor=username,
            act="keep-refused-text",
            subject=f"replies:{reply_id}",
            detail={"version": version},
        )
