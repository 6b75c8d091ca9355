"""What a draft may say: every value with the place it was read at, collected before any text is made."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from config.town import Department, LegalTerm, Tables
from registry.models import Case, Decision, Fact, Letter, RegisterEntry
from registry.spelling import comma_below, mask_cnp
from registry.text import fold
from responders.kinds import Channel
from responders.salutation import salutation
from responders.spelling import one_line

NUMBER_AT_APPROVAL = "[numărul se dă la aprobare]"
"""Stands for the answer's own number while the office gives answers new numbers (office.yaml reply_number)."""

FIELDS = {
    "number": "numărul de înregistrare",
    "own_number": "numărul răspunsului",
    "their_number": "numărul dat de expeditor",
    "letter_name": "felul scrisorii",
    "subject": "subiectul scrisorii",
    "petitioner": "numele petentului",
    "salutation": "formula de adresare",
    "topic_name": "tema",
    "department": "compartimentul",
    "department_genitive": "compartimentului",
    "department_dative": "compartimentului",
    "legal_basis": "actul normativ și articolul",
    "term": "termenul legal",
    "due_on": "data până la care se răspunde",
    "place": "locul la care se referă",
    "signatory": "numele semnatarului",
    "signatory_title": "funcția semnatarului",
    "municipality": "municipiul",
    "phone": "telefonul",
    "email": "adresa de e-mail",
    "website": "pagina de internet",
    "data_protection": "nota privind protecția datelor",
}
"""The fields that templates may use, with the words shown when the record does not know the value."""

_HOME_BEFORE = re.compile(r"\b(?:domiciliat[aei]?|domiciliul?|locuiesc|locuind|resedinta|adresa mea)\W[^.]{0,60}$")
_SUBJECT_LENGTH = 200
_OFFICE = ("signatory", "signatory_title", "municipality", "phone", "email", "website", "data_protection")


@dataclass(frozen=True, slots=True)
class Value:
    """One field of a draft. `source` is letter, register, table or rule; `place` says where exactly."""

    field: str
    value: str
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class DraftContext:
    """All that a draft is made from; drafting reads nothing else."""

    kind: str
    topic: str
    language: str
    channel: Channel
    original_subject: str
    number: str
    values: tuple[Value, ...]

    def value(self, field: str) -> Value | None:
        """The value of a field, or None when the record does not know it."""
        return next((value for value in self.values if value.field == field), None)


def channel_for(letter: Letter) -> Channel:
    """E-mail if the letter came by e-mail and says where to answer, else post."""
    return Channel.EMAIL if letter.channel == "email" and letter.reply_address else Channel.POST


def context_for(
    letter: Letter,
    case: Case,
    entry: RegisterEntry,
    decision: Decision | None,
    facts: Sequence[Fact],
    tables: Tables,
    *,
    letter_names: dict[str, str],
    own_number: bool,
) -> DraftContext:
    """Collect the values for a letter's drafts, each with its source.

    `letter_names` maps legal kinds to what such a letter is called; `own_number` says that the answer gets a number
    of its own at approval instead of the letter's.
    """
    values = [
        Value("number", entry.label, "register", f"register_entries:{entry.id}"),
        Value("own_number", NUMBER_AT_APPROVAL, "rule", "office.yaml reply_number")
        if own_number
        else Value("own_number", entry.label, "register", f"register_entries:{entry.id}"),
        Value("letter_name", letter_names[case.kind], "rule", f"cases:{case.id} kind"),
        *_from_letter(letter, case, entry, facts),
        *_from_tables(case, tables),
    ]
    return DraftContext(
        kind=case.kind,
        topic=case.topic,
        language=decision.language if decision else "ro",
        channel=channel_for(letter),
        original_subject=_shown(letter.subject),
        number=entry.label,
        values=tuple(value for value in values if value.value),
    )


def term_wording(term: LegalTerm) -> str:
    """The length of a term in Romanian words: "10 zile", "30 de zile", "15 zile lucrătoare", "o lună"."""
    if term.unit == "months":
        return "o lună" if term.length == 1 else f"{_counted(term.length)} luni"
    return f"{_counted(term.length)} zile{' lucrătoare' if term.unit == 'working-days' else ''}"


