"""Step `facts`: people, contacts, identifiers, numbers, dates and addresses in a letter, with their places.

Each file of this folder knows one kind and has one function `find(page)`; the table below is their order.
"""

from spacy.language import Language
from spacy.tokens import Doc

from classifiers.facts import addresses, contacts, dates, identifiers, laws, people, registration_numbers
from classifiers.facts.fact import Fact, Page

FINDERS = (people, contacts, identifiers, registration_numbers, laws, dates, addresses)

if not Doc.has_extension("facts"):
    Doc.set_extension("facts", default=())


def find_facts(text: str) -> tuple[Fact, ...]:
    """All facts of a text, in the order of their places; nothing is guessed across sentences."""
    page = Page(text)
    found = {fact for finder in FINDERS for fact in finder.find(page)}
    return tuple(sorted(found, key=lambda fact: (fact.start, fact.end, fact.kind)))


@Language.component("facts", assigns=["doc._.facts"])
def facts(doc: Doc) -> Doc:
    """Write `doc._.facts`."""
    doc._.facts = find_facts(doc.text)
    return doc
