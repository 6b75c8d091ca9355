"""Taking a letter apart: a mail into text and files, a scan into itself; machine mail is sorted out here."""

import shutil
from typing import Any

from sqlmodel import Session, col, delete

from config import clock
from daemon.house import House, own_addresses, own_domain
from daemon.steps.rows import letter_row
from ingest.calendar import invitation_text
from ingest.checks import sorts_out
from ingest.documents.sniff import sniff
from ingest.errors import IngestError
from ingest.message import Message, take_apart
from ingest.nested import attached_mail_text
from ingest.parts import Part
from ingest.problems import FAILURES, remarks
from registry import letters
from registry.models import Fact, Letter, LetterPart, Page
from registry.statuses import LetterStatus, change_letter
from registry.store import record_file

# Envelopes of a mail, not documents: they are kept, listed and offered for download.
_NOT_DOCUMENTS = frozenset({"signed", "eml", "msg"})
# What a page of a part can be besides a page of a document: an attached mail, an invitation.
TOLD_SOURCES = frozenset({"mail", "calendar"})
# What mail programs put inside a text and nobody wrote.
_ORNAMENTS = frozenset({"unknown", "zip", "ole"})


def take_letter_apart(house: House, letter_id: int) -> dict[str, Any]:
    """The content of a letter as plain values, its files in the store: {"message": …|None, "parts": […], "problem"}."""
    with house.database.read() as session:
        letter = letter_row(session, letter_id)
        channel, sha256, name = letter.channel, letter.raw_sha256, letter.original_name
    source = house.store.path(sha256)
    if channel != "email":
        whole = {"number": 1, "file_name": name, "found_type": str(sniff(source)), "sha256": sha256}
        return {"message": None, "parts": [whole], "problem": ""}
    folder = house.work_folder("parts") / str(letter_id)
    folder.mkdir(exist_ok=True)
    try:
        message = take_apart(source, folder, own_addresses=own_addresses(house), own_domain=own_domain(house))
        for part in message.parts:
            house.store.put_file(folder / part.stored_name)
    except IngestError as error:
        return {"message": None, "parts": [], "problem": error.code}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    problem = next((code for code in message.problems if code in FAILURES), "")
    return {"message": message.to_json(), "parts": [_plain_part(part) for part in message.parts], "problem": problem}


def record_parts(house: House, session: Session, letter_id: int, taken: dict[str, Any]) -> dict[str, Any]:
    """Write headers, text and parts of a letter; returns {"machine_mail": bool, "to_read": [part ids]}."""
    letter = letter_row(session, letter_id)
    _forget_earlier_round(session, letter_id)
    message = Message.from_json(taken["message"]) if taken["message"] else None
    if message is not None:
        _take_over(letter, message)
    letter.problem = taken["problem"]
    to_read = []
    for values in taken["parts"]:
        record_file(session, house.store, values["sha256"])
        fields = {name: value for name, value in values.items() if name in LetterPart.model_fields}
        part = LetterPart(letter_id=letter_id, size=house.store.size(values["sha256"]), **fields)
        session.add(part)
        session.flush()
        assert part.id is not None
        if told := values.get("told"):
            session.add(Page(letter_id=letter_id, part_id=part.id, number=1, raw_text=told["text"], **told))
        elif letter.channel != "email" or _may_hold_words(values):
            to_read.append(part.id)
    entry = letters.number_of(session, letter)
    entry.correspondent = letter.sender_name or letter.sender_address
    entry.summary = letter.subject
    entry.annexes = len(taken["parts"]) if letter.channel == "email" else 0
    now = clock.now()
    change_letter(session, letter, LetterStatus.TAKEN_APART, at=now, actor="worker")
    if sorts_out(letter.machine_kind, letter.machine_rule):
        change_letter(session, letter, LetterStatus.MACHINE_MAIL, at=now, actor=f"rule:{letter.machine_rule}")
        return {"machine_mail": True, "to_read": []}
    return {"machine_mail": False, "to_read": to_read}


def _take_over(letter: Letter, message: Message) -> None:
    letter.subject = message.subject
    letter.sender_name, letter.sender_address = message.from_name, message.from_address
    letter.reply_address = message.reply_to or message.from_address
    letter.message_id = message.message_id
    letter.references = list(dict.fromkeys(filter(None, [*message.references, message.in_reply_to])))
    letter.text, letter.html = message.text, message.html
    letter.remarks = remarks(message)
    letter.content_digest = message.content_digest
    letter.own_text_spans = [list(span) for span in message.new_text_spans]
    if letter.machine_rule != letters.RESTORED:
        letter.machine_kind, letter.machine_rule = message.machine_kind, message.machine_rule


def _forget_earlier_round(session: Session, letter_id: int) -> None:
    """Facts, pages and parts of an earlier round of processing are replaced; the files stay in the store."""
    session.exec(delete(Fact).where(col(Fact.letter_id) == letter_id))
    session.exec(delete(Page).where(col(Page.letter_id) == letter_id))
    session.exec(delete(LetterPart).where(col(LetterPart.letter_id) == letter_id))


def _may_hold_words(part: dict[str, Any]) -> bool:
    """Whether a file of a mail is to be read; one of a kind that cannot be read then gets its reason."""
    ornament = part["inline"] and part["found_type"] in _ORNAMENTS
    return not (part["envelope"] or part["found_type"] in _NOT_DOCUMENTS or ornament)


def _told(part: Part) -> dict[str, str] | None:
    """What an attached mail or an invitation says, in words, as the fields of a page."""
    if part.mail is not None:
        return {"source": "mail", "text": attached_mail_text(part.mail)}
    if part.invitation is not None:
        return {"source": "calendar", "text": invitation_text(part.invitation)}
    return None


def _plain_part(part: Part) -> dict[str, Any]:
    """The part's row, and beside it whether it is an envelope and what it tells without being read."""
    return {
        "number": part.number,
        "path_in_mail": part.path_in_mail,
        "file_name": part.filename,
        "declared_type": part.declared_type,
        "found_type": str(part.found_type),
        "sha256": part.sha256,
        "content_id": part.content_id,
        "inline": part.disposition == "inline" or bool(part.content_id) or part.again,
        "nested": part.nested,
        "envelope": part.envelope,
        "told": _told(part),
    }
