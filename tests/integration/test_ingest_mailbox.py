import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from config import clock
from ingest.connection import MailboxAccount
from ingest.errors import (
    MailboxCertificateNotTrusted,
    MailboxConnectionLost,
    MailboxError,
    MailboxFolderMissing,
    MailboxLoginRefused,
    MailboxNotEncrypted,
    MailboxUnreachable,
)
from ingest.mailbox import PIECE, Mailbox
from tests.support.certificates import make_certificates
from tests.support.dovecot import DovecotServer
from tests.support.mailboxes import account_on, other_program
from tests.support.mails import mail


@pytest.fixture
def account(dovecot: DovecotServer, mailbox_user: str) -> MailboxAccount:
    return account_on(dovecot, mailbox_user)


@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
def test_messages_come_byte_for_byte_over_every_kind_of_connection(
    dovecot: DovecotServer, account: MailboxAccount, security: str
) -> None:
    raws = [mail().replace(b"\n", b"\r\n") for _ in range(3)]
    for raw in raws:
        dovecot.deliver(account.username, raw)
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    with Mailbox(replace(account, security=security, port=port)) as mailbox:  # type: ignore[arg-type]
        uids = mailbox.uids()
        assert sorted(raw for _, raw in mailbox.fetch(uids)) == sorted(raws)


def test_size_and_time_of_arrival_are_told(dovecot: DovecotServer, account: MailboxAccount) -> None:
    raw = mail().replace(b"\n", b"\r\n")
    dovecot.deliver(account.username, raw)
    with Mailbox(account) as mailbox:
        (info,) = mailbox.sizes(mailbox.uids()).values()
    assert info.size == len(raw)
    assert info.internal_date.tzinfo is UTC
    assert abs(clock.now() - info.internal_date) < timedelta(minutes=5)


def test_an_empty_mailbox_has_no_messages(account: MailboxAccount) -> None:
    with Mailbox(account) as mailbox:
        assert mailbox.uids() == []
        assert mailbox.sizes([]) == {}
        assert list(mailbox.fetch([])) == []


def test_reading_leaves_the_mailbox_as_it_was(dovecot: DovecotServer, account: MailboxAccount, tmp_path: Path) -> None:
    dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        uids = mailbox.uids()
        sizes = mailbox.sizes(uids)
        list(mailbox.fetch(uids))
        mailbox.fetch_to_file(uids[0], sizes[uids[0]].size, tmp_path / "m")
    with other_program(dovecot, account.username) as client:
        assert [flags for flags in client.get_flags(uids).values() if b"\\Seen" in flags] == []


def test_staff_having_read_a_message_hides_nothing(dovecot: DovecotServer, account: MailboxAccount) -> None:
    dovecot.deliver(account.username, mail(), seen=True)
    with Mailbox(account) as mailbox:
        assert len(mailbox.uids()) == 1


def test_many_messages_come_in_batches(dovecot: DovecotServer, account: MailboxAccount) -> None:
    for _ in range(120):
        dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        uids = mailbox.uids()
        assert [uid for uid, _ in mailbox.fetch(uids)] == uids
        assert len(uids) == 120


