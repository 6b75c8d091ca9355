"""Everything the ingest room refuses or cannot do, each with a sentence for the person who must act.

An error has a short stable `code` (stored in the database, sent across the child's process border), a
translated `sentence()` (what happened, what to do) and a technical `detail` for the log, which never holds
personal data. `describe_failure` and `describe_reason` turn stored codes back into sentences for the desk.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar

from config.i18n import gettext as _


class IngestError(Exception):
    """Base of all errors of this room."""

    code: ClassVar[str] = "ingest"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.sentence()} [{self.code}: {self.detail}]" if self.detail else self.sentence()

    def sentence(self) -> str:
        """What happened and what to do, in the language of the person served."""
        return _("The item could not be taken in. Open the original and enter the letter by hand.")


def error_for(code: str, detail: str = "") -> IngestError:
    """The error that carries `code`; a plain `IngestError` when no class claims it."""
    for kind in _descendants(IngestError):
        if kind.code == code:
            return kind(detail)
    return IngestError(detail or code)


def _descendants(kind: type[IngestError]) -> Iterator[type[IngestError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


# --- documents: what can be wrong with a file -------------------------------------------------------------


class DocumentError(IngestError):
    """A file that cannot be read; its `code` becomes the failure of the `DocumentReading`."""

    code = "document"


class DocumentEncrypted(DocumentError):
    code = "encrypted"

    def sentence(self) -> str:
        return _(
            "The document is protected by a password and cannot be read. Ask the sender for a copy without password."
        )


class DocumentEmpty(DocumentError):
    code = "empty"

    def sentence(self) -> str:
        return _("The document has no pages and no text. Ask the sender to send it again.")


class DocumentZeroBytes(DocumentError):
    code = "zero-bytes"

    def sentence(self) -> str:
        return _(
            "The file is empty (0 bytes): it was probably cut off on the way. "
            "Ask the sender to send it again, or scan the letter again."
        )


class DocumentTooBig(DocumentError):
    code = "too-big"

    def sentence(self) -> str:
        return _(
            "The document is larger than can be read automatically (pages, pixels or bytes). "
            "What could be read is shown; open the original for the rest."
        )


class DocumentDamaged(DocumentError):
    code = "damaged"

    def sentence(self) -> str:
        return _("The file is damaged and cannot be opened. Ask the sender to send it again, or scan the letter again.")


class DocumentUnsupported(DocumentError):
    code = "unsupported"

    def sentence(self) -> str:
        return _(
            "Files of this kind cannot be read automatically. "
            "Open the original, or ask the sender for a PDF or an image."
        )


class DocumentArchive(DocumentError):
    """A ZIP: its list is a page, what is in it was not unpacked."""

    code = "archive"

    def sentence(self) -> str:
        return _(
            "The file is an archive (ZIP): only the names of the files in it are shown. "
            "Open it with care, or ask the sender to send the documents themselves."
        )


class DocumentArchiveUnsupported(DocumentError):
    code = "archive-unsupported"

    def sentence(self) -> str:
        return _(
            "The file is an archive of a kind that is not opened here (7z, RAR, GZ). "
            "Open it with care, or ask the sender to send the documents themselves."
        )


class DocumentIsMail(DocumentError):
    """A mail where a document was expected, as in the scans folder."""

    code = "mail-file"

    def sentence(self) -> str:
        return _(
            "The file is a mail, not a document. Open it in a mail program, or ask an operator to take it in "
            "with “cabinet ingest”."
        )


class LibreOfficeMissing(DocumentError):
    code = "needs-libreoffice"

    def sentence(self) -> str:
        return _(
            "Files of this old format are read only where LibreOffice is installed. Open the original, ask the sender "
            "for a PDF, or have LibreOffice installed (Debian package libreoffice-writer-nogui)."
        )


class LibreOfficeNotIsolated(DocumentError):
    code = "libreoffice-not-isolated"

    def sentence(self) -> str:
        return _(
            "The file was not opened, because this system does not let LibreOffice run cut off from the network. "
            "Open the original, or have the administrator allow user namespaces."
        )


class LibreOfficeFailed(DocumentError):
    code = "not-converted"

    def sentence(self) -> str:
        return _(
            "LibreOffice could not open this file: it is damaged, protected, or of a kind that is not installed. "
            "Open the original, or ask the sender for a PDF."
        )


# --- the child process: what can go wrong with it ---------------------------------------------------------


class ChildError(IngestError):
    """The limited child process did not come back with an answer."""

    code = "child"


class ChildTimeout(ChildError):
    code = "timeout"

    def sentence(self) -> str:
        return _(
            "Reading took longer than allowed and was stopped. "
            "What was read until then is shown; open the original for the rest."
        )


class ChildOutOfMemory(ChildError):
    code = "out-of-memory"

    def sentence(self) -> str:
        return _(
            "Reading needed more memory than allowed and was stopped. "
            "What was read until then is shown; open the original for the rest."
        )


class ChildAnswerTooBig(ChildError):
    code = "answer-too-big"

    def sentence(self) -> str:
        return _(
            "Reading produced more text or larger pictures than can be kept, and was stopped. "
            "Open the original and enter the letter by hand."
        )


class ChildCrashed(ChildError):
    code = "crashed"

    def sentence(self) -> str:
        return _(
            "The reading program broke off on this file. "
            "What was read until then is shown; open the original for the rest."
        )


# --- Tesseract: what the operator must repair -------------------------------------------------------------


class TesseractMissing(IngestError):
    code = "tesseract-missing"

    def sentence(self) -> str:
        return _(
            "The text recognition program Tesseract is not installed. "
            "Install the Debian package tesseract-ocr; the waiting letters are then read by themselves."
        )


class EngineMissing(IngestError):
    code = "engine-missing"

    def sentence(self) -> str:
        return _(
            "The text recognition library tesserocr is not installed. Install Cabinet with its extra “tesserocr”, "
            "or set recognition.engine to “pytesseract”; the waiting letters are then read by themselves."
        )


class LanguageDataMissing(IngestError):
    code = "language-data-missing"

    def sentence(self) -> str:
        return _(
            "Tesseract has no data for Romanian. "
            "Install the Debian package tesseract-ocr-ron; the waiting letters are then read by themselves."
        )


class TesseractFailed(IngestError):
    """Tesseract refused one page image; the page becomes `unreadable`, the rest of the document goes on."""

    code = "recognition-failed"

    def sentence(self) -> str:
        return _("Text recognition failed on this page. Read the page in the picture.")


class TesseractTimeout(TesseractFailed):
    """One page took longer than allowed; the page becomes `unreadable`, the rest of the document goes on."""

    code = "recognition-timeout"

    def sentence(self) -> str:
        return _("Text recognition took too long on this page. Read the page in the picture.")


# --- the archive copy of a scan ---------------------------------------------------------------------------


class ArchiveFontMissing(IngestError):
    """The font of the text layer is not there; the operator repairs it, letters go on without an archive copy."""

    code = "archive-font-missing"

    def sentence(self) -> str:
        return _(
            "The font for archive copies is not installed. Install the Debian package fonts-dejavu-core; "
            "an archive copy is made the next time the letter's pages change."
        )


# --- Outlook message files --------------------------------------------------------------------------------


class OutlookFileDamaged(IngestError):
    """An Outlook message file (.msg) that cannot be opened, or is none."""

    code = "outlook-damaged"

    def sentence(self) -> str:
        return _(
            "The Outlook message (.msg) is damaged and cannot be opened. "
            "Ask the sender to send the mail itself again, or open the original in Outlook."
        )


# --- words for stored codes -------------------------------------------------------------------------------


def describe_failure(code: str) -> str:
    """The clerk's sentence for the failure code of a document ("" gives "")."""
    return error_for(code).sentence() if code else ""


