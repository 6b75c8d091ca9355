"""`cabinet mailbox …`, `cabinet doctor` and a real worker: a mailbox signs in with OAuth and files what was read."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from sqlmodel import select
from typer.testing import CliRunner, Result

from config import clock
from config.errors import FileMissing, SecretExposed
from config.settings import CONFIG_VARIABLE, load_settings
from daemon import checks, cli
from daemon.errors import DeviceSignInNotSet, MailboxTakesPassword, MailboxUnknown, NoRefreshToken, SecretEmpty
from daemon.house import House, open_house
from daemon.server_changes import changer
from ingest.connection import connect, drop, log_in
from ingest.errors import MailboxSignInEnded
from ingest.server_changes import ActionState
from registry.models import AuditEvent, Letter, MailboxAction, OAuthToken
from tests.support import dovecot as dovecot_support
from tests.support.dovecot_oauth import OAuthDovecot
from tests.support.house import TestHouse, make_test_house
from tests.support.mailboxes import account_on
from tests.support.mails import mail
from tests.support.token_server import TokenServer
from tests.support.waiting import wait_until

TARGET = "Înregistrate"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[OAuthDovecot]:
    if dovecot_support.BINARY is None:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
    server = OAuthDovecot()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@dataclass
class Office:
    """A house whose mailbox has OAuth settings, its provider and its server."""

    house: TestHouse
    provider: TokenServer
    dovecot: OAuthDovecot

    def set(self, oauth: dict[str, Any] | None = None, **more: Any) -> None:
        """Change settings of the mailbox."""
        document = tomlkit.parse(self.house.config.read_text())
        mailbox: Any = document["mailboxes"][0]
        mailbox.update(more)
        if oauth is not None:
            mailbox["oauth"] = oauth
        self.house.config.write_text(tomlkit.dumps(document))

    def opened(self) -> House:
        return open_house(load_settings())

    def cabinet(self, *words: str) -> Result:
        return CliRunner().invoke(cli.app, list(words))

    def token(self) -> OAuthToken:
        with self.house.house.database.read() as session:
            return session.get_one(OAuthToken, "primaria")


@pytest.fixture
def office(
    tmp_path: Path, dovecot: OAuthDovecot, mailbox_user: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    (tmp_path / "provider").mkdir()
    (tmp_path / "house").mkdir()
    provider = TokenServer(tmp_path / "provider", user=mailbox_user, device_code={"interval": 1})
    provider.start()
    house = make_test_house(tmp_path / "house", dovecot=dovecot, mailbox_user=mailbox_user)
    monkeypatch.setenv(CONFIG_VARIABLE, str(house.config))
    office = Office(house, provider, dovecot)
    office.set(provider.oauth_settings())
    yield office
    house.stop()
    provider.stop()


def test_signing_in_shows_address_and_code_keeps_the_token_and_looks_into_the_mailbox(office: Office) -> None:
    office.dovecot.deliver(office.provider.user, mail())
    office.provider.device_answers = ["authorization_pending"]
    said = office.cabinet("mailbox", "sign-in", "primaria")
    assert said.exit_code == 0, said.exception
    assert "https://cod.example" in said.output
    assert "MEDIAS-85" in said.output
    assert "Căsuța primaria este conectată." in said.output
    assert said.output.rstrip().endswith(": 1 mesaje.")
    assert not any(secret in said.output for secret in office.provider.handed_out)
    assert office.token().rotations == 0
    with office.house.house.database.read() as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.act == "sign-in-mailbox")).one()
    assert (event.actor, event.subject) == ("command-line", "oauth_tokens:primaria")


@pytest.mark.parametrize("rotating", [True, False])
def test_signing_in_with_a_refresh_token_from_a_file(office: Office, tmp_path: Path, rotating: bool) -> None:
    office.provider.rotating = rotating
    file = tmp_path / "token"
    file.touch(mode=0o600)
    file.write_text(office.provider.new_refresh_token() + "\n")
    said = office.cabinet("mailbox", "sign-in", "primaria", "--refresh-token-file", str(file))
    assert said.exit_code == 0, said.exception
    assert f"{file} nu mai este necesar" in said.output
    (valid,) = office.provider.valid
    assert office.opened().tokens._key.open(office.token().refresh_token) == valid


def test_a_refresh_token_that_does_not_work_replaces_nothing(office: Office, tmp_path: Path) -> None:
    assert office.cabinet("mailbox", "sign-in", "primaria").exit_code == 0
    kept = office.token().refresh_token
    file = tmp_path / "token"
    file.touch(mode=0o600)
    for content, error in (("wrong", MailboxSignInEnded), (" \n", SecretEmpty)):
        file.write_text(content)
        said = office.cabinet("mailbox", "sign-in", "primaria", "--refresh-token-file", str(file))
        assert isinstance(said.exception, error)
    file.chmod(0o644)
    for path, problem in ((file, SecretExposed), (tmp_path / "nowhere", FileMissing)):
        said = office.cabinet("mailbox", "sign-in", "primaria", "--refresh-token-file", str(path))
        assert isinstance(said.exception, problem)
    assert office.token().refresh_token == kept


def test_what_cannot_be_signed_in_is_said(office: Office) -> None:
    assert isinstance(office.cabinet("mailbox", "sign-in", "alta").exception, MailboxUnknown)
    assert isinstance(office.cabinet("mailbox", "retry", "alta").exception, MailboxUnknown)
    office.provider.forced = [
        (200, {"device_code": "a", "user_code": "b", "verification_url": "https://c.example", "interval": "1"}),
        (200, {"access_token": "without a refresh token"}),
    ]
    assert isinstance(office.cabinet("mailbox", "sign-in", "primaria").exception, NoRefreshToken)
    office.set(office.provider.oauth_settings(device_url=""))
    assert isinstance(office.cabinet("mailbox", "sign-in", "primaria").exception, DeviceSignInNotSet)
    document = tomlkit.parse(office.house.config.read_text())
    del document["mailboxes"][0]["oauth"]
    office.house.config.write_text(tomlkit.dumps(document))
    assert isinstance(office.cabinet("mailbox", "sign-in", "primaria").exception, MailboxTakesPassword)


def test_the_list_of_mailboxes_says_how_long_they_can_sign_in(office: Office) -> None:
    said = office.cabinet("mailbox", "list").output
    assert "xoauth2" in said
    assert "neconectată" in said
    assert "niciodată" in said
    in_ten_days = (clock.today() + timedelta(days=10)).isoformat()
    office.set(office.provider.oauth_settings(client_secret_expires_on=in_ten_days))
    assert office.cabinet("mailbox", "sign-in", "primaria").exit_code == 0
    said = office.cabinet("mailbox", "list").output
    assert "conectării: 89" in said
    assert "client: 10" in said
    (row,) = json.loads(office.cabinet("mailbox", "list", "--json").output)
    assert (row["name"], row["sign_in"], row["signed_in"], row["token_days"], row["secret_days"]) == (
        "primaria",
        "xoauth2",
        True,
        89,
        10,
    )


def findings(office: Office) -> list[str]:
    """What `cabinet doctor` says of servers and sign-ins."""
    return list(checks.servers(office.opened()))


def test_the_doctor_says_who_must_sign_in_and_what_ends_soon(office: Office) -> None:
    assert findings(office) == [
        "✗ Căsuța primaria nu este conectată la furnizor. Rulați: cabinet mailbox sign-in primaria"
    ]
    assert office.cabinet("mailbox", "sign-in", "primaria").exit_code == 0
    assert findings(office) == ["✓ Căsuța primaria: 0 mesaje."]
    office.provider.refresh_seconds = 14 * 86_400 + 60
    in_three_days = (clock.today() + timedelta(days=3)).isoformat()
    office.set(office.provider.oauth_settings(client_secret_expires_on=in_three_days))
    assert findings(office)[1:] == [
        "✗ Conectarea căsuței primaria expiră peste 14 zile. Rulați: cabinet mailbox sign-in primaria",
        "✗ Secretul de client al căsuței primaria expiră peste 3 zile. Obțineți unul nou de la furnizor și treceți-l "
        "în setări.",
    ]
    office.provider.valid.clear()
    assert findings(office)[0].startswith("✗ Căsuța primaria nu este conectată")


def test_the_doctor_prints_what_it_finds(office: Office) -> None:
    said = office.cabinet("doctor")
    assert said.exit_code == 1
    assert "✓ SQLite" in said.output
    assert "✗ Căsuța primaria nu este conectată" in said.output


def test_a_worker_reads_with_tokens_and_files_what_it_registered(office: Office) -> None:
    """With access tokens of two seconds; the last letter comes when that of the first two has run out."""
    assert office.cabinet("mailbox", "sign-in", "primaria").exit_code == 0
    client = connect(account_on(office.dovecot, office.provider.user))
    log_in(client, account_on(office.dovecot, office.provider.user))
    client.create_folder(TARGET)
    client.select_folder(TARGET, readonly=True)
    office.set(after_registration="move", move_to=TARGET)
    office.provider.access_seconds = 2
    office.house.start_worker()
    for number in (1, 2, 3):
        if number == 3:
            run_out = partial(lambda moment: time.monotonic() > moment, time.monotonic() + 3)
            wait_until(run_out, what="the end of the access token")
        office.dovecot.deliver(office.provider.user, mail())

        def all_filed(wanted: int = number) -> bool:
            client.noop()
            return len(client.search("ALL")) == wanted and len(done()) == wanted

        def done() -> list[MailboxAction]:
            with office.house.house.database.read() as session:
                return list(session.exec(select(MailboxAction).where(MailboxAction.state == ActionState.DONE)))

        wait_until(all_filed, seconds=60, what=f"filing letter {number}")
    client.select_folder("INBOX", readonly=True)
    assert client.search("ALL") == []
    drop(client)
    with office.house.house.database.read() as session:
        assert len(session.exec(select(Letter)).all()) == 3
    wait_until(lambda: office.token().rotations >= 2, what="rotation")
    assert office.provider.most_at_once == 1
    office.house.stop()
    logs = office.house.logs()
    assert [secret for secret in office.provider.handed_out if secret in logs] == []


def test_what_was_given_up_on_the_server_is_said_and_can_be_tried_again(office: Office) -> None:
    assert office.cabinet("mailbox", "sign-in", "primaria").exit_code == 0
    office.dovecot.deliver(office.provider.user, mail())
    office.house.start_worker()
    wait_until(lambda: letters(office) == 1, what="the letter")
    office.house.stop()
    office.set(after_registration="move", move_to=TARGET)
    house = office.opened()
    change = changer(house, house.settings.mailboxes[0])
    change()
    with house.database.write() as session:
        action = session.exec(select(MailboxAction)).one()
        action.attempts, action.next_try_at = 8, clock.now()
    change()
    assert "1 mesaj nu a fost marcat sau mutat. Dosarul indicat în move_to nu există" in findings(office)[-1]
    assert "1 mesaj se încearcă din nou." in office.cabinet("mailbox", "retry", "primaria").output
    assert len(findings(office)) == 1
    house.database.close()


def letters(office: Office) -> int:
    with office.house.house.database.read() as session:
        return len(session.exec(select(Letter)).all())
