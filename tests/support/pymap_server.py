"""A second IMAP server, pymap (pure Python), on loopback, with STARTTLS: it differs from Dovecot usefully.

It gives mails back as Python's mail package writes them (not byte for byte), knows no QRESYNC and answers in another
order. Users and maildirs lie in one folder; every user name of `users` has the same password.
"""

import mailbox
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from imapclient import IMAPClient
from pysasl.hashing import BuiltinHash

from ingest.connection import MailboxAccount
from tests.support.certificates import make_certificates
from tests.support.ports import free_port
from tests.support.waiting import wait_until


class PymapServer:
    """`start`, `kill`, `remove`; `new_user`, `deliver`, `lose_index`."""

    host = "localhost"
    password = "parola-a-doua"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cabinet-pymap-"))
        self.port = free_port()
        self.ca_file, self._certificate, self._key = make_certificates(self.folder)
        self.mail = self.folder / "mail"
        self.mail.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self._hash = BuiltinHash().hash(self.password)
        for name in ("passwd", "shadow"):
            (self.mail / f"pymap-etc-{name}").touch()

    def start(self) -> None:
        """Start the server and wait until it greets."""
        with (self.folder / "pymap.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(Path(sys.executable).parent / "pymap"),
                    *("--host", "127.0.0.1", "--port", str(self.port)),
                    *("--cert", str(self._certificate), "--key", str(self._key)),
                    *("maildir", str(self.mail)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self._greets, seconds=20, what="pymap's greeting")

    def kill(self) -> None:
        """End the server at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Kill the server and delete everything it had."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_user(self) -> MailboxAccount:
        """A new user with an empty inbox, and how Cabinet reaches it."""
        name = f"birou{next(self._names)}"
        with (self.mail / "pymap-etc-passwd").open("a") as users:
            users.write(f"{name}:x::::{name}:\n")
        with (self.mail / "pymap-etc-shadow").open("a") as passwords:
            passwords.write(f"{name}:{self._hash}:::::::\n")
        mailbox.Maildir(self.mail / name, create=True)
        return MailboxAccount(
            name="primaria",
            host=self.host,
            port=self.port,
            security="starttls",
            username=name,
            password=self.password,
            ca_file=self.ca_file,
            connect_timeout=10,
            read_timeout=10,
        )

    def deliver(self, user: str, raw: bytes) -> Path:
        """Drop a mail into the user's inbox; its file."""
        inbox = mailbox.Maildir(self.mail / user)
        key = inbox.add(raw)
        return self.mail / user / "new" / key

    def lose_index(self, user: str) -> None:
        """Lose the list of UIDs: the folder gets another UIDVALIDITY."""
        (self.mail / user / "dovecot-uidlist").unlink(missing_ok=True)

    def _greets(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "pymap.log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                return line.recv(4) == b"* OK"
        except OSError:
            return False


@contextmanager
def staff_at(account: MailboxAccount) -> Iterator[IMAPClient]:
    """Staff working in the same mailbox with another mail program."""
    client = IMAPClient(account.host, account.port, ssl=False, timeout=10)
    try:
        client.starttls(ssl.create_default_context(cafile=str(account.ca_file)))
        client.plain_login(account.username, account.password)
        client.select_folder("INBOX")
        yield client
    finally:
        client.shutdown()
