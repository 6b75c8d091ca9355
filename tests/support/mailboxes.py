"""Mailboxes on the tests' Dovecot: how we reach one, and how other people work in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from imapclient import IMAPClient

from ingest.connection import MailboxAccount
from tests.support.dovecot import DovecotServer


def account_on(server: DovecotServer, user: str) -> MailboxAccount:
    """How Cabinet reaches this user's mailbox."""
    return MailboxAccount(
        name="primaria",
        host=server.host,
        port=server.imaps_port,
        security="tls",
        username=user,
        password=server.password,
        ca_file=server.ca_file,
        connect_timeout=5,
        read_timeout=5,
    )


@contextmanager
def other_program(dovecot: DovecotServer, user: str) -> Iterator[IMAPClient]:
    """Staff working in the same mailbox with another mail program."""
    client = IMAPClient(dovecot.host, dovecot.imap_port, ssl=False, timeout=5)
    try:
        client.plain_login(user, dovecot.password)
        client.select_folder("INBOX")
        yield client
    finally:
        client.shutdown()
