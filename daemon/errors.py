"""What can stop the daemon, said to the operator."""

from pathlib import Path

from config.i18n import gettext as _


class DaemonError(Exception):
    """The daemon cannot do what was asked. The message says why and what to do."""


class LibraryTooOld(DaemonError):
    """The SQLite library of this machine does not work with this Python."""

    def __init__(self, version: str) -> None:
        super().__init__(
            _(
                "SQLite {version} is too old for this Python: at least 3.42 is needed. Use Python 3.11, a newer "
                "Debian, or a PostgreSQL database."
            ).format(version=version)
        )


class AlreadyRunning(DaemonError):
    """Another process works on the same data."""

    def __init__(self, lock: Path) -> None:
        super().__init__(
            _("Cabinet already runs on this data ({lock} is locked). Stop it first, or use the one that runs.").format(
                lock=lock
            )
        )


class DatabaseUnreachable(DaemonError):
    """The record's database does not open."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The database cannot be opened. Check database_url in the settings, and whether the database server "
                "runs and lets this user in."
            )
        )


class FileRefused(DaemonError):
    """The operating system does not let a file be read or written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            _("{path}: cannot be read or written ({reason}). Check its name and who may use it.").format(
                path=path, reason=reason
            )
        )


class NothingConfigured(DaemonError):
    """There is no configuration file."""

    def __init__(self) -> None:
        super().__init__(
            _("There is no configuration yet. Run “cabinet init”, or “make run” for the practice mailbox.")
        )


class MailboxUnknown(DaemonError):
    """No mailbox of this name is configured."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("There is no mailbox “{name}” in the settings. “cabinet mailbox list” shows all of them.").format(
                name=name
            )
        )


class MailboxTakesPassword(DaemonError):
    """A mailbox without OAuth settings needs no sign-in."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Mailbox “{name}” signs in with a password. For OAuth add the section mailboxes.oauth to it.").format(
                name=name
            )
        )


class DeviceSignInNotSet(DaemonError):
    """The settings name no address for the device sign-in."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Mailbox “{name}” has no oauth.device_url. Add it, or use --refresh-token-file.").format(name=name)
        )


class NoRefreshToken(DaemonError):
    """The provider handed out an access token only."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "The provider handed out no lasting sign-in for mailbox “{name}”, so nothing was kept. Add what your "
                "provider asks for to oauth.scope (often “offline_access”) and sign in again."
            ).format(name=name)
        )


class SecretEmpty(DaemonError):
    """A file that should hold a secret holds nothing."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: the file is empty.").format(path=path))


class NoRoom(DaemonError):
    """The disk takes nothing more."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The disk is full or read-only, so nothing more was entered. What was entered before is kept. "
                "Make room and run the command again: it goes on where it stopped."
            )
        )