_REASONS: dict[str, Callable[[], str]] = {
    "low-confidence": lambda: _("Many words were read with doubt. Compare the text with the picture."),
    "lines-missed": lambda: _("Some lines were probably not read. Compare the text with the picture."),
    "no-text": lambda: _(
        "There is something on the page, but no text was recognised (handwriting, stamp or photo). "
        "Read the page in the picture."
    ),
    "blank": lambda: _("The page is blank."),
    "separator-sheet": lambda: _("This is a printed separator sheet; another letter begins after it."),
    "label-not-ours": lambda: _(
        "The page carries a code like those of our separator sheets and labels, but this office did not print it. "
        "Check whether another letter begins here."
    ),
    "prior-ocr": lambda: _("The text comes from the sender's own scanner and was not checked."),
    "hidden-text": lambda: _(
        "The page holds text that its reader cannot see (white, tiny or off the page). It was left out of the text; "
        "look into the original before answering."
    ),
    "page-damaged": lambda: _("This page of the file is damaged. Open the original."),
    "file-damaged": lambda: _("The file is cut off or damaged; something may be missing. Compare with the original."),
    "beyond-page-limit": lambda: _("The document has too many pages; this one was not read. Open the original."),
    "not-reached": lambda: _("Reading was stopped before this page. Open the original."),
    "page-timeout": lambda: _("This page took too long and was not read. Open the original."),
    "page-too-big": lambda: _("This page needs too much memory and was not read. Open the original."),
    "page-crashed": lambda: _("The reading program broke off on this page. Open the original."),
    "not-drawn": lambda: _("The page could not be drawn; its text was read. Compare the text with the original."),
    "too-many-pixels": lambda: _("The picture of this page is too large to read. Open the original."),
    "pictures-not-read": lambda: _(
        "The document contains pictures whose text was not read. Open the original to see them."
    ),
    "text-cut": lambda: _("The text was too long and has been cut. Open the original for the rest."),
    "picture-inside": lambda: _("This page is a picture inside the document; its text was read by text recognition."),
    "hidden-sheet": lambda: _("The sender's program hides this sheet; perhaps it was sent by mistake."),
    "sheet-too-large": lambda: _("This sheet is too large to read. Open the original."),
    "language-pack-missing": lambda: _(
        "The page seems to be in Hungarian or German, but the recognition data for these languages are not "
        "installed (Debian packages tesseract-ocr-hun and tesseract-ocr-deu). "
        "Compare the text with the picture."
    ),
}