def own_text(letter: Letter) -> str:
    """The letter's text with quoted parts blanked out, so that places in it stay true."""
    if not letter.own_text_spans:
        return letter.text
    kept = [" "] * len(letter.text)
    for start, end in letter.own_text_spans:
        kept[start:end] = letter.text[start:end]
    return "".join(kept)


def _from_letter(letter: Letter, case: Case, entry: RegisterEntry, facts: Sequence[Fact]) -> Iterable[Value]:
    name = _shown(case.petitioner_name)
    yield Value("petitioner", name, "letter", _name_place(letter, case, facts))
    greeting = salutation(own_text(letter), name)
    where = "rule", "salutation"
    if greeting.start is not None:
        where = "letter", f"letters:{letter.id} text {greeting.start}-{greeting.end}"
    yield Value("salutation", greeting.text, *where)
    yield Value("subject", _shown(letter.subject), "letter", f"letters:{letter.id} subject")
    if entry.correspondent_number:
        theirs = _shown(entry.correspondent_number)
        if entry.correspondent_date:
            theirs = f"{theirs}/{_day(entry.correspondent_date)}"
        yield Value("their_number", theirs, "register", f"register_entries:{entry.id} correspondent_number")
    place = _place(letter, case, facts)
    if place is not None:
        yield Value("place", _shown(place.value), "letter", f"letters:{letter.id} text {place.start}-{place.end}")


def _from_tables(case: Case, tables: Tables) -> Iterable[Value]:
    topic = next((topic for topic in tables.topics if topic.slug == case.topic), None)
    if topic is not None:
        yield Value("topic_name", topic.name, "table", f"topics.yaml {topic.slug}")
    department = department_of(case, tables)
    if department is not None:
        place = f"departments.yaml {department.slug}"
        yield Value("department", department.name, "table", place)
        yield Value("department_genitive", department.name_genitive, "table", place)
        yield Value("department_dative", department.name_dative, "table", place)
    term = tables.legal_term(case.kind, case.registered_on)
    if term is not None:
        yield Value("legal_basis", term.legal_basis, "table", f"legal_terms.yaml {term.id}")
        yield Value("term", term_wording(term), "table", f"legal_terms.yaml {term.id}")
    if case.legal_on is not None:
        yield Value("due_on", _day(case.legal_on), "rule", f"cases:{case.id} legal_on")
    for field in _OFFICE:
        yield Value(field, comma_below(str(getattr(tables.office, field)).strip()), "table", f"office.yaml {field}")


def department_of(case: Case, tables: Tables) -> Department | None:
    """The department that a case is assigned to, if it is in the table."""
    return next((one for one in tables.departments if one.slug == case.department), None)


def _name_place(letter: Letter, case: Case, facts: Sequence[Fact]) -> str:
    for fact in facts:
        if fact.kind == "petitioner" and one_line(fact.value) == one_line(case.petitioner_name):
            return f"letters:{letter.id} text {fact.start}-{fact.end}"
    return f"letters:{letter.id} sender"


def _place(letter: Letter, case: Case, facts: Sequence[Fact]) -> Fact | None:
    """The first address in the letter that is not the writer's own home."""
    for fact in sorted(facts, key=lambda one: one.start):
        before = fold(letter.text[max(0, fact.start - 100) : fact.start])
        home = _HOME_BEFORE.search(before) or (
            case.petitioner_address and case.petitioner_address.startswith(one_line(fact.value))
        )
        if fact.kind == "address" and fact.end <= len(letter.text) and not home:
            return fact
    return None


def _counted(count: int) -> str:
    # Romanian counts "19 zile" but "20 de zile"; the rule repeats with every hundred.
    return str(count) if 1 <= count % 100 <= 19 else f"{count} de"


def _shown(text: str) -> str:
    return mask_cnp(one_line(comma_below(text)))[:_SUBJECT_LENGTH].strip()


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