def test_a_big_message_goes_to_a_file_in_pieces(
    dovecot: DovecotServer, account: MailboxAccount, tmp_path: Path
) -> None:
    line = b"0123456789" * 7 + b"\r\n"
    raw = mail().replace(b"\n", b"\r\n") + line * (9 * PIECE // len(line))
    dovecot.deliver(account.username, raw)
    with Mailbox(account) as mailbox:
        (info,) = mailbox.sizes(mailbox.uids()).values()
        assert mailbox.fetch_to_file(info.uid, info.size, tmp_path / "m") == len(raw)
        assert list(mailbox.fetch([info.uid])) == [(info.uid, raw)]
    assert (tmp_path / "m").read_bytes() == raw
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o600


def test_a_message_that_vanished_is_missing_from_the_answer(
    dovecot: DovecotServer, account: MailboxAccount, tmp_path: Path
) -> None:
    for _ in range(3):
        dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        first, gone, last = mailbox.uids()
        with other_program(dovecot, account.username) as client:
            client.delete_messages([gone])
            client.expunge([gone])
        assert mailbox.uids() == [first, last]
        assert [uid for uid, _ in mailbox.fetch([first, gone, last])] == [first, last]
        assert set(mailbox.sizes([first, gone, last])) == {first, last}
        assert mailbox.fetch_to_file(gone, 100, tmp_path / "m") is None
        assert mailbox.fetch_to_file(gone, 9 * PIECE, tmp_path / "m") is None
    assert not (tmp_path / "m").exists()


def test_a_lost_index_shows_as_a_new_uidvalidity(dovecot: DovecotServer, account: MailboxAccount) -> None:
    dovecot.deliver(account.username, mail())
    with Mailbox(account) as before:
        uids = before.uids()
    dovecot.renew_uidvalidity(account.username)
    with Mailbox(account) as after:
        assert after.uids() == uids
        assert after.uidvalidity != before.uidvalidity


def test_a_password_with_diacritics_is_sent_and_a_wrong_one_is_named(account: MailboxAccount) -> None:
    assert not account.password.isascii()
    assert account.password not in repr(account)
    with pytest.raises(MailboxLoginRefused):
        Mailbox(replace(account, password="greșită"))


def test_a_certificate_of_an_unknown_issuer_is_not_trusted(account: MailboxAccount, tmp_path: Path) -> None:
    stranger, _, _ = make_certificates(tmp_path)
    for ca_file in (None, stranger):
        with pytest.raises(MailboxCertificateNotTrusted):
            Mailbox(replace(account, ca_file=ca_file))


def test_a_certificate_for_another_name_is_not_trusted(dovecot: DovecotServer, account: MailboxAccount) -> None:
    with pytest.raises(MailboxCertificateNotTrusted):
        Mailbox(replace(account, host="127.0.0.2", port=_forwarded(dovecot.imaps_port)))


def test_starttls_checks_the_certificate_too(dovecot: DovecotServer, account: MailboxAccount) -> None:
    with pytest.raises(MailboxCertificateNotTrusted):
        Mailbox(replace(account, security="starttls", port=dovecot.imap_port, ca_file=None))


def test_a_missing_certificate_file_and_a_wrong_port_are_told(
    dovecot: DovecotServer, account: MailboxAccount, tmp_path: Path
) -> None:
    for wrong in (
        replace(account, port=_closed_port()),
        replace(account, port=dovecot.imap_port),
        replace(account, host="niciun-server.invalid"),
    ):
        with pytest.raises(MailboxUnreachable):
            Mailbox(wrong)
    with pytest.raises(MailboxCertificateNotTrusted):
        Mailbox(replace(account, ca_file=tmp_path / "lipseste.pem"))


def test_passwords_do_not_leave_the_machine_unencrypted(account: MailboxAccount) -> None:
    for host in ("mail.example.ro", "192.0.2.1"):
        with pytest.raises(MailboxNotEncrypted):
            Mailbox(replace(account, host=host, security="plain"))


def test_a_folder_that_does_not_exist_is_named(account: MailboxAccount) -> None:
    with pytest.raises(MailboxFolderMissing):
        Mailbox(replace(account, folder="Petiții"))


def test_a_server_that_falls_silent_is_noticed(account: MailboxAccount) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(MailboxUnreachable):
            Mailbox(replace(account, security="plain", port=port, connect_timeout=0.3))


@pytest.mark.parametrize("budget", [100, 600, 700, 900, 2_000, 20_000])
def test_a_line_cut_anywhere_gives_one_typed_error(
    dovecot: DovecotServer, account: MailboxAccount, budget: int, tmp_path: Path
) -> None:
    for _ in range(20):
        dovecot.deliver(account.username, mail() + b"x" * 5_000)
    port = _forwarded(dovecot.imap_port, budget)

    def read_all() -> None:
        with Mailbox(replace(account, security="plain", port=port)) as mailbox:
            list(mailbox.fetch(mailbox.uids()))

    with pytest.raises((MailboxConnectionLost, MailboxUnreachable)):
        read_all()


def test_after_a_failure_the_connection_is_of_no_more_use(
    mailbox_user: str, account: MailboxAccount, tmp_path: Path
) -> None:
    server = DovecotServer()
    try:
        server.start()
        server.deliver(mailbox_user, mail())
        with Mailbox(replace(account, port=server.imaps_port, ca_file=server.ca_file)) as mailbox:
            uids = mailbox.uids()
            server.kill()
            for ask in (mailbox.uids, lambda: list(mailbox.fetch(uids)), mailbox.uids):
                with pytest.raises(MailboxConnectionLost):
                    ask()
        server.start()
        with Mailbox(replace(account, port=server.imaps_port, ca_file=server.ca_file)) as mailbox:
            assert mailbox.uids() == uids
    finally:
        server.remove()


@pytest.mark.parametrize("kind", MailboxError.__subclasses__())
def test_every_failure_says_what_to_do_in_romanian(kind: Callable[[str], MailboxError]) -> None:
    sentence = kind("detail").sentence()
    assert any(letter in sentence for letter in "ășțâî")


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _forwarded(target: int, budget: int = 10_000_000) -> int:
    """A port on all of loopback that passes one connection on and cuts it after `budget` bytes to the client."""
    listener = socket.create_server(("", 0))

    def carry(source: socket.socket, sink: socket.socket, left: int) -> None:
        try:
            while left > 0 and (data := source.recv(min(left, 65_536))):
                sink.sendall(data)
                left -= len(data)
        except OSError:
            pass
        finally:
            for one in (source, sink):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with listener:
            client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", target))
        with client, server:
            up = threading.Thread(target=carry, args=(client, server, 10_000_000), daemon=True)
            up.start()
            carry(server, client, budget)
            up.join()

    threading.Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])