def describe_reason(code: str) -> str:
    """The clerk's sentence for the reason code of a page ("" gives "")."""
    if not code:
        return ""
    return _REASONS[code]() if code in _REASONS else error_for(code).sentence()


# --- mailbox: what the operator must repair ---------------------------------------------------------------


class MailboxError(IngestError):
    """The mailbox could not be read; nothing was lost, the next poll tries again."""

    code = "mailbox"

    def sentence(self) -> str:
        return _("The mailbox could not be read. It is tried again by itself; if this stays, look into the log.")


class MailboxUnreachable(MailboxError):
    code = "mailbox-unreachable"

    def sentence(self) -> str:
        return _(
            "The mail server cannot be reached. Check the server name, the port and the kind of encryption in "
            "the settings, and the network. It is tried again by itself."
        )


class MailboxLoginRefused(MailboxError):
    code = "mailbox-login-refused"

    def sentence(self) -> str:
        return _(
            "The mail server refuses the user name or the password. "
            "Correct them in the settings; until then no mail is fetched."
        )


class MailboxCertificateNotTrusted(MailboxError):
    code = "mailbox-certificate"

    def sentence(self) -> str:
        return _(
            "The mail server's certificate is not trusted (unknown issuer, other server name or out of date), "
            "so no password was sent. Have it renewed, or name the issuer's certificate file in the settings."
        )


class MailboxNotEncrypted(MailboxError):
    code = "mailbox-not-encrypted"

    def sentence(self) -> str:
        return _(
            "The settings ask for a mail connection without encryption, or the server offers none. "
            "This is allowed only to a server on the same machine: choose tls or starttls."
        )


class MailboxFolderMissing(MailboxError):
    code = "mailbox-folder-missing"

    def sentence(self) -> str:
        return _(
            "The mail server does not open the folder named in the settings. "
            "Check its spelling and that this account may read it."
        )


class MailboxConnectionLost(MailboxError):
    code = "mailbox-connection-lost"

    def sentence(self) -> str:
        return _("The connection to the mail server broke off. It is tried again by itself; no mail is lost.")


class MailboxFetchFailed(MailboxError):
    """One message that the server did not give out in any of several tries; in the ledger only."""

    code = "fetch-failed"

    def sentence(self) -> str:
        return _(
            "The mail server did not give this message out, time after time. Look at it in a mail program; "
            "it can be tried again from the ledger."
        )


class MailNotRecorded(MailboxError):
    """One message that was fetched and could not be put on record; in the ledger only."""

    code = "not-recorded"

    def sentence(self) -> str:
        return _(
            "This message was fetched but could not be put on record; it is still on the mail server. "
            "Look into the log, and have it tried again from the ledger."
        )


# --- signing in with tokens (OAuth) ------------------------------------------------------------------------


