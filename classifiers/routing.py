"""Who answers a letter: the department of its topic, unless a row of config/tables/routing.yaml says otherwise.

The rows are the traps of this office (a hole left by the water works, the waste fee, a complaint about an official);
all that fit are kept with their reason, so that the desk can explain the choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.facts.fact import Fact
from classifiers.phrases import Phrases, compile_phrases, find_phrases
from config.town import Route, Tables


@dataclass(frozen=True, slots=True)
class RouteTaken:
    """A row of the routing table that fits a letter.

    `why` is the sentence for the desk, `department` who answers by this row ("" if it leaves that open), `copies` who
    gets a copy, `redirect` the authority that is competent instead ("" for none).
    """

    rule: str
    why: str
    department: str
    copies: tuple[str, ...]
    redirect: str

    def detail(self) -> dict[str, str]:
        """What the record keeps of it beside `why`."""
        copies = ",".join(self.copies)
        plain = {"rule": self.rule, "department": self.department, "copies": copies, "redirect": self.redirect}
        return {name: value for name, value in plain.items() if value}


@dataclass(frozen=True, slots=True)
class _Compiled:
    row: Route
    words: Phrases
    and_words: Phrases
    unless: Phrases


class Router:
    """A town hall's routing table, ready to be asked."""

    def __init__(self, tables: Tables) -> None:
        self._by_topic = {topic.slug: topic.department for topic in tables.topics}
        self._rows = [
            _Compiled(row, compile_phrases(*row.words), compile_phrases(*row.and_words), compile_phrases(*row.unless))
            for row in tables.routing
        ]

    def route(
        self, topic: str, kind: str, words: list[tuple[int, str]], facts: Sequence[Fact]
    ) -> tuple[str | None, tuple[RouteTaken, ...]]:
        """The department that answers (None: nobody does) and the rows that fit, in the table's order.

        `words` are the (token, stem) pairs of the letter in order.
        """
        by_topic = self._by_topic[topic]
        taken = []
        for compiled in self._rows:
            row = compiled.row
            if _fits(compiled, topic, kind, words, facts, by_topic):
                copies = tuple(slug for slug in row.copies if slug != (row.department or by_topic))
                taken.append(RouteTaken(row.rule, row.why, row.department or "", copies, row.redirect or ""))
        return next((one.department for one in taken if one.department), by_topic), tuple(taken)


def _fits(
    compiled: _Compiled,
    topic: str,
    kind: str,
    words: list[tuple[int, str]],
    facts: Sequence[Fact],
    department: str | None,
) -> bool:
    row = compiled.row
    if (row.topics and topic not in row.topics) or (row.kinds and kind not in row.kinds):
        return False
    if row.laws and not any(fact.detail.get("rule") in row.laws for fact in facts):
        return False
    if row.complained_about and not any(_blames(fact, row, department) for fact in facts):
        return False
    if compiled.unless and find_phrases(words, compiled.unless):
        return False
    return all(not phrases or find_phrases(words, phrases) for phrases in (compiled.words, compiled.and_words))


def _blames(fact: Fact, row: Route, department: str | None) -> bool:
    if fact.kind != "complained-about" or fact.detail.get("who") not in row.complained_about:
        return False
    return not row.own_department or fact.detail.get("department") == department
