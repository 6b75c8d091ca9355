"""What has become a letter is flagged or moved on real servers, and only a search tells that it happened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from imapclient import IMAPClient
from sqlmodel import select

from config import clock
from config.settings import MailboxSettings
from ingest.connection import MailboxAccount, connect, drop, log_in
from ingest.errors import (
    ChangeNotSeen,
    ChangeRefused,
    ChangeUnsupported,
    MailboxConnectionLost,
    MoveTargetMissing,
    error_for,
)
from ingest.mailbox import Mailbox
from ingest.receive import receive_mail
from ingest.server_changes import TRIES, ActionState, Changes, given_up, pause_after, plan, try_again, work_off
from registry.database import Database
from registry.letters import Outcome, Seen, Source, note
from registry.models import LedgerEntry, Letter, MailboxAction, MailboxState
from registry.store import FileStore
from tests.support import dovecot as dovecot_support
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_tuned import TunedDovecot
from tests.support.mailboxes import account_on
from tests.support.mails import mail
from tests.support.meddling_line import MeddlingLine
from tests.support.pymap_server import PymapServer

TARGET = "Înregistrate"
WITHOUT_MOVE = "imap_capability = IMAP4rev1 UIDPLUS"
WITHOUT_BOTH = "imap_capability = IMAP4rev1"
WITH_RIGHTS = "mail_plugins = acl\nplugin {\n  acl = vfile\n}"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def pymap() -> Iterator[PymapServer]:
    server = PymapServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="module")
def tuned_dovecot() -> Iterator[Callable[[str], TunedDovecot]]:
    """A Dovecot with these lines in its configuration."""
    if dovecot_support.BINARY is None:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
    servers: dict[str, TunedDovecot] = {}

    def start(lines: str) -> TunedDovecot:
        if lines not in servers:
            servers[lines] = TunedDovecot(lines)
            servers[lines].start()
        return servers[lines]

    yield start
    for server in servers.values():
        server.remove()


@dataclass
class Office:
    """One mailbox, the record, and the clock of the outbox."""

    account: MailboxAccount
    database: Database
    store: FileStore
    drop_in: Callable[[bytes], object]

    def settings(self, **more: Any) -> MailboxSettings:
        return MailboxSettings.model_validate(
            {"name": "primaria", "host": "localhost", "username": self.account.username, **more}
        )

    def receive(self, *raws: bytes) -> None:
        for raw in raws:
            self.drop_in(raw)
        with Mailbox(self.account) as mailbox:
            receive_mail(self.database, self.store, mailbox, account="primaria", folder="INBOX")

    def plan(self, **more: Any) -> int:
        with self.database.write() as session:
            return plan(session, self.settings(**more), clock.now())

    def work(self, account: MailboxAccount | None = None) -> Changes:
        return work_off(self.database, self.store, account or self.account)

    def move(self) -> Changes:
        self.plan(after_registration="move", move_to=TARGET)
        return self.work()

    def flag(self) -> Changes:
        self.plan(after_registration="flag")
        return self.work()

    def hurry(self) -> None:
        """Let the pauses be over."""
        with self.database.write() as session:
            for action in session.exec(select(MailboxAction)):
                action.next_try_at = clock.now()

    def actions(self) -> list[MailboxAction]:
        with self.database.read() as session:
            return list(session.exec(select(MailboxAction).order_by(MailboxAction.id)))  # type: ignore[arg-type]

    def client(self) -> IMAPClient:
        client = connect(self.account)
        log_in(client, self.account)
        return client

    def folder(self, name: str) -> list[tuple[bytes, tuple[bytes, ...]]]:
        """Bytes and flags of everything in this folder."""
        client = self.client()
        try:
            client.select_folder(name, readonly=True)
            found = client.search("ALL")
            answer = client.fetch(found, [b"BODY.PEEK[]", b"FLAGS"]) if found else {}
            return [(data[b"BODY[]"], data[b"FLAGS"]) for _, data in sorted(answer.items())]
        finally:
            drop(client)

    def make_target(self) -> None:
        client = self.client()
        client.create_folder(TARGET)
        drop(client)

    def everywhere(self) -> int:
        """How many messages the server has in both folders."""
        return len(self.folder("INBOX")) + len(self.folder(TARGET))


@pytest.fixture
def office(dovecot: DovecotServer, mailbox_user: str, database: Database, store: FileStore) -> Office:
    account = account_on(dovecot, mailbox_user)
    return Office(account, database, store, lambda raw: dovecot.deliver(mailbox_user, raw))


@pytest.fixture(params=["dovecot", "pymap"])
def any_office(request: pytest.FixtureRequest, mailbox_user: str, database: Database, store: FileStore) -> Office:
    if request.param == "dovecot":
        office: Office = request.getfixturevalue("office")
        return office
    server: PymapServer = request.getfixturevalue("pymap")
    account = server.new_user()
    return Office(account, database, store, lambda raw: server.deliver(account.username, raw))


def line_account(office: Office, line: MeddlingLine) -> MailboxAccount:
    return replace(office.account, host=line.host, port=line.port, security="plain", read_timeout=0.5)


def cut() -> None:
    raise OSError("the line is cut")


# --- what is asked for happens -------------------------------------------------------------------------------------


@on_sqlite
def test_by_default_the_mailbox_stays_untouched(office: Office) -> None:
    office.receive(mail())
    assert office.plan() == 0
    assert office.work() == Changes()
    assert [flags for _, flags in office.folder("INBOX") if set(flags) - {b"\\Recent"}] == []


def test_a_letter_is_flagged_on_the_server(any_office: Office) -> None:
    any_office.receive(mail(), mail())
    assert any_office.flag() == Changes(done=2)
    marked = [flags for _, flags in any_office.folder("INBOX")]
    assert all({b"$Cabinet", b"\\Flagged"}.intersection(flags) for flags in marked), marked
    assert not any(b"\\Seen" in flags for flags in marked)
    assert any_office.flag() == Changes(), "nothing more is due, and no connection is made"


def test_a_letter_is_moved_on_the_server(any_office: Office) -> None:
    any_office.make_target()
    raws = [mail().replace(b"\n", b"\r\n") for _ in range(3)]
    any_office.receive(*raws)
    before = sorted(raw for raw, _ in any_office.folder("INBOX"))
    assert any_office.move() == Changes(done=3)
    assert any_office.folder("INBOX") == []
    assert sorted(raw for raw, _ in any_office.folder(TARGET)) == before


@on_sqlite
def test_mails_without_a_usable_message_id_are_known_again_by_their_bytes(office: Office) -> None:
    office.make_target()
    bare = b"From: Ion Pop <ion@example.ro>\r\nSubject: fara\r\n\r\nBuna ziua %d\r\n"
    odd = b"Message-ID: <a b(c)%%*@example.ro>\r\n" + bare
    office.receive(bare % 1, bare % 2, odd % 3)
    assert office.move() == Changes(done=3)
    assert len(office.folder(TARGET)) == 3


@on_sqlite
def test_many_letters_are_moved_in_portions(office: Office) -> None:
    office.make_target()
    office.receive(*[mail() for _ in range(230)])
    assert office.move() == Changes(done=230)
    assert len(office.folder(TARGET)) == 230


@on_sqlite
def test_a_move_leaves_the_ledger_in_balance(office: Office) -> None:
    office.make_target()
    office.receive(mail(), mail())
    office.move()
    office.receive(mail())
    with office.database.read() as session:
        state = session.get_one(MailboxState, ("primaria", "INBOX"))
        letters = session.exec(select(Letter)).all()
        outcomes = session.exec(select(LedgerEntry.outcome)).all()
    assert (state.on_server, len(letters)) == (1, 3)
    assert set(outcomes) == {Outcome.STORED}


@on_sqlite
def test_a_copy_of_a_letter_that_comes_again_is_moved_too_and_stays_one_letter(office: Office) -> None:
    office.make_target()
    raw = mail().replace(b"\n", b"\r\n")
    office.receive(raw, raw)
    assert office.move() == Changes(done=2)
    office.receive(raw)
    assert office.move() == Changes(done=1)
    with office.database.read() as session:
        assert len(session.exec(select(Letter)).all()) == 1
    assert len(office.folder(TARGET)) == 3


# --- only what is a letter -----------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.FAILED, Outcome.TOO_BIG, Outcome.VANISHED])
def test_what_is_not_a_letter_is_never_touched(office: Office, outcome: Outcome) -> None:
    office.make_target()
    office.receive(mail())
    office.drop_in(mail())
    with Mailbox(office.account) as mailbox:
        newest = mailbox.uids()[-1]
        seen = Seen(Source.MAILBOX, f"primaria/INBOX/{mailbox.uidvalidity}", str(newest), clock.now())
    with office.database.write() as session:
        note(session, seen, outcome, at=clock.now())
    assert office.move() == Changes(done=1)
    assert len(office.folder("INBOX")) == 1


@on_sqlite
def test_after_a_change_of_uidvalidity_old_numbers_touch_nothing(
    office: Office, dovecot: DovecotServer, mailbox_user: str
) -> None:
    office.make_target()
    office.receive(mail(), mail())
    office.plan(after_registration="move", move_to=TARGET)
    dovecot.renew_uidvalidity(mailbox_user)
    assert office.work() == Changes(gone=2)
    assert len(office.folder("INBOX")) == 2
    office.receive()
    assert office.move() == Changes(done=2), "under their new numbers they are duplicates of letters, and moved"


@on_sqlite
def test_a_message_that_staff_removed_or_filed_themselves_is_left_to_them(office: Office) -> None:
    office.make_target()
    office.receive(mail(), mail(), mail())
    client = office.client()
    client.select_folder("INBOX")
    deleted, filed, _ = client.search("ALL")
    client.add_flags([deleted], [b"\\Deleted"])
    client.uid_expunge([deleted])
    client.move([filed], TARGET)
    drop(client)
    assert office.move() == Changes(done=2, gone=1)
    assert [action.state for action in office.actions()] == [ActionState.GONE, ActionState.DONE, ActionState.DONE]


@on_sqlite
def test_a_message_gone_before_it_could_be_flagged_is_noted_as_gone(office: Office) -> None:
    office.receive(mail(), mail())
    client = office.client()
    client.select_folder("INBOX")
    first = client.search("ALL")[0]
    client.add_flags([first], [b"\\Deleted"])
    client.uid_expunge([first])
    drop(client)
    assert office.flag() == Changes(done=1, gone=1)


# --- servers that cannot or will not -------------------------------------------------------------------------------


@on_sqlite
def test_a_missing_folder_is_tried_again_with_longer_pauses_and_then_given_up_with_a_sentence(office: Office) -> None:
    office.receive(mail())
    pauses: list[timedelta] = []
    for _ in range(TRIES):
        before = clock.now()
        assert office.move() == Changes(waiting=1)
        assert office.work() == Changes(), "not before its time"
        pauses.append(office.actions()[0].next_try_at - before)
        office.hurry()
    assert [round(pause / timedelta(minutes=1)) for pause in pauses] == [1, 2, 4, 8, 16, 32, 64, 128]
    assert office.work() == Changes(given_up=1)
    with office.database.read() as session:
        ((account, problem, count),) = given_up(session)
    assert (account, problem, count) == ("primaria", MoveTargetMissing.code, 1)
    assert "move_to" in error_for(problem).sentence()
    office.make_target()
    with office.database.write() as session:
        assert try_again(session, "primaria", clock.now()) == 1
    assert office.work() == Changes(done=1)


def test_a_pause_never_grows_beyond_six_hours() -> None:
    assert pause_after(1) == timedelta(minutes=1)
    assert pause_after(50) == timedelta(hours=6)


@on_sqlite
def test_what_waits_follows_a_change_of_the_settings(office: Office) -> None:
    office.make_target()
    office.receive(mail())
    office.plan(after_registration="move", move_to="Altundeva")
    assert office.work() == Changes(waiting=1)
    assert office.move() == Changes(done=1)
    office.receive(mail())
    office.plan(after_registration="move", move_to="Altundeva")
    assert office.flag() == Changes(done=1)


@pytest.fixture
def tuned_office(
    request: pytest.FixtureRequest,
    tuned_dovecot: Callable[[str], TunedDovecot],
    mailbox_user: str,
    database: Database,
    store: FileStore,
) -> Office:
    server = tuned_dovecot(request.param)
    account = account_on(server, mailbox_user)
    return Office(account, database, store, lambda raw: server.deliver(mailbox_user, raw))


@on_sqlite
@pytest.mark.parametrize("tuned_office", [WITHOUT_MOVE], indirect=True)
def test_without_move_a_message_is_copied_and_only_then_removed(tuned_office: Office) -> None:
    tuned_office.make_target()
    tuned_office.receive(mail(), mail())
    client = tuned_office.client()
    client.select_folder("INBOX")
    tuned_office.drop_in(mail())
    client.noop()
    others = client.search("ALL")[-1]
    client.add_flags([others], [b"\\Deleted"])
    drop(client)
    assert tuned_office.move() == Changes(done=2)
    assert len(tuned_office.folder("INBOX")) == 1, "what staff have marked as deleted is not ours to remove"
    assert len(tuned_office.folder(TARGET)) == 2


@on_sqlite
@pytest.mark.parametrize("tuned_office", [WITHOUT_MOVE], indirect=True)
@pytest.mark.parametrize("point", [b"STATUS", b"UID COPY", b"UID STORE", b"UID EXPUNGE"])
def test_a_cut_while_copying_loses_nothing(tuned_office: Office, point: bytes, tuned_dovecot: Any) -> None:
    tuned_office.make_target()
    tuned_office.receive(mail(), mail())
    tuned_office.plan(after_registration="move", move_to=TARGET)
    with MeddlingLine(tuned_dovecot(WITHOUT_MOVE).imap_port) as line:
        line.before[point] = cut
        with pytest.raises(MailboxConnectionLost):
            tuned_office.work(line_account(tuned_office, line))
    assert tuned_office.everywhere() >= 2
    tuned_office.hurry()
    assert tuned_office.work() == Changes(done=2)
    assert tuned_office.folder("INBOX") == []
    filed = tuned_office.folder(TARGET)
    assert len({raw for raw, _ in filed}) == 2
    assert not any(b"\\Deleted" in flags for _, flags in filed)


@on_sqlite
@pytest.mark.parametrize("tuned_office", [WITHOUT_BOTH], indirect=True)
def test_without_move_and_uidplus_nothing_is_risked(tuned_office: Office) -> None:
    tuned_office.make_target()
    tuned_office.receive(mail())
    assert tuned_office.move() == Changes(given_up=1)
    assert len(tuned_office.folder("INBOX")) == 1
    assert tuned_office.folder(TARGET) == []
    assert tuned_office.actions()[0].problem == ChangeUnsupported.code
    assert tuned_office.flag() == Changes(done=1), "flagging needs neither"


# --- cuts between command and confirmation -------------------------------------------------------------------------


@pytest.mark.parametrize("command", [b"UID MOVE", b"NOOP", b"EXAMINE", b"UID SEARCH"])
def test_a_cut_before_or_after_the_command_moves_each_message_once(
    office: Office, dovecot: DovecotServer, command: bytes
) -> None:
    office.make_target()
    office.receive(mail(), mail())
    office.plan(after_registration="move", move_to=TARGET)
    with MeddlingLine(dovecot.imap_port) as line:
        line.before[b"UID MOVE"] = cut if command == b"UID MOVE" else lambda: line.before.update({command: cut})
        with pytest.raises(MailboxConnectionLost):
            office.work(line_account(office, line))
    assert [action.state for action in office.actions()] == [ActionState.WAITING] * 2
    assert office.everywhere() == 2
    assert office.work() == Changes(), "a try was counted before its command was sent"
    office.hurry()
    assert office.work() == Changes(done=2)
    assert (office.folder("INBOX"), len(office.folder(TARGET))) == ([], 2)


@on_sqlite
@pytest.mark.parametrize("command", [b"UID STORE", b"NOOP", b"KEYWORD"])
def test_a_cut_before_or_after_the_command_flags_each_message(
    office: Office, dovecot: DovecotServer, command: bytes
) -> None:
    office.receive(mail(), mail())
    office.plan(after_registration="flag")
    with MeddlingLine(dovecot.imap_port) as line:
        line.before[b"UID STORE"] = cut if command == b"UID STORE" else lambda: line.before.update({command: cut})
        with pytest.raises(MailboxConnectionLost):
            office.work(line_account(office, line))
    office.hurry()
    assert office.work() == Changes(done=2)


@on_sqlite
def test_an_answer_that_never_comes_is_no_confirmation(office: Office, dovecot: DovecotServer) -> None:
    office.make_target()
    office.receive(mail())
    office.plan(after_registration="move", move_to=TARGET)
    with MeddlingLine(dovecot.imap_port) as line:
        line.before[b"UID MOVE"] = lambda: setattr(line, "keeps_back", lambda answer: True)
        with pytest.raises(MailboxConnectionLost):
            office.work(line_account(office, line))
    assert office.actions()[0].state == ActionState.WAITING
    office.hurry()
    assert office.work() == Changes(done=1)


@on_sqlite
def test_a_server_that_dies_at_a_message_each_time_is_given_up_and_the_others_are_moved(
    office: Office, dovecot: DovecotServer
) -> None:
    office.make_target()
    office.receive(mail(), mail(), mail())
    office.plan(after_registration="move", move_to=TARGET)
    poison = office.actions()[1].uid
    for _ in range(TRIES + 1):
        with MeddlingLine(dovecot.imap_port) as line:
            for command in (b"UID MOVE %d " % poison, b"UID MOVE 1,2,3 "):
                line.before[command] = cut
            for _ in range(3):
                try:
                    office.work(line_account(office, line))
                    break
                except MailboxConnectionLost:
                    continue
        office.hurry()
    states = {action.uid: action.state for action in office.actions()}
    assert states == {uid: ActionState.GIVEN_UP if uid == poison else ActionState.DONE for uid in (1, 2, 3)}
    assert len(office.folder("INBOX")) == 1


@on_sqlite
def test_a_yes_without_a_deed_is_not_believed(office: Office, dovecot: DovecotServer) -> None:
    office.receive(mail())
    office.plan(after_registration="flag")

    def undo() -> None:
        client = office.client()
        client.select_folder("INBOX")
        client.remove_flags([1], [b"$Cabinet"])
        drop(client)

    with MeddlingLine(dovecot.imap_port) as line:
        line.before[b"UID STORE"] = lambda: line.before.update({b"NOOP": undo})
        assert office.work(line_account(office, line)) == Changes(waiting=1)
    assert office.actions()[0].problem == ChangeNotSeen.code


@on_sqlite
@pytest.mark.parametrize("tuned_office", [WITH_RIGHTS], indirect=True)
@pytest.mark.parametrize("rights", ["lr", "lrs"])
@pytest.mark.parametrize("action", ["flag", "move"])
def test_a_folder_that_may_only_be_read_is_left_and_said(
    tuned_office: Office, tuned_dovecot: Any, rights: str, action: str
) -> None:
    tuned_office.make_target()
    tuned_office.receive(mail())
    inbox = tuned_dovecot(WITH_RIGHTS).folder / "mail" / tuned_office.account.username / "Maildir"
    (inbox / "dovecot-acl").write_text(f"owner {rights}\n")
    assert (tuned_office.move if action == "move" else tuned_office.flag)() == Changes(waiting=1)
    (left,) = tuned_office.actions()
    assert (left.problem, left.attempts) == (ChangeRefused.code, 1)
    assert len(tuned_office.folder("INBOX")) == 1
    assert tuned_office.folder(TARGET) == []


# --- two workers ---------------------------------------------------------------------------------------------------


def test_two_workers_do_each_change_once(office: Office, dovecot: DovecotServer) -> None:
    office.make_target()
    office.receive(mail(), mail())
    office.plan(after_registration="move", move_to=TARGET)
    other: list[Changes] = []
    with MeddlingLine(dovecot.imap_port) as line:
        line.before[b"UID MOVE"] = lambda: other.append(office.work())
        assert office.work(line_account(office, line)) == Changes(done=2)
        moves = [command for command in line.commands if b"UID MOVE" in command]
    assert other == [Changes()], "counted by the first, so not due for the second"
    assert len(moves) == 1
    assert len(office.folder(TARGET)) == 2


def test_of_two_workers_that_chose_the_same_change_one_makes_it(office: Office, dovecot: DovecotServer) -> None:
    office.make_target()
    office.receive(mail())
    office.plan(after_registration="move", move_to=TARGET)
    with MeddlingLine(dovecot.imap_port) as line:
        line.before[b"UID SEARCH"] = lambda: office.work()
        assert office.work(line_account(office, line)) == Changes(done=1)
        assert not [command for command in line.commands if b"UID MOVE" in command]
    assert len(office.folder(TARGET)) == 1
