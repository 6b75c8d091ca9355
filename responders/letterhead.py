"""The letter on paper: the approved text on the office's letterhead, as a PDF."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from weasyprint import CSS, HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from config.clock import local_date
from config.town import Tables
from registry.models import Case, Letter, RegisterEntry, Reply
from responders.context import department_of
from responders.kinds import Channel, ReplyKind
from responders.letter_text import take_apart

PAPER = Path(__file__).resolve().parent / "paper"
_OWN_DEPARTMENTS = frozenset({"internal", "subordinated"})


class NothingFromOutside(URLFetcher):  # type: ignore[misc]
    """A letter is made of our own text and styles; whatever else would be fetched is refused."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        raise FatalURLFetchingError(f"refused: {url.split(':', 1)[0]}")


def render_pdf(reply: Reply, letter: Letter, entry: RegisterEntry, case: Case, tables: Tables) -> bytes:
    """The reply as an A4 letter (bytes of a PDF); one that is not approved is marked as a draft.

    Everything in the body of the letter is the approved text; the letterhead comes from the office table, the second
    place for a signature (OG 27/2002 art. 13) from the case's department. `letter` gives nothing but its subject
    when the text no longer says what it refers to, `entry` the number when the text no longer has one.
    """
    office = tables.office
    text = take_apart(reply.body, office.signatory_title)
    numbers = [line for line in text.heading if line.startswith("Nr.")]
    references = [line for line in text.heading if not line.startswith(("Nr.", "Către"))]
    html = _template().render(
        office=office,
        preview=reply.approved_hash is None,
        number=numbers[0] if numbers else f"Nr. {entry.label}",
        dated=f"{local_date(reply.decided_at):%d.%m.%Y}" if reply.approved_hash and reply.decided_at else "",
        addressee=_addressee(reply),
        references=references or [f"Ref.: {entry.label} {letter.subject}".strip()],
        subject=reply.subject,
        text=text,
        department=_second_signature(reply, case, tables),
    )
    pdf = HTML(string=html, url_fetcher=NothingFromOutside()).write_pdf(stylesheets=[_styles()])
    assert isinstance(pdf, bytes)
    return pdf


def _addressee(reply: Reply) -> list[str]:
    where = [reply.recipient_email] if reply.channel == Channel.EMAIL else reply.recipient_address.split("\n")
    return [line for line in (reply.recipient_name, *where) if line.strip()]


def _second_signature(reply: Reply, case: Case, tables: Tables) -> str:
    department = department_of(case, tables)
    if department is None or department.kind not in _OWN_DEPARTMENTS or reply.kind == ReplyKind.ACKNOWLEDGEMENT:
        return ""
    return department.name


@lru_cache
def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(PAPER), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("letter.html.j2")


@lru_cache
def _styles() -> CSS:
    return CSS(filename=PAPER / "letter.css", url_fetcher=NothingFromOutside())
