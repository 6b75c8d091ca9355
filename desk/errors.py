"""What the desk refuses, said to the person who must act."""

from config.i18n import gettext as _


class DeskError(Exception):
    """The desk cannot do what was asked. `status` is the HTTP status of the answer."""

    status = 400

    def sentence(self) -> str:
        """What happened and what to do, in the language of the person served."""
        return _("This request could not be understood. Go back, reload the page and try again.")


class NotSignedIn(DeskError):
    """Nobody is signed in, or the session ended."""

    status = 401

    def sentence(self) -> str:
        return _("Your session has ended. Sign in again.")


class NotAllowed(DeskError):
    """The role of the user does not include this page or act."""

    status = 403

    def sentence(self) -> str:
        return _("Your role does not include this page. If you need it for your work, ask an administrator.")


class FormOutdated(DeskError):
    """The form does not carry the token of the session (CSRF), for example after signing in anew."""

    status = 403

    def sentence(self) -> str:
        return _("This form belongs to an earlier session. Go back, reload the page and send it again.")


class PageMissing(DeskError):
    """There is nothing under this address."""

    status = 404

    def sentence(self) -> str:
        return _("There is nothing under this address. Go back to the list of letters.")


class ConfirmationMissing(DeskError):
    """An act with consequences was sent without its confirmation."""

    status = 422

    def sentence(self) -> str:
        return _("Tick the box to confirm, then press the button again.")


class OwnAccountKept(DeskError):
    """An administrator tried to lock themselves out."""

    status = 422

    def sentence(self) -> str:
        return _("You cannot deactivate your own account. Ask another administrator.")


class ValueUnknown(DeskError):
    """A form sent a value that the tables of the town hall do not have."""

    status = 422

    def sentence(self) -> str:
        return _("This choice is not in the tables of the town hall. Reload the page and choose again.")


class PasswordWrong(DeskError):
    """The present password was not right."""

    status = 422

    def sentence(self) -> str:
        return _("The present password is not right. Nothing was changed.")
