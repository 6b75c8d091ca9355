"""Step `facts`: people, contacts, identifiers, numbers, dates and places in a letter, with where they stand.

Each file of this folder knows one kind and has one function `find`; the table below is their order. Streets and
departments are those of the town hall's tables.
"""

from collections.abc import Iterable
from dataclasses import replace

from spacy.language import Language
from spacy.tokens import Doc

from classifiers.facts import (
    addresses,
    cadastre,
    complained,
    contacts,
    dates,
    identifiers,
    laws,
    people,
    registration_numbers,
    streets,
)
from classifiers.facts.complained import Targets
from classifiers.facts.fact import Fact, Page
from classifiers.facts.streets import StreetList
from classifiers.home import home_place
from config.town import Tables

FINDERS = (people, contacts, identifiers, registration_numbers, laws, dates, cadastre)

if not Doc.has_extension("facts"):
    Doc.set_extension("facts", default=())


class FactFinder:
    """Finds the facts of a text; knows no streets and departments until it is told to `use` a town hall's tables."""

    def __init__(self) -> None:
        self._streets, self._targets = StreetList(), Targets()

    def use(self, tables: Tables) -> None:
        """Take the streets and departments of these tables from now on."""
        self._streets = StreetList.of(tables.streets)
        self._targets = Targets.of(tables.departments)

    def __call__(self, doc: Doc) -> Doc:
        doc._.facts = self.find(doc.text)
        return doc

    def find(self, text: str) -> tuple[Fact, ...]:
        """All facts of a text, in the order of their places; nothing is guessed across sentences."""
        page = Page(text)
        found = {fact for finder in FINDERS for fact in finder.find(page)}
        named = streets.find(page, self._streets)
        found.update(fact for fact, _ in named)
        found.update(complained.find(page, self._targets))
        writer = next((fact.value for fact in found if fact.kind == "petitioner"), "")
        found.update(_with_the_writers(text, writer, addresses.find(page, [place for _, place in named])))
        return tuple(sorted(found, key=lambda fact: (fact.start, fact.end, fact.kind, fact.value)))


@Language.factory("facts", assigns=["doc._.facts"])
def make_facts(nlp: Language, name: str) -> FactFinder:
    """The step: writes `doc._.facts`."""
    return FactFinder()


def _with_the_writers(text: str, writer: str, found: Iterable[Fact]) -> list[Fact]:
    """The addresses, the writer's own marked as such."""
    ordered = sorted(found, key=lambda fact: fact.start)
    home = home_place(text, writer, [(fact.start, fact.end) for fact in ordered])
    return [
        replace(fact, detail=fact.detail | {"whose": "petitioner"}) if (fact.start, fact.end) == home else fact
        for fact in ordered
    ]
