"""What the record refuses, said to the person who must act."""

from pathlib import Path

from config.i18n import gettext as _


class RecordError(Exception):
    """The record refuses an act. The message says why and what to do instead."""


class StatusRefused(RecordError):
    """A status change that the table of allowed changes does not know (`subject` is "letter", "case" …)."""

    def __init__(self, subject: str, old: str, new: str) -> None:
        super().__init__(
            _("This step is not possible in the present state, or somebody else was faster. Reload the page.")
        )
        self.subject, self.old, self.new = subject, old, new


class ChangedMeanwhile(RecordError):
    """Somebody else saved the same text first."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else saved this text after you opened it. Reload the page; your text was kept in its history.")
        )


class PageChangedMeanwhile(RecordError):
    """Somebody else corrected the same page first."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else corrected this page after you opened it. Compare with their text, then save yours again.")
        )


class NotFound(RecordError):
    """A row that does not exist."""

    def __init__(self) -> None:
        super().__init__(_("There is nothing under this address. Go back to the list of letters."))


class UserRefused(RecordError):
    """A user cannot be made or changed as asked."""


class FileDamaged(RecordError):
    """Bytes in the file store no longer have their hash."""

    def __init__(self, sha256: str) -> None:
        super().__init__(
            _("The kept file {sha256} is missing or was changed. Restore it from the last backup.").format(
                sha256=sha256
            )
        )


class DatabaseOutdated(RecordError):
    """The database is newer than the program."""

    def __init__(self) -> None:
        super().__init__(_("The database was made by a newer Cabinet. Install that version or restore a backup."))


class TokenKeyUnusable(RecordError):
    """The key of the kept sign-ins is missing, damaged or another one."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            _(
                "{path}: the key that opens the kept sign-ins of mailboxes is missing, damaged or was exchanged. "
                "Restore it from the last backup; or delete it and sign in again: cabinet mailbox sign-in NAME"
            ).format(path=path)
        )


class ModelUnknown(RecordError):
    """There is no trained model of this version."""

    def __init__(self, version: str) -> None:
        super().__init__(
            _("There is no model {version}. “cabinet model list” names those that there are.").format(version=version)
        )


class ModelRefused(RecordError):
    """The model failed its examination."""

    def __init__(self, version: str) -> None:
        super().__init__(
            _(
                "Model {version} read the set-aside letters worse than the one it was to replace, so it is not used. "
                "Train again when there are more corrections."
            ).format(version=version)
        )


class NoFormerModel(RecordError):
    """No other model has decided before."""

    def __init__(self) -> None:
        super().__init__(_("No other model has been used before, so there is none to go back to."))


class NothingBefore(RecordError):
    """A split at the first page of a letter."""

    def __init__(self) -> None:
        super().__init__(_("This is the first page of the letter; nothing would be left before it. Choose another."))


class AlreadyContinued(RecordError):
    """A letter cannot be the rest of this one."""

    def __init__(self) -> None:
        super().__init__(
            _("The letter cannot be joined to this one: it is its own rest, or has no case yet. Choose an earlier one.")
        )


class LabelKeyUnusable(RecordError):
    """The key of printed sheets and labels is damaged or may not be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            _(
                "{path}: the key of printed separator sheets and labels cannot be read. Restore it from the last "
                "backup; or delete it and print new sheets and labels."
            ).format(path=path)
        )


class NumberUnknown(RecordError):
    """A label was asked for a number that is not in the register."""

    def __init__(self, number: str) -> None:
        super().__init__(_("Number {number} is not in the register. Write it as 123/2026.").format(number=number))
