"""Names for the codes of the record, as staff say them. Unknown codes are shown as they are."""

from collections.abc import Callable, Mapping
from typing import Any

from config.i18n import gettext as _
from config.town import Tables

Sayings = dict[str, Callable[[], str]]


def _say(sayings: Sayings, code: str) -> str:
    return sayings[code]() if code in sayings else code


_STATES: Sayings = {
    "machine-mail": lambda: _("machine mail"),
    "failed": lambda: _("processing failed"),
    "in-work": lambda: _("being read"),
    "registered": lambda: _("new"),
    "drafted": lambda: _("in work"),
    "for-approval": lambda: _("for approval"),
    "approved": lambda: _("approved"),
    "answered": lambda: _("answered"),
    "filed": lambda: _("filed"),
    "taken-apart": lambda: _("taken apart"),
    "read": lambda: _("read"),
    "understood": lambda: _("understood"),
    "pages-changed": lambda: _("pages changed"),
    "ready": lambda: _("ready"),
    "draft": lambda: _("draft"),
    "returned": lambda: _("returned"),
    "dispatched": lambda: _("dispatched"),
    "withdrawn": lambda: _("withdrawn"),
    "queued": lambda: _("waiting to be sent"),
    "sending": lambda: _("being sent"),
    "sent": lambda: _("sent"),
    "unknown": lambda: _("not known whether sent"),
    "bounced": lambda: _("came back undelivered"),
    "refused": lambda: _("refused by the mail server"),
    "to-print": lambda: _("to print"),
    "posted": lambda: _("posted"),
}


def state(code: str) -> str:
    """A state of a letter (`desk.states`), a case, a reply or a dispatch."""
    return _say(_STATES, code)


_KINDS: Sayings = {
    "petitie": lambda: _("petition"),
    "informatii-publice": lambda: _("public information request"),
    "audienta": lambda: _("request for an audience"),
    "presa": lambda: _("press"),
    "plangere-prealabila": lambda: _("prior complaint"),
    "date-personale": lambda: _("personal data request"),
    "reclamatie-administrativa": lambda: _("administrative complaint"),
    "corespondenta-institutii": lambda: _("letter from an institution"),
    "act-instanta": lambda: _("court document"),
    "invitatie": lambda: _("invitation"),
    "multumire": lambda: _("thanks"),
    "angajare": lambda: _("job application"),
    "oferta": lambda: _("commercial offer"),
    "altele": lambda: _("other"),
}


def kind(code: str) -> str:
    """The legal kind of a letter."""
    return _say(_KINDS, code)


def topic(tables: Tables, slug: str) -> str:
    """The name of a topic; its slug when the tables no longer have it."""
    return next((row.name for row in tables.topics if row.slug == slug), slug) or "–"


def department(tables: Tables, slug: str) -> str:
    """The name of a department; a saying for letters that nobody answers."""
    if not slug:
        return _("no department (archive)")
    return next((row.name for row in tables.departments if row.slug == slug), slug)


_LANGUAGES: Sayings = {
    "ro": lambda: _("Romanian"),
    "hu": lambda: _("Hungarian"),
    "de": lambda: _("German"),
    "en": lambda: _("English"),
    "fr": lambda: _("French"),
    "it": lambda: _("Italian"),
    "es": lambda: _("Spanish"),
    "pl": lambda: _("Polish"),
    "nl": lambda: _("Dutch"),
}


def language(code: str) -> str:
    """The language a letter is written in."""
    return _say(_LANGUAGES, code)


_CHANNELS: Sayings = {
    "email": lambda: _("e-mail"),
    "post": lambda: _("post"),
    "fax": lambda: _("fax"),
    "counter": lambda: _("counter"),
    "mailbox": lambda: _("mailbox"),
    "scans": lambda: _("scans folder"),
    "desk": lambda: _("desk"),
    "command": lambda: _("command line"),
    "lmtp": lambda: _("handed over by a mail server"),
}


def channel(code: str) -> str:
    """How a letter came or goes, or the door it came through."""
    return _say(_CHANNELS, code)


_MACHINE_KINDS: Sayings = {
    "bounce": lambda: _("message that could not be delivered"),
    "auto-reply": lambda: _("automatic reply"),
    "list": lambda: _("mailing list"),
    "report": lambda: _("delivery report"),
    "own": lambda: _("our own letter coming back"),
    "bulk": lambda: _("mass mail"),
    "no-reply": lambda: _("sender who takes no answers"),
}


