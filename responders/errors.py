"""What the responders room refuses, each with a sentence for the person who must act."""

from collections.abc import Sequence
from pathlib import Path

from config.i18n import gettext as _


class ResponderError(Exception):
    """Base of all errors of this room."""


class ReplyError(ResponderError):
    """An act on a reply is refused. The message says why and what to do."""


class TemplateWrong(ReplyError):
    """A letter template cannot be used."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        self.path, self.line = path, line
        super().__init__(
            _("{place}: {problem}. Correct this line and start again.").format(
                place=f"{path}:{line}" if line else str(path), problem=problem
            )
        )


class GapsLeft(ReplyError):
    """The text still holds places that a person must fill in."""

    def __init__(self, gaps: Sequence[str]) -> None:
        self.gaps = tuple(gaps)
        super().__init__(
            _("The reply still has gaps: {gaps}. Fill them in or remove them.").format(gaps="; ".join(self.gaps))
        )


class LegalBasisMissing(ReplyError):
    """An answer must state its legal basis (OG 27/2002 art. 13)."""

    def __init__(self) -> None:
        super().__init__(
            _("The reply does not state its legal basis. Add a line that starts with “Temei legal:” and names the law.")
        )


class AlreadyAnswered(ReplyError):
    """A letter with an approved or sent reply cannot move to another case."""

    def __init__(self) -> None:
        super().__init__(
            _("A reply to this letter was approved or sent already, so it stays a case of its own. Keep them apart.")
        )


class TextMissing(ReplyError):
    """A reply without subject or text."""

    def __init__(self) -> None:
        super().__init__(_("The reply has no subject or no text. Write it before you send it on."))


class RecipientMissing(ReplyError):
    """Nobody to send the reply to."""

    def __init__(self, channel: str) -> None:
        super().__init__(
            _("The reply has no e-mail address to go to. Enter the recipient's e-mail address.")
            if channel == "email"
            else _("The reply has no full postal address to go to. Enter the recipient's name and address.")
        )


class AddressUnusable(ReplyError):
    """An e-mail address that our mail server could not deliver to."""

    def __init__(self, address: str) -> None:
        super().__init__(
            _(
                "“{address}” is not an e-mail address that we can write to (one address, plain letters only). "
                "Correct it, or send the reply by post."
            ).format(address=address)
        )


class NotEditable(ReplyError):
    """The text is waiting for approval or already approved."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This reply is waiting for approval or is already approved, so its text cannot be changed. "
                "What you typed was kept in its history; ask the approver to return it."
            )
        )


class NotAllowed(ReplyError):
    """The user's role does not include this act."""

    def __init__(self) -> None:
        super().__init__(_("Your role may not do this. Ask an approver or an administrator."))


class SamePerson(ReplyError):
    """The one who wrote a reply may not approve it."""

    def __init__(self) -> None:
        super().__init__(
            _("You wrote or submitted this reply yourself, so another person must approve it. Ask a colleague.")
        )


class ReasonMissing(ReplyError):
    """A reply is returned without saying why."""

    def __init__(self) -> None:
        super().__init__(_("Say why you return this reply, so that your colleague knows what to change."))


class ChangedAfterApproval(ReplyError):
    """The text that would leave is not the text that was approved."""

    def __init__(self) -> None:
        super().__init__(
            _("This reply is not the text that was approved, so it was not sent. Tell the administrator at once.")
        )


class NoMailServer(ReplyError):
    """Sending was asked for without a server to send through."""

    def __init__(self) -> None:
        super().__init__(_("No mail server for sending is set. Add the section [smtp] to the configuration."))


class DeliveryError(ResponderError):
    """The mail server did not take a message. `answer` is its code and words, if it gave any."""

    def __init__(self, sentence: str, answer: str = "") -> None:
        self.answer = answer
        super().__init__(f"{sentence} ({answer})" if answer else sentence)


class NotConnected(DeliveryError):
    """The server was not reached, or did not let us in. Nothing was handed over; trying again is safe."""

    def __init__(self, answer: str) -> None:
        super().__init__(
            _("The mail server could not be reached or refused us. We try again; check its settings if this lasts."),
            answer,
        )


class TemporaryFailure(DeliveryError):
    """The server asked to try again later. Nothing was handed over; trying again is safe."""

    def __init__(self, answer: str) -> None:
        super().__init__(_("The mail server cannot take the message now. It is tried again later."), answer)


class PermanentRefusal(DeliveryError):
    """The server will never take this message as it is."""

    def __init__(self, answer: str) -> None:
        super().__init__(
            _("The mail server refused the message for good. Check the address, or send the reply by post."),
            answer,
        )


class OutcomeUnknown(DeliveryError):
    """The connection broke after the text was being handed over: it may or may not have been taken."""

    def __init__(self, answer: str) -> None:
        super().__init__(
            _(
                "The connection broke while the message was handed over, so it may or may not have been sent. "
                "Ask the recipient or whoever runs the mail server, then decide here."
            ),
            answer,
        )


class DepartmentUnknown(ResponderError):
    """Separator sheets were asked for a department that the tables do not have."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            _("There is no department “{slug}”. Its short name is in the table of departments.").format(slug=slug)
        )
