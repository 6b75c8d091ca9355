"""The postmaster and his programs."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers

DAEMONS = frozenset({"mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster", "maildaemon", "mail.daemon"})


class DaemonSender:
    """Mail from MAILER-DAEMON or postmaster is a bounce: old servers send no other sign."""

    name = "daemon_sender"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the local part of the sender; a sender without domain counts too."""
        local = (context.from_address or headers.first("from").strip("<> ")).lower().partition("@")[0]
        return Finding("bounce", self.name) if local.split("+")[0] in DAEMONS else None
