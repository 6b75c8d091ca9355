"""Sentences for the problem codes of a mail (`Message.problems`)."""

from collections.abc import Callable
from typing import Final

from config.i18n import gettext as _

_SENTENCES: Final[dict[str, Callable[[], str]]] = {
    "empty": lambda: _("The mail has no text and no attachment. Ask the sender what was meant."),
    "no-sender": lambda: _("The mail names no usable sender address. Look into the original before answering."),
    "repeated-header": lambda: _(
        "Sender, subject, date or identifier stand in the mail more than once; the first is shown. "
        "Compare with the original."
    ),
    "date-unreadable": lambda: _("The mail has no readable date. The time of receipt counts."),
    "broken-header": lambda: _("The head of the mail is damaged; compare with the original."),
    "broken-structure": lambda: _(
        "The mail is damaged: its parts are not separated as they should be. Compare with the original."
    ),
    "broken-encoding": lambda: _(
        "An attachment or text of the mail was damaged on the way. Compare with the original."
    ),
    "cut-off": lambda: _(
        "The mail was cut off on the way; something may be missing at its end. Ask the sender to send it again."
    ),
    "text-outside-parts": lambda: _("The text stood in an unusual place of the mail. Compare with the original."),
    "part-unreadable": lambda: _("A part of the mail could not be taken out. Open the original."),
    "many-parts": lambda: _("The mail has more than 100 attachments."),
    "text-cut": lambda: _("The text of the mail was too long and has been cut. Open the original for the rest."),
    "hidden-text": lambda: _("The mail holds text that its sender made invisible. Compare with the original."),
    "encrypted": lambda: _(
        "The mail or an attachment is encrypted and cannot be read. Ask the sender to send it unencrypted."
    ),
    "signed-wrapped": lambda: _(
        "The text is wrapped inside a digital signature (smime.p7m). Open the attachment with a mail program."
    ),
    "header-too-big": lambda: _(
        "The head of the mail is larger than any real one; only its beginning was read. Open the original."
    ),
    "too-many-headers": lambda: _(
        "The head of the mail has more lines than any real one; only its beginning was read. Open the original."
    ),
    "too-many-parts": lambda: _("The mail has more parts than can be read; only its head was read. Open the original."),
    "nested-too-deep": lambda: _(
        "The mail has parts within parts deeper than can be read. What could be read is shown; open the original."
    ),
}
CODES: Final = frozenset(_SENTENCES)


def describe_problem(code: str) -> str:
    """The clerk's sentence for a problem code: what is wrong with the mail and what to do."""
    sentence = _SENTENCES.get(code)
    return sentence() if sentence else _("Something in this mail is unusual. Compare with the original.")
