"""Visible gaps: what the record does not know stands in the draft as `[de completat: …]` until a person fills it."""

import re

# A marker counts even if somebody deleted its closing bracket or its colon.
_GAP = re.compile(r"\[\s*de\s+completat\s*:?\s*([^\]\n]*)\]?", re.IGNORECASE)


def gap(what: str) -> str:
    """The marker for something a person must fill in; `what` says what, in Romanian."""
    return f"[de completat: {what}]"


def gaps_in(text: str) -> list[str]:
    """What is still to be filled in, in the order of the text."""
    return [found[1].strip() or "…" for found in _GAP.finditer(text)]


class Missing:
    """A template field whose value was not found: false in a condition, a visible gap in the text."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return gap(self._what)
