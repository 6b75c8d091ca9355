"""Facts of a text, found with the tables that come with the program."""

from functools import lru_cache

from classifiers.facts import FactFinder
from classifiers.facts.fact import Fact
from config.town import load_tables


@lru_cache
def finder() -> FactFinder:
    """The finder that knows this checkout's streets and departments."""
    found = FactFinder()
    found.use(load_tables())
    return found


def find_facts(text: str) -> tuple[Fact, ...]:
    """All facts of a text."""
    return finder().find(text)


def found(text: str, kind: str) -> list[str]:
    """The values of one kind of fact."""
    return [fact.value for fact in find_facts(text) if fact.kind == kind]


def details(text: str, kind: str) -> list[dict[str, str]]:
    """What is known of the facts of one kind."""
    return [fact.detail for fact in find_facts(text) if fact.kind == kind]
