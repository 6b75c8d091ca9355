"""`cabinet mailbox …`: signing mailboxes in at their provider, and how they stand."""

import stat
from pathlib import Path
from typing import Annotated, Any

import typer

from config import clock
from config.errors import FileMissing, SecretExposed
from config.i18n import gettext as _
from config.i18n import ngettext
from config.settings import MailboxSettings, OAuthSettings, Settings
from daemon.cli_common import OPERATOR, configured, print_result
from daemon.errors import DeviceSignInNotSet, MailboxTakesPassword, MailboxUnknown, NoRefreshToken, SecretEmpty
from daemon.house import open_house
from daemon.polling import account_of
from ingest.mailbox import Mailbox
from ingest.server_changes import try_again
from ingest.token_provider import Grant, TokenProvider
from registry.models import MailboxState
from registry.tokens import DaysLeft, days_left

app = typer.Typer(help=_("Mailboxes that are read."), no_args_is_help=True)


@app.command("sign-in", help=_("Sign a mailbox in at its provider (OAuth), with a code typed into a web page."))
def sign_in(
    name: str,
    refresh_token_file: Annotated[
        Path | None,
        typer.Option(help=_("Take the refresh token from this file (mode 0600) instead of asking for a code.")),
    ] = None,
) -> None:
    """Keep a new refresh token and look into the mailbox with it."""
    settings = configured()
    mailbox = _mailbox(settings, name)
    if mailbox.oauth is None:
        raise MailboxTakesPassword(name)
    house = open_house(settings)
    with TokenProvider(name, mailbox.oauth) as provider:
        if refresh_token_file is None:
            grant = _with_code(provider, name, mailbox.oauth)
        else:
            grant = _with_file(provider, refresh_token_file)
    house.tokens.sign_in(mailbox, grant, actor=OPERATOR)
    typer.echo(_("Mailbox {name} is signed in.").format(name=name))
    if refresh_token_file is not None:
        typer.echo(_("{path} is no longer needed; delete it.").format(path=refresh_token_file))
    with Mailbox(account_of(mailbox, house.tokens)) as opened:
        typer.echo(_("Mailbox {name}: {count} messages.").format(name=name, count=len(opened.uids())))
    house.database.close()


@app.command("list", help=_("List the mailboxes: how they sign in, how long that lasts, when they were last read."))
def list_mailboxes(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Print one line per mailbox."""
    house = open_house(configured())
    with house.database.read() as session:
        left = {one.account: one for one in days_left(session, house.settings, clock.now())}
        rows = [
            _row(mailbox, left.get(mailbox.name), session.get(MailboxState, (mailbox.name, mailbox.folder)))
            for mailbox in house.settings.mailboxes
        ]
    house.database.close()
    print_result(as_json, rows, "\n".join(_line(row) for row in rows) or _("No mailbox is configured."))


@app.command("retry", help=_("Flag or move again what was given up on the server of this mailbox."))
def retry(name: str) -> None:
    """Give every change that was given up its tries anew; a running worker then makes them."""
    settings = configured()
    _mailbox(settings, name)
    house = open_house(settings)
    with house.database.write() as session:
        count = try_again(session, name, clock.now())
    house.database.close()
    typer.echo(
        ngettext("{count} message is tried again.", "{count} messages are tried again.", count).format(count=count)
    )


def _mailbox(settings: Settings, name: str) -> MailboxSettings:
    for mailbox in settings.mailboxes:
        if mailbox.name == name:
            return mailbox
    raise MailboxUnknown(name)


def _with_code(provider: TokenProvider, name: str, oauth: OAuthSettings) -> Grant:
    if not oauth.device_url:
        raise DeviceSignInNotSet(name)
    code = provider.begin_device_sign_in()
    typer.echo(_("Open {address} in a web browser and type this code:").format(address=code.address))
    typer.echo(f"\n    {code.user_code}\n")
    typer.echo(_("Sign in there as the user of the mailbox. Waiting…"))
    grant = provider.finish_device_sign_in(code)
    if grant.refresh_token is None:
        raise NoRefreshToken(name)
    return grant


def _with_file(provider: TokenProvider, path: Path) -> Grant:
    """Try the token before anything kept is replaced; a provider that rotates hands out its successor here."""
    if not path.exists():
        raise FileMissing(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SecretExposed(path)
    token = path.read_text(encoding="utf-8").strip()
    if not token:
        raise SecretEmpty(path)
    return provider.refresh(token).with_refresh_token(token)


def _row(mailbox: MailboxSettings, left: DaysLeft | None, state: MailboxState | None) -> dict[str, Any]:
    return {
        "name": mailbox.name,
        "sign_in": mailbox.oauth.mechanism if mailbox.oauth else "password",
        "signed_in": left.signed_in if left else None,
        "token_days": left.token_days if left else None,
        "secret_days": left.secret_days if left else None,
        "last_good_look": state.last_success_at if state else None,
        "problem": state.problem if state else "",
    }


def _line(row: dict[str, Any]) -> str:
    looked = clock.local(row["last_good_look"]).strftime("%d.%m.%Y %H:%M") if row["last_good_look"] else _("never")
    words = [f"{row['name']:<20} {row['sign_in']:<12}", _("last read: {moment}").format(moment=looked)]
    if row["signed_in"] is False:
        words.append(_("not signed in"))
    elif row["token_days"] is not None:
        words.append(_("days left of the sign-in: {days}").format(days=row["token_days"]))
    if row["secret_days"] is not None:
        words.append(_("days left of the client secret: {days}").format(days=row["secret_days"]))
    return "; ".join(word for word in [*words, row["problem"]] if word)