def machine_kind(code: str) -> str:
    """What sort of machine mail it is."""
    return _say(_MACHINE_KINDS, code)


_MACHINE_RULES: Sayings = {
    "asks_for_silence": lambda: _("The mail asks for no automatic answer."),
    "auto_response_headers": lambda: _("The mail says of itself that it was answered automatically."),
    "auto_submitted": lambda: _("The mail says of itself that a program sent it (Auto-Submitted)."),
    "daemon_sender": lambda: _("The sender is a mail server (MAILER-DAEMON, postmaster)."),
    "delivery_report": lambda: _("The mail is a delivery report of a mail server."),
    "bulk_headers": lambda: _("The mail was sent by a program for newsletters and offers."),
    "calendar_answer": lambda: _("The mail is the answer of a calendar to an invitation."),
    "list_headers": lambda: _("The mail was sent through a mailing list."),
    "no_reply_sender": lambda: _("The sender's address takes no answers (no-reply)."),
    "null_return_path": lambda: _("The mail has no return address, as only programs write."),
    "own_message": lambda: _("The office itself sent this letter."),
    "precedence": lambda: _("The mail is marked as mass mail (Precedence)."),
    "subject_and_sign": lambda: _(
        "The subject has the words of an automatic reply or failure, and another sign says the same."
    ),
    "subject_pattern": lambda: _("The subject has the words of an automatic reply."),
    "web_form": lambda: _("A form wrote in the office's own name for somebody else."),
    "restored": lambda: _("A person said that this is a letter."),
}


def machine_rule(code: str) -> str:
    """By which rule a mail was taken for machine mail, as a sentence."""
    return _say(_MACHINE_RULES, code)


_ABSTAIN: Sayings = {
    "empty": lambda: _("There is no text to read."),
    "language": lambda: _("The letter is written in a language the classifier was not trained for."),
    "two-matters": lambda: _("The letter is about two matters; choose which department answers."),
    "unsure": lambda: _("The classifier is not sure enough."),
}


def abstain_reason(code: str) -> str:
    """Why the classifier left the choice to a person."""
    return _say(_ABSTAIN, code)


_VERDICTS: Sayings = {
    "right": lambda: _("right"),
    "wrong": lambda: _("corrected"),
    "open": lambda: _("not judged yet"),
}


def verdict(code: str) -> str:
    """What people made of a decision of the classifier."""
    return _say(_VERDICTS, code)


_MODEL_STATES: Sayings = {
    "current": lambda: _("in use"),
    "candidate": lambda: _("candidate"),
    "former": lambda: _("former"),
    "refused": lambda: _("not good enough"),
}


def model_state(code: str) -> str:
    """What a trained model is to the house."""
    return _say(_MODEL_STATES, code)


_FACTS: Sayings = {
    "petitioner": lambda: _("petitioner"),
    "email": lambda: _("e-mail"),
    "phone": lambda: _("telephone"),
    "cnp": lambda: _("personal number (CNP)"),
    "cui": lambda: _("company number (CUI)"),
    "iban": lambda: _("bank account (IBAN)"),
    "registration-number": lambda: _("registration number"),
    "law": lambda: _("law"),
    "date": lambda: _("date"),
    "address": lambda: _("address"),
    "street": lambda: _("street"),
    "cadastre": lambda: _("land register number"),
    "complained-about": lambda: _("complained about"),
    "identification": lambda: _("identification data"),
    "route": lambda: _("why this department"),
}
_MISSING: Sayings = {"name": lambda: _("name"), "address": lambda: _("address")}


def missing(code: str) -> str:
    """What a sender did not say of themselves."""
    return _say(_MISSING, code)


def fact(code: str) -> str:
    """What sort of fact was read in a letter."""
    return _say(_FACTS, code)


_LIKENESSES: Sayings = {
    "near-copy": lambda: _("near copy"),
    "similar": lambda: _("similar"),
    "same-petitioner": lambda: _("same person, same matter"),
    "campaign": lambda: _("campaign"),
}
_LIKENESS_TITLES: Sayings = {
    "near-copy": lambda: _("Nearly the same text as an earlier letter"),
    "similar": lambda: _("Much of the text is that of an earlier letter"),
    "same-petitioner": lambda: _("The same person wrote earlier about the same matter"),
    "campaign": lambda: _("One text, sent by several people"),
}


