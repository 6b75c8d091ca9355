"""Refresh tokens in the record: kept sealed, lent to one program at a time, replaced in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, or_, select

from config import clock
from config.i18n import gettext as _
from config.i18n import ngettext
from config.settings import MailboxSettings, OAuthSettings, Settings
from registry import audit
from registry.models import OAuthToken

ROTATION_RULE = "rule:token-rotation"
ENDED = "mailbox-sign-in-ended"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to use a refresh token until `until`, and the token as it was sealed at that moment."""

    account: str
    sealed: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class DaysLeft:
    """How long a mailbox with OAuth can still sign in, in whole days (negative: it is over; None: no end is known).

    `signed_in` is false before the first sign-in and after the provider ended it.
    """

    account: str
    signed_in: bool
    token_days: int | None
    secret_days: int | None


def is_signed_in(session: Session, account: str) -> bool:
    """Whether a refresh token is kept for this mailbox."""
    return session.get(OAuthToken, account) is not None


def borrow(session: Session, account: str, *, now: datetime, seconds: float) -> Lease | None:
    """Lend the refresh token to the caller for so many seconds; None while another program has it, or if none is kept.

    A program that dies with a lease blocks others only until it runs out.
    """
    until = now + timedelta(seconds=seconds)
    # One statement compares and sets, so that of two programs only one gets it.
    lent = _changed(
        session,
        update(OAuthToken)
        .where(col(OAuthToken.account) == account)
        .where(or_(col(OAuthToken.lease_until).is_(None), col(OAuthToken.lease_until) <= now))
        .values(lease_until=until),
    )
    if not lent:
        return None
    row = session.get_one(OAuthToken, account, populate_existing=True)
    return Lease(account, row.refresh_token, until)


def give_back(session: Session, lease: Lease, *, problem: str) -> None:
    """End a lease without a new token; `problem` is the code of what went wrong, kept for the list.

    A sign-in that the provider ended stays so, whatever goes wrong with later tries.
    """
    ours = (col(OAuthToken.account) == lease.account, col(OAuthToken.refresh_token) == lease.sealed)
    _changed(session, update(OAuthToken).where(*ours, col(OAuthToken.problem) != ENDED).values(problem=problem))
    _changed(
        session, update(OAuthToken).where(*ours, col(OAuthToken.lease_until) == lease.until).values(lease_until=None)
    )


def prolong(session: Session, lease: Lease, *, expires_at: datetime | None) -> None:
    """End a lease whose refresh token stays in force, until `expires_at` (None: without end)."""
    _changed(
        session,
        update(OAuthToken)
        .where(col(OAuthToken.account) == lease.account, col(OAuthToken.refresh_token) == lease.sealed)
        .values(lease_until=None, problem="", expires_at=expires_at),
    )


def rotate(session: Session, lease: Lease, sealed: str, *, at: datetime, expires_at: datetime | None) -> bool:
    """Replace the lent refresh token by the one the provider handed out, with its audit event, and end the lease.

    False, and nothing changes, if the kept token is no longer the lent one: then somebody signed in again, or a
    program that waited out our lease was given a newer one.
    """
    replaced = _changed(
        session,
        update(OAuthToken)
        .where(col(OAuthToken.account) == lease.account, col(OAuthToken.refresh_token) == lease.sealed)
        .values(
            refresh_token=sealed,
            obtained_at=at,
            expires_at=expires_at,
            rotations=col(OAuthToken.rotations) + 1,
            lease_until=None,
            problem="",
        ),
    )
    if not replaced:
        return False
    row = session.get_one(OAuthToken, lease.account, populate_existing=True)
    audit.record(
        session,
        at=at,
        actor=ROTATION_RULE,
        act="renew-sign-in",
        subject=f"oauth_tokens:{lease.account}",
        detail={"rotations": row.rotations},
    )
    return True


def sign_in(
    session: Session, account: str, sealed: str, *, at: datetime, expires_at: datetime | None, actor: str
) -> None:
    """Keep the refresh token of a new sign-in in place of any older one, with its audit event."""
    row = session.get(OAuthToken, account)
    if row is None:
        row = OAuthToken(account=account, refresh_token=sealed, obtained_at=at)
        session.add(row)
    row.refresh_token, row.obtained_at, row.expires_at = sealed, at, expires_at
    row.rotations, row.lease_until, row.problem = 0, None, ""
    session.flush()
    audit.record(session, at=at, actor=actor, act="sign-in-mailbox", subject=f"oauth_tokens:{account}")


def end_of(oauth: OAuthSettings, told_seconds: int | None, now: datetime) -> datetime | None:
    """When a refresh token used at `now` ends: as the provider's answer says, else as the settings say, else never."""
    if told_seconds is not None:
        return now + timedelta(seconds=told_seconds)
    return now + timedelta(days=oauth.refresh_token_days) if oauth.refresh_token_days else None


def days_left(session: Session, settings: Settings, now: datetime) -> list[DaysLeft]:
    """Of each mailbox with OAuth, in the order of the settings: how many days its token and client secret last."""
    rows = {row.account: row for row in session.exec(select(OAuthToken))}
    return [
        _days_left(mailbox, mailbox.oauth, rows.get(mailbox.name), now)
        for mailbox in settings.mailboxes
        if mailbox.oauth is not None
    ]


def warnings(session: Session, settings: Settings, now: datetime) -> list[str]:
    """One sentence for each sign-in that is missing, over or ends within `alarms.token_days`, with what to do."""
    found = []
    for left in days_left(session, settings, now):
        limit = settings.alarms.token_days
        if not left.signed_in:
            found.append(
                _("Mailbox {name} is not signed in. Run: cabinet mailbox sign-in {name}").format(name=left.account)
            )
        elif left.token_days is not None and left.token_days <= limit:
            found.append(_token_warning(left.account, left.token_days))
        if left.secret_days is not None and left.secret_days <= limit:
            found.append(_secret_warning(left.account, left.secret_days))
    return found


def _days_left(mailbox: MailboxSettings, oauth: OAuthSettings, row: OAuthToken | None, now: datetime) -> DaysLeft:
    ends, secret_ends = row and row.expires_at, oauth.client_secret_expires_on
    return DaysLeft(
        account=mailbox.name,
        signed_in=row is not None and row.problem != ENDED,
        token_days=(ends - now).days if ends else None,
        secret_days=(secret_ends - clock.local_date(now)).days if secret_ends else None,
    )


def _token_warning(name: str, days: int) -> str:
    if days < 0:
        return _("The sign-in of mailbox {name} has run out. Run: cabinet mailbox sign-in {name}").format(name=name)
    return ngettext(
        "The sign-in of mailbox {name} ends in {count} day. Run: cabinet mailbox sign-in {name}",
        "The sign-in of mailbox {name} ends in {count} days. Run: cabinet mailbox sign-in {name}",
        days,
    ).format(name=name, count=days)


def _secret_warning(name: str, days: int) -> str:
    if days < 0:
        return _(
            "The client secret of mailbox {name} has run out. Get a new one from the provider and put it into the "
            "settings."
        ).format(name=name)
    return ngettext(
        "The client secret of mailbox {name} ends in {count} day. Get a new one from the provider and put it into the "
        "settings.",
        "The client secret of mailbox {name} ends in {count} days. Get a new one from the provider and put it into the "
        "settings.",
        days,
    ).format(name=name, count=days)


def _changed(session: Session, statement: Any) -> bool:
    result = cast("CursorResult[Any]", session.connection().execute(statement))
    return result.rowcount == 1
