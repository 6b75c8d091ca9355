"""The facts read in a letter, in words for staff: the value, and what is known of it."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from config.i18n import gettext as _
from config.town import Tables
from desk import words
from registry.models import Fact

IDENTIFICATION = "identification"


def facts_of(session: Session, letter_id: int) -> list[Fact]:
    """All facts of a letter in the order in which they stand in it."""
    return list(session.exec(select(Fact).where(Fact.letter_id == letter_id).order_by(col(Fact.start))))


def shown_facts(facts: Iterable[Fact], tables: Tables) -> list[tuple[str, list[str]]]:
    """The facts by sort, each value once."""
    found: dict[str, list[str]] = {}
    for fact in facts:
        values, said = found.setdefault(words.fact(fact.kind), []), _said(fact, tables)
        if said not in values:
            values.append(said)
    return list(found.items())


def missing_identification(facts: Iterable[Fact]) -> str:
    """What the sender left out of who they are, as words; "" when nothing is missing."""
    for fact in facts:
        if fact.kind == IDENTIFICATION and fact.detail and fact.detail.get("missing"):
            return ", ".join(words.missing(code) for code in str(fact.detail["missing"]).split(","))
    return ""


def _said(fact: Fact, tables: Tables) -> str:
    detail = fact.detail or {}
    if fact.kind == IDENTIFICATION:
        return _identification(fact)
    notes = []
    if article := detail.get("article"):
        notes.append(_("art. {article}").format(article=article))
    if meant := detail.get("perhaps"):
        notes.append(_("perhaps {act}").format(act=meant))
    elif detail.get("known") == "no":
        notes.append(_("not in our table of laws"))
    if detail.get("spelling") == "close":
        notes.append(_("spelled otherwise in the letter"))
    notes += [words.department(tables, detail["department"])] if detail.get("department") else []
    notes += [str(detail["town"])] if detail.get("town") else []
    return f"{fact.value} ({', '.join(notes)})" if notes else fact.value


def _identification(fact: Fact) -> str:
    missing = missing_identification([fact])
    if missing:
        return _("missing: {what}").format(what=missing)
    only_email = (fact.detail or {}).get("only") == "email"
    return _("complete; the only address is an e-mail address") if only_email else _("complete")
