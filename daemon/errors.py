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
