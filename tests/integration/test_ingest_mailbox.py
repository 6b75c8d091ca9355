import socket
import ssl
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
from ingest.mailbox import HEAD_BYTES, UIDS_PER_COMMAND, Mailbox
from tests.support.certificates import make_certificates
from tests.support.dovecot import DovecotServer
from tests.support.fault_line import FaultLine
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
        assert sorted(mailbox.fetch(uids).values()) == sorted(raws)


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
        assert mailbox.fetch([]) == {}


def test_reading_leaves_the_mailbox_as_it_was(dovecot: DovecotServer, account: MailboxAccount) -> None:
    dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        uids = mailbox.uids()
        mailbox.sizes(uids)
        mailbox.fetch(uids)
        mailbox.head(uids[0])
        mailbox.piece(uids[0], 0, 100)
        mailbox.examine()
    with other_program(dovecot, account.username) as client:
        assert [flags for flags in client.get_flags(uids).values() if b"\\Seen" in flags] == []


def test_staff_having_read_a_message_hides_nothing(dovecot: DovecotServer, account: MailboxAccount) -> None:
    dovecot.deliver(account.username, mail(), seen=True)
    with Mailbox(account) as mailbox:
        assert len(mailbox.uids()) == 1


def test_sizes_of_many_messages_are_told(dovecot: DovecotServer, account: MailboxAccount) -> None:
    for _ in range(UIDS_PER_COMMAND + 20):
        dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        uids = mailbox.uids()
        assert sorted(mailbox.sizes(uids)) == uids
        assert len(uids) == UIDS_PER_COMMAND + 20


def test_a_message_comes_in_pieces_too(dovecot: DovecotServer, account: MailboxAccount) -> None:
    raw = mail().replace(b"\n", b"\r\n") + b"0123456789" * 1_000 + b"\r\n"
    dovecot.deliver(account.username, raw)
    with Mailbox(account) as mailbox:
        (uid,) = mailbox.uids()
        assert mailbox.piece(uid, 0, 4_000) == raw[:4_000]
        assert mailbox.piece(uid, 4_000, len(raw)) == raw[4_000:]
        assert mailbox.piece(uid, len(raw), 4_000) == b""


def test_the_head_of_a_message_is_read_without_the_rest_and_not_without_end(
    dovecot: DovecotServer, account: MailboxAccount
) -> None:
    raw = mail().replace(b"\n", b"\r\n")
    dovecot.deliver(account.username, raw)
    dovecot.deliver(account.username, mail(None, *[("X-Umplutura", "z" * 900)] * 100))
    with Mailbox(account) as mailbox:
        usual, long = mailbox.uids()
        assert mailbox.head(usual) == raw[: raw.index(b"\r\n\r\n") + 4]
        assert len(mailbox.head(long)) == HEAD_BYTES


def test_a_message_that_vanished_is_missing_from_the_answer(dovecot: DovecotServer, account: MailboxAccount) -> None:
    for _ in range(3):
        dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        first, gone, last = mailbox.uids()
        with other_program(dovecot, account.username) as client:
            client.delete_messages([gone])
            client.expunge([gone])
        assert mailbox.uids() == [first, last]
        assert list(mailbox.fetch([first, gone, last])) == [first, last]
        assert set(mailbox.sizes([first, gone, last])) == {first, last}
        assert mailbox.piece(gone, 0, 100) is None
        assert mailbox.head(gone) == b""


def test_a_lost_index_shows_as_a_new_uidvalidity(dovecot: DovecotServer, account: MailboxAccount) -> None:
    dovecot.deliver(account.username, mail())
    with Mailbox(account) as before:
        uids = before.uids()
    dovecot.renew_uidvalidity(account.username)
    with Mailbox(account) as after:
        assert after.uids() == uids
        assert after.uidvalidity != before.uidvalidity


def test_a_connection_that_is_kept_learns_of_a_new_uidvalidity_when_the_folder_is_opened_anew(
    dovecot: DovecotServer, account: MailboxAccount
) -> None:
    dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        before, uids = mailbox.uidvalidity, mailbox.uids()
        mailbox.examine()
        assert (mailbox.uidvalidity, mailbox.uids()) == (before, uids)
        dovecot.deliver(account.username, mail())
        dovecot.renew_uidvalidity(account.username)
        with suppress(MailboxError):  # Dovecot refuses when it finds its index gone
            mailbox.examine()
            assert mailbox.uidvalidity != before
            assert len(mailbox.uids()) == 2


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