class MailboxSignInMissing(MailboxLoginRefused):
    """Nobody has signed this mailbox in yet; `detail` is its name in the settings."""

    code = "mailbox-sign-in-missing"

    def sentence(self) -> str:
        return _("This mailbox is not signed in at its provider yet. Run: cabinet mailbox sign-in {name}").format(
            name=self.detail or "NAME"
        )


class MailboxSignInEnded(MailboxLoginRefused):
    """The provider no longer takes the refresh token; `detail` is the mailbox's name in the settings."""

    code = "mailbox-sign-in-ended"

    def sentence(self) -> str:
        return _(
            "The provider has ended the sign-in of this mailbox (run out, withdrawn, or the password was changed). "
            "Sign in again: cabinet mailbox sign-in {name}"
        ).format(name=self.detail or "NAME")


class MailboxSignInUnreadable(MailboxLoginRefused):
    """The kept refresh token cannot be decrypted; `detail` is the mailbox's name in the settings."""

    code = "mailbox-sign-in-unreadable"

    def sentence(self) -> str:
        return _(
            "The kept sign-in of this mailbox cannot be opened: the file token.key in the data folder is missing, "
            "damaged or not the one it was closed with. Restore that file from the last backup; or delete it and "
            "sign in again: cabinet mailbox sign-in {name}"
        ).format(name=self.detail or "NAME")


class MailboxClientRefused(MailboxLoginRefused):
    """The provider refuses the program itself, not the mailbox; `detail` is its error code."""

    code = "mailbox-client-refused"

    def sentence(self) -> str:
        return _(
            "The mailbox's provider refuses Cabinet's own registration (client id, client secret, scope or address). "
            "Compare the oauth settings of this mailbox with the provider's page; the secret may have run out."
        )


class MailboxTokenRefused(MailboxLoginRefused):
    """The mail server refuses an access token that the provider has just handed out."""

    code = "mailbox-token-refused"

    def sentence(self) -> str:
        return _(
            "The mail server refuses the sign-in although the provider has just confirmed it. Check the user name, "
            "the scope and the mechanism in the settings, and that IMAP is allowed for this mailbox."
        )


class TokenProviderUnreachable(MailboxUnreachable):
    code = "token-provider-unreachable"

    def sentence(self) -> str:
        return _(
            "The provider that hands out sign-ins for this mailbox cannot be reached or gives no usable answer. "
            "Check token_url and the network. It is tried again by itself."
        )


class TokenProviderNotTrusted(MailboxCertificateNotTrusted):
    code = "token-provider-certificate"

    def sentence(self) -> str:
        return _(
            "The certificate of the provider that hands out sign-ins is not trusted, so nothing was sent to it. "
            "Have it renewed, or name the issuer's certificate file as oauth.ca_file in the settings."
        )


class TokenProviderNotEncrypted(MailboxNotEncrypted):
    code = "token-provider-not-encrypted"

    def sentence(self) -> str:
        return _(
            "token_url and device_url must begin with https://. "
            "Without encryption only a server on the same machine is asked."
        )


# --- changes on the server after registration ---------------------------------------------------------------


class ChangeError(MailboxError):
    """A message that is a letter could not be flagged or moved on the server; the letter itself is safe."""

    code = "change"

    def sentence(self) -> str:
        return _("The message could not be flagged or moved on the mail server. The letter is registered all the same.")


class ChangeRefused(ChangeError):
    code = "change-refused"

    def sentence(self) -> str:
        return _(
            "The mail server does not let this account flag or move messages. The letter is registered all the same. "
            "Give the account the right to change the folder, or set after_registration to “leave”."
        )


class ChangeNotSeen(ChangeError):
    code = "change-not-seen"

    def sentence(self) -> str:
        return _(
            "The mail server says yes but does not flag or move the message. The letter is registered all the same. "
            "Do it by hand, or set after_registration to “leave”."
        )


class ChangeUnsupported(ChangeError):
    code = "change-unsupported"

    def sentence(self) -> str:
        return _(
            "The mail server cannot move single messages safely (it has neither MOVE nor UIDPLUS). The letter is "
            "registered all the same. Set after_registration to “flag” or “leave”."
        )


class MoveTargetMissing(ChangeError):
    code = "move-target-missing"

    def sentence(self) -> str:
        return _(
            "The folder named in move_to does not exist on the mail server. The letter is registered all the same. "
            "Make the folder in a mail program, or correct its name in the settings."
        )
