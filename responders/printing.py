"""The printed letter on record: made once, kept by its hash, and the same bytes whenever it is opened again."""

from sqlmodel import Session

from config.town import Tables
from registry.letters import number_of
from registry.models import Case, Letter, Outbox, Reply
from registry.store import FileStore, record_file
from responders.letterhead import render_pdf


def printed_letter(session: Session, store: FileStore, outbox: Outbox, tables: Tables) -> bytes:
    """The PDF of an approved postal letter; the first call makes and keeps it (so it needs a writing session)."""
    if outbox.document_sha256 is not None:
        return store.read(outbox.document_sha256)
    reply = session.get_one(Reply, outbox.reply_id)
    letter = session.get_one(Letter, reply.letter_id)
    pdf = render_pdf(reply, letter, number_of(session, letter), session.get_one(Case, reply.case_id), tables)
    sha256 = store.put(pdf)
    record_file(session, store, sha256)
    outbox.document_sha256 = sha256
    return pdf
