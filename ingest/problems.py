"""Sentences for the problem codes of a mail (`Message.problems`)."""

from collections.abc import Callable
from typing import Final

from config.clock import local
from config.i18n import gettext as _
from ingest.errors import OutlookFileDamaged
from ingest.taken import Message

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
    "text-long": lambda: _(
        "The text is longer than the computer reads; topic and facts come from its beginning. Read the whole text."
    ),
    "hidden-text": lambda: _("The mail holds text that its sender made invisible. Compare with the original."),
    "encrypted": lambda: _(
        "The mail or an attachment is encrypted and cannot be read. Ask the sender to send it unencrypted."
    ),
    "signed-wrapped": lambda: _(
        "The text is wrapped inside a digital signature (smime.p7m). Open the attachment with a mail program."
    ),
    "signed": lambda: _("The mail or an attachment carries a digital signature. The signature was not checked."),
    "tnef-damaged": lambda: _(
        "The mail came in Outlook's own wrapping (winmail.dat) and that is damaged; something may be missing. "
        "Ask the sender to send it again as an ordinary mail."
    ),
    "calendar-unreadable": lambda: _("An invitation in the mail could not be read. Open the attachment."),
    "attached-mail-damaged": lambda: _("A mail attached as an Outlook file (.msg) is damaged. Open it in Outlook."),
    "attached-mail-used": lambda: _(
        "The sender wrote next to nothing: what was understood comes from the mail or invitation that is attached. "
        "Look whom the answer is for."
    ),
    "split-failed": lambda: _(
        "The file could not be taken apart where another letter begins. The scan is whole: scan the second letter "
        "by itself."
    ),
    "archive-copy-failed": lambda: _(
        "The searchable archive copy of the scan could not be made. The original is kept and can be downloaded."
    ),
    "ambiguous": lambda: _(
        "The sender's mail describes an attachment in contradictory ways. Its content decided what it is; "
        "open it with care."
    ),
    OutlookFileDamaged.code: lambda: OutlookFileDamaged().sentence(),
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
# Codes that may carry a detail from the mail itself, as "code:detail".
_DETAILED: Final[dict[str, Callable[[], str]]] = {
    "signed": lambda: _(
        "The mail or an attachment carries a digital signature, by its own words of: {detail}. "
        "The signature was not checked."
    ),
    "ambiguous": lambda: _(
        "The sender's mail describes an attachment in contradictory ways: {detail}. Its content decided what it is; "
        "open it with care."
    ),
}
_DETAIL: Final = 300
CODES: Final = frozenset(_SENTENCES)
# With one of these nothing of the mail could be read: they are the letter's problem, not a remark.
FAILURES: Final = frozenset({OutlookFileDamaged.code})


def remarks(message: Message) -> list[str]:
    """The problem codes of a mail for its record, with the details that the clerk should see."""
    when = f", {local(message.signed_at):%d.%m.%Y}" if message.signed_at else ""
    details = {
        "signed": ", ".join(message.signers) + when if message.signers else "",
        "ambiguous": "; ".join(part.contradiction for part in message.parts if part.contradiction),
    }
    codes = [code for code in message.problems if code not in FAILURES]
    return [f"{code}:{detail[:_DETAIL]}" if (detail := details.get(code, "")) else code for code in codes]


def describe_problem(code: str) -> str:
    """The clerk's sentence for a problem code (with or without detail): what is wrong with the mail and what to do."""
    name, _colon, detail = code.partition(":")
    if detail and name in _DETAILED:
        return _DETAILED[name]().format(detail=detail)
    sentence = _SENTENCES.get(name)
    return sentence() if sentence else _("Something in this mail is unusual. Compare with the original.")