def likeness(code: str) -> str:
    """Why two letters are shown side by side."""
    return _say(_LIKENESSES, code)


def likeness_title(code: str) -> str:
    """The same, as a sentence."""
    return _say(_LIKENESS_TITLES, code)


_JOIN_QUESTIONS: Sayings = {
    "thread": lambda: _("Somebody else than the petitioner writes in the mail thread of"),
    "reference": lambda: _("The subject names"),
    "number": lambda: _("The text names"),
    "duplicate": lambda: _("Probably the same letter, received once more:"),
    "same-matter": lambda: _("The same person wrote about this before:"),
    "label": lambda: _("It carries a printed label with the number of"),
    "continues": lambda: _("A colleague says that it is the rest of"),
}


def join_question(code: str) -> str:
    """Why a person is asked whether a letter belongs to another case; the case's number follows."""
    return _say(_JOIN_QUESTIONS, code)


_SPLIT_HINTS: Sayings = {
    "addressee": lambda: _("it names an addressee at its top"),
    "salutation": lambda: _("it begins with a salutation"),
    "page-number": lambda: _("its page numbers begin anew"),
    "separator": lambda: _("a separator sheet lies before it"),
    "label": lambda: _("it carries the label of another registration number"),
    "person": lambda: _("somebody asked for it, but the file could not be taken apart"),
}


def split_hint(code: str) -> str:
    """Why a new letter may begin with a page of a scan."""
    return _say(_SPLIT_HINTS, code)


_DELIVERIES: Sayings = {
    "failed": lambda: _("Could not be delivered"),
    "delayed": lambda: _("Delivery is delayed; the server goes on trying"),
    "delivered": lambda: _("Delivered"),
    "displayed": lambda: _("Opened by the recipient"),
    "auto-reply": lambda: _("Answered by a machine"),
}


def delivery(code: str) -> str:
    """What a mail server or program says of a reply; its message follows."""
    return _say(_DELIVERIES, code)


_PAGE_SOURCES: Sayings = {
    "mail": lambda: _("text of the attached mail"),
    "calendar": lambda: _("entry of a calendar"),
    "sheet": lambda: _("sheet of a table"),
    "listing": lambda: _("list of what the archive holds"),
    "text-layer": lambda: _("text of the file"),
    "ocr": lambda: _("read by text recognition"),
    "blank": lambda: _("blank page"),
    "unreadable": lambda: _("not readable"),
    "plain": lambda: _("text of the file"),
}


def page_source(code: str) -> str:
    """Where the text of a page comes from."""
    return _say(_PAGE_SOURCES, code)


_RECOGNITION_LANGUAGES: Sayings = {
    "ron": lambda: _("Romanian"),
    "hun": lambda: _("Hungarian"),
    "deu": lambda: _("German"),
    "eng": lambda: _("English"),
}


def recognition_language(codes: str) -> str:
    """The languages text recognition was told ("ron+hun+deu"), or the main language of a text ("ro")."""
    said = (
        _say(_RECOGNITION_LANGUAGES, code) if code in _RECOGNITION_LANGUAGES else language(code)
        for code in codes.split("+")
    )
    return ", ".join(said)


_OUTCOMES: Sayings = {
    "stored": lambda: _("registered"),
    "duplicate": lambda: _("same bytes as a letter already registered"),
    "vanished": lambda: _("gone before it could be fetched"),
    "too-big": lambda: _("larger than allowed"),
    "failed": lambda: _("could not be taken in"),
    "waiting": lambda: _("waiting for the next attempt"),
    "skipped": lambda: _("left out: deleted, unfinished or no letter"),
}


def outcome(code: str) -> str:
    """What became of one thing seen at a door."""
    return _say(_OUTCOMES, code)


_ROLES: Sayings = {
    "clerk": lambda: _("clerk"),
    "approver": lambda: _("approver"),
    "operator": lambda: _("operator"),
    "administrator": lambda: _("administrator"),
}


def role(code: str) -> str:
    """A role of the desk."""
    return _say(_ROLES, code)


