"""The letters of the set, in texts/: invented people, companies and streets; `{field}`s are filled by `filling`.

Marks at the start of a line: "^" centred, ">" at the right, "#" bold, "|" a row of a table with borders,
"~" a column break of a two-column page. Other lines are paragraphs that the printer wraps.
"""

from pathlib import Path
from typing import Final


def _letters(name: str) -> tuple[str, ...]:
    return tuple((Path(__file__).parent / "texts" / f"{name}.txt").read_text().strip("\n").split("\n=====\n"))


ROMANIAN: Final = _letters("romanian")
HUNGARIAN: Final = _letters("hungarian")
GERMAN: Final = _letters("german")
(MIXED,) = _letters("mixed")
(TWO_COLUMNS,) = _letters("columns")
# Paragraphs that may stand in any Romanian letter of the set: one or two are put in before its end.
MORE: Final = _letters("more")
