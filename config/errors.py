"""What can be wrong with a configuration, said to the person who edits it."""

from pathlib import Path

from config.i18n import gettext as _


class ConfigurationError(Exception):
    """The configuration cannot be used. The message says what is wrong, where, and what to do."""


class FileMissing(ConfigurationError):
    """A file that the configuration names is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(_("{path}: the file does not exist. Check the name, or make it anew.").format(path=path))


class FileUnreadable(ConfigurationError):
    """A file is not valid TOML or YAML."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        place = f"{path}:{line}" if line else str(path)
        super().__init__(
            _("{place}: the file cannot be read: {problem}. Correct this line and start again.").format(
                place=place, problem=problem
            )
        )


class ValueWrong(ConfigurationError):
    """A value in a file is missing, unknown or not allowed."""

    def __init__(self, path: Path, line: int | None, field: str, problem: str) -> None:
        place = f"{path}:{line}" if line else str(path)
        super().__init__(
            _("{place}: “{field}”: {problem}. Correct this line and start again.").format(
                place=place, field=field, problem=problem
            )
        )


class SecretMissing(ConfigurationError):
    """A password is neither in the environment nor in a file."""

    def __init__(self, variable: str, subject: str) -> None:
        super().__init__(
            _(
                "There is no password for {subject}. Put it into the environment variable {variable}, or into a "
                "file readable only by its owner and name that file as password_file."
            ).format(subject=subject, variable=variable)
        )


class SecretExposed(ConfigurationError):
    """A password file can be read by others."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            _("{path}: other users of this machine can read this password file. Run: chmod 600 {path}").format(
                path=path
            )
        )