_ROLE_DUTIES: Sayings = {
    "clerk": lambda: _("Corrects the classification, edits replies, sends them for approval, posts printed letters."),
    "approver": lambda: _("Reads everything a clerk reads; approves replies or returns them with a reason."),
    "operator": lambda: _("Looks after mailboxes, machine mail, letters that could not be read, and sending."),
    "administrator": lambda: _("Manages users and sending; reads everything."),
}


def role_duty(code: str) -> str:
    """What a role is for, in one sentence."""
    return _say(_ROLE_DUTIES, code)


_REPLY_KINDS: Sayings = {
    "acknowledgement": lambda: _("acknowledgement"),
    "answer": lambda: _("answer"),
}


def reply_kind(code: str) -> str:
    """What sort of outgoing letter a reply is."""
    return _say(_REPLY_KINDS, code)


_NOTICES: Sayings = {
    "saved": lambda: _("Saved."),
    "submitted": lambda: _("Sent for approval."),
    "approved": lambda: _("Approved. It is on its way."),
    "approved-dry": lambda: _("Approved. It waits: sending by e-mail is switched off."),
    "approved-print": lambda: _("Approved. Print it under “To print”."),
    "returned": lambda: _("Returned with your reason."),
    "corrected": lambda: _("The classification was corrected and the dates were counted anew."),
    "corrected-redrafted": lambda: _(
        "The classification was corrected, the dates were counted and the reply was drafted anew."
    ),
    "corrected-kept": lambda: _(
        "The classification was corrected. The reply was edited by a person and stays as it is: check it."
    ),
    "classification-kept": lambda: _("The classification stays as it is."),
    "page-corrected": lambda: _("The text was saved. The letter is being understood anew."),
    "page-checked": lambda: _("Noted: you compared this page and found it right."),
    "page-turned": lambda: _("The page is turned and read again."),
    "page-moved": lambda: _("The order of the pages was changed."),
    "splitting": lambda: _("The pages are being made a letter of their own."),
    "kept-together": lambda: _("The page stays with this letter."),
    "continued": lambda: _("The scan was joined to that letter; both keep their numbers."),
    "processing": lambda: _("The letter is being processed again."),
    "posted": lambda: _("Marked as posted."),
    "joined": lambda: _("The letter was put into that case."),
    "kept-apart": lambda: _("The letter stays a case of its own."),
    "similar-confirmed": lambda: _("Noted: the letters belong together. Nothing was joined."),
    "similar-dismissed": lambda: _("Noted: the letters are not alike."),
    "model-used": lambda: _("The model reads from the next letter on."),
    "released": lambda: _("It is fetched at the next look into the mailbox."),
    "acknowledgements-on": lambda: _("Acknowledgements are switched on, in your name."),
    "acknowledgements-off": lambda: _("Acknowledgements are switched off."),
    "decided": lambda: _("Your decision was noted."),
    "sending-on": lambda: _("Sending is switched on."),
    "sending-off": lambda: _("Sending is switched off. Nothing leaves by e-mail."),
    "user-created": lambda: _("The user was created."),
    "user-changed": lambda: _("The user was changed."),
    "password-set": lambda: _("The new password holds; open sessions of this user were ended."),
    "signed-out": lambda: _("You are signed out."),
    "language": lambda: _("The language was changed."),
}


def notice(code: str) -> str:
    """What an act led to; "" for codes that are none (the code comes back from the browser)."""
    return _NOTICES[code]() if code in _NOTICES else ""


