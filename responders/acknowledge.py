"""Automatic acknowledgements: drafted, approved by the rule that a named person switched on, and put into the outbox.

They go only to people who wrote by e-mail and never to machines, at most one to an address on a day and so many in an
hour; they leave with an empty envelope sender and Auto-Submitted (`responders.mail`), so no robot answers them. They
change no case and stop no term (domain rule 7.4).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

import structlog
from sqlmodel import Session, col, func, select

from config.clock import local_date
from config.i18n import gettext as _
from config.settings import Settings
from config.town import Office, Tables
from registry import audit
from registry.models import Acknowledgement, Case, Letter, Reply, User
from registry.no_reply import reads_no_answers
from registry.statuses import CaseStatus, LetterStatus, ReplyStatus, change_reply
from registry.switches import SwitchName, is_on, person_behind, turn
from responders.approval import APPROVING_ROLES, approve_by_rule, obstacles
from responders.drafts import create_draft
from responders.errors import AddressUnusable, NotAllowed
from responders.kinds import Channel, ReplyKind
from responders.mail import check_address

RULE = "acknowledge"
ACTOR = f"rule:{RULE}"
WINDOW = timedelta(hours=24)
"""Whoever got no acknowledgement for so long (the cap, a stop) needs none any more: the answer is what counts."""
MOST_AT_ONCE = 20
_HOUR = timedelta(hours=1)
_DONE = (str(CaseStatus.APPROVED), str(CaseStatus.ANSWERED), str(CaseStatus.FILED))

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Due:
    """One letter that waits for its acknowledgement, and the address by which the limit of one a day is kept."""

    letter_id: int
    address: str


def switch(session: Session, on: bool, user: User, at: datetime) -> None:
    """Turn automatic acknowledgements on or off in the name of `user`, who answers for what the rule approves.

    Turned on again by somebody else, that person answers from now on. `NotAllowed` unless the person is active and may
    approve replies.
    """
    if not user.active or user.role not in APPROVING_ROLES:
        raise NotAllowed
    before = person_in_charge(session)
    if on != is_on(session, SwitchName.ACKNOWLEDGEMENTS) or (on and (before is None or before.id != user.id)):
        turn(session, SwitchName.ACKNOWLEDGEMENTS, on, at=at, actor=user.username)


def person_in_charge(session: Session) -> User | None:
    """Who answers for the acknowledgements: the one who switched them on, as long as that person may approve."""
    user = person_behind(session, SwitchName.ACKNOWLEDGEMENTS)
    return user if user is not None and user.role in APPROVING_ROLES else None


def alarm(session: Session) -> str:
    """A sentence for the first screen when the rule is on but nobody answers for it any more; else ""."""
    if not is_on(session, SwitchName.ACKNOWLEDGEMENTS) or person_in_charge(session) is not None:
        return ""
    return _(
        "Automatic acknowledgements stopped: the person who switched them on may no longer approve replies. "
        "An approver must switch them on again."
    )


def waiting(session: Session, tables: Tables, settings: Settings, at: datetime) -> list[Due]:
    """Letters that may be acknowledged now, oldest first, at most `MOST_AT_ONCE`; none while a switch is off."""
    room = _room(session, settings, at)
    if room <= 0 or not is_on(session, SwitchName.SENDING) or person_in_charge(session) is None:
        return []
    return list(islice(_due(session, tables, settings, at), min(room, MOST_AT_ONCE)))


def acknowledge_waiting(session: Session, tables: Tables, settings: Settings, at: datetime) -> list[int]:
    """Draft, approve and queue what is `waiting`, in the caller's transaction; returns the outbox ids.

    A draft with a gap is withdrawn with a log line, and its letter gets no acknowledgement.
    """
    audit.wait_for_turn(session)  # so that two workers never count the same room or the same address at once
    user = person_in_charge(session)
    if user is None:
        return []
    made = (_acknowledge(session, due, user, tables, at) for due in waiting(session, tables, settings, at))
    return [outbox_id for outbox_id in made if outbox_id is not None]


def _acknowledge(session: Session, due: Due, user: User, tables: Tables, at: datetime) -> int | None:
    letter = session.get_one(Letter, due.letter_id)
    case = session.get_one(Case, letter.case_id)
    reply = create_draft(session, letter, case, tables, kind=ReplyKind.ACKNOWLEDGEMENT, at=at, actor=ACTOR)
    hindrances = obstacles(reply)
    if hindrances or reply.channel != Channel.EMAIL:
        # Kept as withdrawn: the trail shows the try, and the letter is not tried again and again.
        change_reply(session, reply, ReplyStatus.WITHDRAWN, at=at, actor=ACTOR)
        names = [type(error).__name__ for error in hindrances]
        log.warning("acknowledgement_withdrawn", letter=due.letter_id, reply=reply.id, obstacles=names)
        return None
    outbox = approve_by_rule(session, reply, user, at, office=tables.office, rule=RULE)
    assert reply.id is not None
    session.add(
        Acknowledgement(letter_id=due.letter_id, reply_id=reply.id, address=due.address, day=local_date(at), made_at=at)
    )
    session.flush()
    log.info("acknowledgement_queued", letter=due.letter_id, outbox=outbox.id)
    return outbox.id


def _due(session: Session, tables: Tables, settings: Settings, at: datetime) -> Iterator[Due]:
    """Every letter that may be acknowledged, one to an address, without regard to the hourly cap.

    A letter that came on a day when its sender had been acknowledged already, or later that day, never gets one: two
    robots that answer each other would otherwise begin anew after every midnight.
    """
    tried = select(Reply.letter_id).where(Reply.kind == ReplyKind.ACKNOWLEDGEMENT)
    letters = session.exec(
        select(Letter.id, Letter.sender_address, Letter.reply_address, Letter.registered_at)
        .join(Case, col(Case.id) == col(Letter.case_id))
        .where(
            Letter.channel == "email",
            Letter.status == LetterStatus.READY,
            Letter.machine_kind == "",
            Letter.machine_rule == "",
            Letter.registered_at > at - WINDOW,
            col(Case.status).not_in(_DONE),
            col(Letter.id).not_in(tried),
        )
        .order_by(col(Letter.id))
    ).all()
    latest = _latest_days(session, at)
    own = own_addresses(tables.office, settings)
    for letter_id, sender, address, registered_at in letters:
        key = address_key(address)
        if local_date(registered_at) <= latest.get(key, date.min):
            continue
        if letter_id is not None and may_be_acknowledged(sender, address, own):
            latest[key] = local_date(at)
            yield Due(letter_id, key)


def may_be_acknowledged(sender: str, address: str, own: Iterable[str]) -> bool:
    """Whether somebody reads what we send to `address` for a letter by `sender`: a usable address, not ours."""
    ours = {address_key(one) for one in own}
    try:
        check_address(address)
    except AddressUnusable:
        return False
    return bool(sender) and not any(address_key(one) in ours or reads_no_answers(one) for one in (sender, address))


def address_key(address: str) -> str:
    """An address in lower case without its +detail, by which people (and robots) would get round the limit."""
    local, _at, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def own_addresses(office: Office, settings: Settings) -> frozenset[str]:
    """Addresses whose mail comes to us or whose mail we send: to write there would be to write to ourselves."""
    sender = {settings.smtp.sender_address} if settings.smtp else set()
    users = {mailbox.username for mailbox in settings.mailboxes if "@" in mailbox.username}
    return frozenset({office.email, *sender, *users})


def _latest_days(session: Session, at: datetime) -> dict[str, date]:
    """For each address that was acknowledged since the day before yesterday: the last such day."""
    rows = session.exec(
        select(Acknowledgement.address, func.max(col(Acknowledgement.day)))
        .where(Acknowledgement.day >= local_date(at - 2 * WINDOW))
        .group_by(col(Acknowledgement.address))
    )
    return dict(rows.all())


def _room(session: Session, settings: Settings, at: datetime) -> int:
    """How many acknowledgements may still be made in this rolling hour."""
    made = session.exec(
        select(func.count()).select_from(Acknowledgement).where(Acknowledgement.made_at > at - _HOUR)
    ).one()
    return settings.acknowledgements.per_hour - made
