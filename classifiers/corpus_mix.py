"""How many letters of each topic the training corpus has: what the mix of real letters is compared with."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"


def corpus_mix(slugs: Iterable[str]) -> dict[str, int]:
    """Letters in the corpus by topic; a topic without a file has none."""
    return {slug: _letters(slug) for slug in slugs}


@cache
def _letters(slug: str) -> int:
    path = CORPUS / f"{slug}.jsonl"
    return sum(1 for line in path.open(encoding="utf-8") if line.strip()) if path.exists() else 0
