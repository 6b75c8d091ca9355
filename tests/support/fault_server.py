"""A Dovecot that can also freeze, lose its index under living sessions, and have staff working in its mailboxes."""

import os
import signal
import socket
import time
from contextlib import suppress
from imaplib import IMAP4

from imapclient import IMAPClient

from tests.support.dovecot import DovecotServer
from tests.support.waiting import wait_until

CASE_FOLDER = "Rezolvate"
_STARTS = 5


class FaultyDovecot(DovecotServer):
    """`freeze` and `thaw`, `lose_index`, `mail_program`."""

    _next_uidvalidity = 0

    def kill(self) -> None:
        """As every server here; the one that takes LMTP may die a moment later than the others."""
        super().kill()
        wait_until(lambda: not self._listens(self.lmtp_port), what="the silence of Dovecot's LMTP")

    def start(self) -> None:
        """As every server here, with more tries: while it was down, somebody's connection may have got its port."""
        for _ in range(_STARTS):
            try:
                super().start()
            except RuntimeError:
                self.kill()
            else:
                return
        super().start()

    def freeze(self) -> None:
        """Stop the server and all its children where they are; connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def lose_index(self, user: str) -> None:
        """Lose the index files, sessions or not; the folder's next UIDVALIDITY is one that never was before."""
        # The file that names the last one used must never be missing, or a session that notices the loss at this
        # moment takes the clock for a new one, perhaps a number that was used before.
        FaultyDovecot._next_uidvalidity = max(FaultyDovecot._next_uidvalidity, int(time.time())) + 1000
        last = self._inbox(user) / f"dovecot-uidvalidity.{FaultyDovecot._next_uidvalidity:08x}"
        last.touch()
        for index in list(self._home(user).rglob("dovecot*")):
            if index != last:
                index.unlink(missing_ok=True)

    def mail_program(self, user: str) -> IMAPClient:
        """A mail program that has signed in as this user; close it with `shutdown`."""
        client = IMAPClient(self.host, self.imap_port, ssl=False, timeout=10)
        try:
            client.plain_login(user, self.password)
        except BaseException:
            client.shutdown()
            raise
        return client

    def _signal(self, which: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, which)

    def _listens(self, port: int) -> bool:
        try:
            socket.create_connection((self.host, port), timeout=1).close()
        except OSError:
            return False
        return True


def move_all(client: IMAPClient, source: str, target: str) -> None:
    """Move everything that is in one folder to another."""
    client.select_folder(source)
    if uids := client.search("ALL"):
        client.move(uids, target)


def make_folder(client: IMAPClient, name: str) -> None:
    """Make a folder unless it is there."""
    if not client.folder_exists(name):
        try:
            client.create_folder(name)
        except IMAP4.error:
            assert client.folder_exists(name)
