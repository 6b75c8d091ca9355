"""Where the sentences of a letter end, as far as the finders need it."""

import re

# A full stop after one to three letters is an abbreviation ("str.", "nr.", "Gh."), not an end.
_END = re.compile(r"[!?;]+|(?<=\w\w\w\w)\.+|(?<=\d\d)\.+(?=\s|$)|\.{2,}|\n\s*\n|(?<=\))\.")


def sentence_around(folded: str, start: int, end: int, reach: int) -> tuple[int, int]:
    """The sentence that holds a piece of a text, cut off `reach` characters before and after it."""
    first = max(0, start - reach)
    before = [match.end() for match in _END.finditer(folded, first, start)]
    after = _END.search(folded, end, min(len(folded), end + reach))
    return before[-1] if before else first, after.start() if after else min(len(folded), end + reach)
