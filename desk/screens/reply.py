"""Acts on a reply: save, send for approval, approve, return with a reason; and its printable form."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlmodel import Session, select

from config import clock
from desk import downloads
from desk.context import Desk, TheDesk, TheVisitor, Visitor
from desk.errors import PageMissing
from desk.letter_page import ReplyForm
from desk.render import go
from desk.screens.letter import letter_answer
from registry import switches
from registry.errors import ChangedMeanwhile, RecordError
from registry.letters import number_of
from registry.models import Case, Letter, Outbox, Reply, User
from registry.switches import SwitchName
from responders import approval
from responders.errors import NotEditable, ReplyError
from responders.kinds import Channel
from responders.letterhead import render_pdf
from responders.printing import printed_letter

router = APIRouter()
LONGEST_TEXT = 200_000


def typed_reply(
    version: Annotated[int, Form()] = 0,
    channel: Annotated[Channel, Form()] = Channel.EMAIL,
    subject: Annotated[str, Form(max_length=1_000)] = "",
    body: Annotated[str, Form(max_length=LONGEST_TEXT)] = "",
    recipient_name: Annotated[str, Form(max_length=500)] = "",
    recipient_email: Annotated[str, Form(max_length=500)] = "",
    recipient_address: Annotated[str, Form(max_length=2_000)] = "",
) -> ReplyForm:
    """What a person typed into the editor; browsers send line ends as CRLF."""
    return ReplyForm(
        version=version,
        channel=channel,
        subject=subject,
        body=body.replace("\r\n", "\n"),
        recipient_name=recipient_name,
        recipient_email=recipient_email.strip(),
        recipient_address=recipient_address.replace("\r\n", "\n"),
    )


TypedReply = Annotated[ReplyForm, Depends(typed_reply)]


@router.post("/replies/{reply_id}/save")
def save(request: Request, desk: TheDesk, visitor: TheVisitor, reply_id: int, typed: TypedReply) -> Response:
    """Keep the typed text as the next version."""
    refused = _save(request, desk, visitor, reply_id, typed)
    return refused or go(_place(desk, reply_id), notice="saved")


@router.post("/replies/{reply_id}/submit")
def submit(request: Request, desk: TheDesk, visitor: TheVisitor, reply_id: int, typed: TypedReply) -> Response:
    """Keep the typed text, then hand it to an approver: in two transactions, so that a refusal loses no text."""
    refused = _save(request, desk, visitor, reply_id, typed)
    if refused is not None:
        return refused

    def hand_over(session: Session, reply: Reply, user: User) -> str:
        approval.submit(session, reply, user, clock.now())
        return "submitted"

    return _act(request, desk, visitor, reply_id, hand_over)


@router.post("/replies/{reply_id}/approve")
def approve(
    request: Request, desk: TheDesk, visitor: TheVisitor, reply_id: int, version: Annotated[int, Form()] = 0
) -> Response:
    """Approve exactly the version that was on the screen."""

    def sign_off(session: Session, reply: Reply, user: User) -> str:
        outbox = approval.approve(
            session,
            reply,
            user,
            clock.now(),
            same_person_may_approve=desk.settings.desk.same_person_may_approve,
            office=desk.tables.office,
            expected_version=version,
        )
        if outbox.channel == Channel.POST:
            return "approved-print"
        return "approved" if switches.is_on(session, SwitchName.SENDING) else "approved-dry"

    return _act(request, desk, visitor, reply_id, sign_off)


@router.post("/replies/{reply_id}/return")
def give_back(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    reply_id: int,
    reason: Annotated[str, Form(max_length=5_000)] = "",
) -> Response:
    """Return a reply to the one who wrote it."""

    def send_back(session: Session, reply: Reply, user: User) -> str:
        approval.return_with_reason(session, reply, user, clock.now(), reason=reason.replace("\r\n", "\n"))
        return "returned"

    return _act(request, desk, visitor, reply_id, send_back, reason=reason)


@router.get("/replies/{reply_id}/pdf")
def printable(desk: TheDesk, visitor: TheVisitor, reply_id: int) -> Response:
    """The reply on letterhead. A printed letter shows the very bytes that were kept for it."""
    with desk.database.read() as session:
        reply = session.get(Reply, reply_id)
        if reply is None:
            raise PageMissing
        outbox = session.exec(select(Outbox).where(Outbox.reply_id == reply_id)).first()
        to_keep = outbox is not None and outbox.channel == Channel.POST and outbox.document_sha256 is None
        if outbox is None or outbox.channel != Channel.POST:
            content = _preview(session, desk, reply)
        elif not to_keep:
            content = printed_letter(session, desk.store, outbox, desk.tables)
    if to_keep and outbox is not None:
        with desk.database.write() as session:
            content = printed_letter(session, desk.store, session.get_one(Outbox, outbox.id), desk.tables)
    return downloads.pdf(content, f"raspuns-{reply_id}.pdf")


def _preview(session: Session, desk: Desk, reply: Reply) -> bytes:
    letter, case = session.get_one(Letter, reply.letter_id), session.get_one(Case, reply.case_id)
    return render_pdf(reply, letter, number_of(session, letter), case, desk.tables)


def _save(request: Request, desk: Desk, visitor: Visitor, reply_id: int, typed: ReplyForm) -> Response | None:
    """None when the text was saved; else the page that says why not, with the typed text kept in the editor."""
    letter_id = _letter_id(desk, reply_id)
    try:
        with desk.database.write() as session:
            approval.save(
                session,
                session.get_one(Reply, reply_id),
                session.get_one(User, visitor.id),
                clock.now(),
                subject=typed.subject,
                body=typed.body,
                recipient_name=typed.recipient_name,
                recipient_email=typed.recipient_email,
                recipient_address=typed.recipient_address,
                expected_version=typed.version,
                channel=typed.channel,
            )
    except (RecordError, ReplyError) as error:
        status = 409 if isinstance(error, ChangedMeanwhile | NotEditable) else 422
        return letter_answer(request, desk, letter_id, typed={reply_id: typed}, error=str(error), status=status)
    return None


def _act(
    request: Request,
    desk: Desk,
    visitor: Visitor,
    reply_id: int,
    act: Callable[[Session, Reply, User], str],
    *,
    reason: str = "",
) -> Response:
    letter_id = _letter_id(desk, reply_id)
    try:
        with desk.database.write() as session:
            notice = act(session, session.get_one(Reply, reply_id), session.get_one(User, visitor.id))
    except (RecordError, ReplyError) as error:
        status = 409 if isinstance(error, RecordError) else 422
        return letter_answer(request, desk, letter_id, reason=reason, error=str(error), status=status)
    return go(f"/letters/{letter_id}#reply-{reply_id}", notice=notice)


def _place(desk: Desk, reply_id: int) -> str:
    return f"/letters/{_letter_id(desk, reply_id)}#reply-{reply_id}"


def _letter_id(desk: Desk, reply_id: int) -> int:
    with desk.database.read() as session:
        reply = session.get(Reply, reply_id)
        if reply is None:
            raise PageMissing
        return reply.letter_id
