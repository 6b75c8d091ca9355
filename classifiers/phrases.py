"""Fixed phrases found by their stems, for the rules of this room."""

from collections.abc import Iterable, Mapping

from registry.text import stems

Phrases = dict[str, list[tuple[str, ...]]]
Places = list[tuple[int, int]]
Grouped = dict[str, list[tuple[tuple[str, ...], str]]]


def compile_phrases(*phrases: str) -> Phrases:
    """The phrases as stem sequences, by their first stem. "*" stands for one to three words."""
    compiled: Phrases = {}
    for phrase in phrases:
        sequence = tuple(piece for part in phrase.split() for piece in (["*"] if part == "*" else stems(part)))
        compiled.setdefault(sequence[0], []).append(sequence)
    return compiled


def compile_groups(groups: Mapping[str, Iterable[str]]) -> Grouped:
    """The phrases of many named groups in one table, to be looked for in one pass."""
    compiled: Grouped = {}
    for group, phrases in groups.items():
        for first, sequences in compile_phrases(*(str(phrase) for phrase in phrases)).items():
            compiled.setdefault(first, []).extend((sequence, group) for sequence in sequences)
    return compiled


def find_groups(words: list[tuple[int, str]], groups: Grouped) -> dict[str, Places]:
    """Of each group that is in the letter: (first, last) token of its phrases, one for each first token."""
    found: dict[str, dict[int, int]] = {}
    for start, (token, stem) in enumerate(words):
        for sequence, group in groups.get(stem, ()):
            end = _end(words, start, sequence)
            if end is not None:
                places = found.setdefault(group, {})
                places[token] = max(places.get(token, 0), words[end - 1][0])
    return {group: sorted(places.items()) for group, places in found.items()}


def find_phrases(words: list[tuple[int, str]], phrases: Phrases) -> Places:
    """Where the phrases are: (first, last) token of each. `words` are (token, stem) pairs in order."""
    found = []
    for start, (token, stem) in enumerate(words):
        for sequence in phrases.get(stem, ()):
            end = _end(words, start, sequence)
            if end is not None:
                found.append((token, words[end - 1][0]))
    return found


def _end(words: list[tuple[int, str]], start: int, sequence: tuple[str, ...]) -> int | None:
    if not sequence:
        return start
    if sequence[0] == "*":
        ends = (_end(words, start + skipped, sequence[1:]) for skipped in (1, 2, 3))
        return next((end for end in ends if end is not None), None)
    if start < len(words) and words[start][1] == sequence[0]:
        return _end(words, start + 1, sequence[1:])
    return None