@pytest.mark.parametrize("kind", ["expired", "signed by itself"])
def test_a_certificate_that_is_expired_or_signed_by_itself_is_not_trusted(
    account: MailboxAccount, tmp_path: Path, kind: str
) -> None:
    authority, certificate, key = make_certificates(tmp_path, days=0 if kind == "expired" else 1)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    trusted = authority if kind == "expired" else None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_shake_hands, args=(listener, context), daemon=True).start()
        port = int(listener.getsockname()[1])
        with pytest.raises(MailboxCertificateNotTrusted) as refused:
            Mailbox(replace(account, port=port, ca_file=trusted))
    assert account.password not in str(refused.value)


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    client, _ = listener.accept()
    with suppress(OSError), client:
        context.wrap_socket(client, server_side=True).close()


def test_a_server_that_freezes_in_the_middle_is_noticed_when_the_time_to_read_is_over(
    dovecot: DovecotServer, account: MailboxAccount
) -> None:
    dovecot.deliver(account.username, mail())
    with FaultLine(dovecot.imap_port) as line:
        frozen = replace(account, security="plain", host=line.host, port=line.port, read_timeout=0.5)
        mailbox = Mailbox(frozen)
        (uid,) = mailbox.uids()
        line.fall_silent()
        with pytest.raises(MailboxConnectionLost):
            mailbox.fetch([uid])
        with pytest.raises(MailboxConnectionLost):
            mailbox.uids()


# --- waiting for news ------------------------------------------------------------------------------------------


def never() -> bool:
    return False


@pytest.mark.parametrize("security", ["tls", "plain"])
def test_a_new_message_is_told_while_we_wait(dovecot: DovecotServer, account: MailboxAccount, security: str) -> None:
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    with Mailbox(replace(account, security=security, port=port)) as mailbox:  # type: ignore[arg-type]
        assert mailbox.tells_news
        for count in (1, 2):
            assert mailbox.uids() == list(range(1, count))
            threading.Timer(0.3, dovecot.deliver, (account.username, mail())).start()
            assert mailbox.wait_for_news(60, never)
            mailbox.examine()
            assert mailbox.uids() == list(range(1, count + 1))


def test_a_message_that_came_before_we_waited_is_told_at_once(dovecot: DovecotServer, account: MailboxAccount) -> None:
    with Mailbox(account) as mailbox:
        mailbox.uids()
        dovecot.deliver(account.username, mail())
        assert mailbox.wait_for_news(20, never)


def test_when_nothing_happens_waiting_ends_and_the_connection_still_works(
    dovecot: DovecotServer, account: MailboxAccount
) -> None:
    dovecot.deliver(account.username, mail())
    with Mailbox(account) as mailbox:
        (uid,) = mailbox.uids()
        with other_program(dovecot, account.username) as client:
            threading.Timer(0.2, client.add_flags, ([uid], [b"\\Seen"])).start()
            assert not mailbox.wait_for_news(1.5, never)  # what staff do to old mail is no news
        assert mailbox.uids() == [uid]


def test_waiting_ends_when_the_worker_ends(account: MailboxAccount) -> None:
    stop = threading.Event()
    with Mailbox(account) as mailbox:
        threading.Timer(0.2, stop.set).start()
        assert not mailbox.wait_for_news(600, stop.is_set)


def test_a_line_that_dies_while_we_wait_is_noticed(dovecot: DovecotServer, account: MailboxAccount) -> None:
    with FaultLine(dovecot.imap_port) as line:
        mailbox = Mailbox(replace(account, security="plain", host=line.host, port=line.port))
        threading.Timer(0.3, line.cut_now).start()
        with pytest.raises(MailboxConnectionLost):
            mailbox.wait_for_news(600, never)


def test_a_server_that_falls_silent_is_noticed(account: MailboxAccount) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(MailboxUnreachable):
            Mailbox(replace(account, security="plain", port=port, connect_timeout=0.3))


@pytest.mark.parametrize("budget", [100, 600, 700, 900, 2_000, 20_000])
def test_a_line_cut_anywhere_gives_one_typed_error(
    dovecot: DovecotServer, account: MailboxAccount, budget: int
) -> None:
    for _ in range(20):
        dovecot.deliver(account.username, mail() + b"x" * 5_000)
    port = _forwarded(dovecot.imap_port, budget)

    def read_all() -> None:
        with Mailbox(replace(account, security="plain", port=port)) as mailbox:
            mailbox.fetch(mailbox.uids())

    with pytest.raises((MailboxConnectionLost, MailboxUnreachable)):
        read_all()


def test_after_a_failure_the_connection_is_of_no_more_use(mailbox_user: str, account: MailboxAccount) -> None:
    server = DovecotServer()
    try:
        server.start()
        server.deliver(mailbox_user, mail())
        with Mailbox(replace(account, port=server.imaps_port, ca_file=server.ca_file)) as mailbox:
            uids = mailbox.uids()
            server.kill()
            for ask in (mailbox.uids, lambda: mailbox.fetch(uids), mailbox.uids, mailbox.examine):
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
