"""The programs of mail servers as senders."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

DAEMONS = frozenset({"mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mail.daemon"})


class DaemonSender:
    """Mail from MAILER-DAEMON is a bounce: old servers send no other sign.

    A postmaster is a person too, so that name alone only asks for silence (`asks_for_silence`).
    """

    name = "daemon_sender"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the local part of the sender; a sender without domain counts too."""
        return Finding("bounce", self.name) if local_part(headers, context) in DAEMONS else None


def is_daemon(headers: Headers, context: Context) -> bool:
    """Whether the sender is a mail server's program, the postmaster's address included."""
    return local_part(headers, context) in DAEMONS | {"postmaster"}


def local_part(headers: Headers, context: Context) -> str:
    """What stands before the @ of the sender, without a +detail, in lower case."""
    sender = context.from_address or headers.first("from").strip("<> ")
    return sender.lower().partition("@")[0].split("+")[0]