_ACTS: Sayings = {
    "register": lambda: _("registered"),
    "classify": lambda: _("classified"),
    "correct-classification": lambda: _("corrected the classification"),
    "open-case": lambda: _("opened the case"),
    "join-case": lambda: _("joined the letter to the case"),
    "reclassify": lambda: _("counted the dates anew"),
    "reroute": lambda: _("gave the case another topic or department after the text was corrected"),
    "rename-petitioner": lambda: _("read the petitioner's name or address anew"),
    "propose-classification": lambda: _("proposed another classification for the corrected text"),
    "keep-classification": lambda: _("kept the classification"),
    "correct-page": lambda: _("corrected the text of page {page}"),
    "check-page": lambda: _("compared page {page} with its picture"),
    "turn-page": lambda: _("turned page {page}"),
    "move-page": lambda: _("put page {page} in another place"),
    "archive-copy": lambda: _("made the archive copy"),
    "propose-split": lambda: _("asked whether another letter begins with page {page}"),
    "ask-split": lambda: _("had another letter begin with page {page}"),
    "keep-together": lambda: _("kept page {page} with this letter"),
    "split-letter": lambda: _("made pages of this scan a letter of their own"),
    "split-failed": lambda: _("could not take the file apart"),
    "continue-letter": lambda: _("joined the scan to an earlier letter"),
    "read-label": lambda: _("found our printed label with number {number}/{year} on it"),
    "label-without-case": lambda: _("found our label with number {number}/{year}, which has no case yet"),
    "draft": lambda: _("drafted the reply"),
    "save-reply": lambda: _("saved the reply"),
    "keep-refused-text": lambda: _("typed a text that could not be saved; it is kept in the versions"),
    "approve": lambda: _("approved the reply"),
    "redraft": lambda: _("drafted the reply anew"),
    "set-language": lambda: _("changed the language"),
    "sign-in": lambda: _("signed in"),
    "lock-user": lambda: _("locked the account"),
    "activate-user": lambda: _("activated the user"),
    "deactivate-user": lambda: _("deactivated the user"),
    "create-user": lambda: _("created the user"),
    "set-password": lambda: _("set a password"),
    "note-delivery": lambda: _("noted what a mail server reported"),
    "find-similar": lambda: _("found letters like it"),
    "confirm-similar": lambda: _("noted that the letters belong together"),
    "dismiss-similar": lambda: _("noted that the letters are not alike"),
    "train-model": lambda: _("trained a model"),
    "use-model": lambda: _("put a model to work"),
    "propose-join": lambda: _("asked whether the letter belongs to another case"),
    "join-letter": lambda: _("put the letter into another case"),
    "keep-letter-apart": lambda: _("kept the letter apart"),
    "turn-on": lambda: _("switched on"),
    "turn-off": lambda: _("switched off"),
    "release": lambda: _("had a message fetched all the same"),
    "renumber": lambda: _("found the mailbox numbered anew by its server"),
}


def act(code: str, detail: Mapping[str, Any] | None = None) -> str:
    """An act of the audit trail, as the verb after the name of who acted, with the page or number it is about."""
    said = _say(_ACTS, code)
    about = {name: (detail or {}).get(name, "") for name in ("page", "number", "year")}
    return said.format(**about) if "{" in said else said


_SOURCES: Sayings = {
    "letter": lambda: _("from the letter"),
    "register": lambda: _("from the register"),
    "table": lambda: _("from the tables of the town hall"),
    "rule": lambda: _("by a rule"),
}


def source(code: str) -> str:
    """Where a value in a draft comes from."""
    return _say(_SOURCES, code)


_FIELDS: Sayings = {
    "number": lambda: _("registration number"),
    "own_number": lambda: _("number of the answer"),
    "their_number": lambda: _("number given by the sender"),
    "letter_name": lambda: _("what the letter is called"),
    "subject": lambda: _("subject"),
    "petitioner": lambda: _("petitioner"),
    "salutation": lambda: _("salutation"),
    "topic_name": lambda: _("topic"),
    "department": lambda: _("department"),
    "department_genitive": lambda: _("department"),
    "department_dative": lambda: _("department"),
    "legal_basis": lambda: _("legal basis"),
    "term": lambda: _("term"),
    "due_on": lambda: _("last lawful day"),
    "place": lambda: _("place"),
    "signatory": lambda: _("signatory"),
    "signatory_title": lambda: _("title of the signatory"),
    "municipality": lambda: _("municipality"),
    "phone": lambda: _("telephone"),
    "email": lambda: _("e-mail"),
    "website": lambda: _("website"),
    "data_protection": lambda: _("data protection note"),
}


def field(code: str) -> str:
    """A value that stands in a draft."""
    return _say(_FIELDS, code)


_ACTORS: Sayings = {
    "worker": lambda: _("The machine"),
    "model": lambda: _("The classifier"),
    "door": lambda: _("Reception"),
    "rule": lambda: _("A rule"),
}


def actor(name: str, people: dict[str, str]) -> str:
    """Who acted: the full name of a user, or which part of the machine."""
    if name in people:
        return people[name]
    part = name.partition(":")[0]
    return _say(_ACTORS, part) if part in _ACTORS else name
