"""Labelled letters in JSONL files: the training corpus and the sets a model is measured on."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

from classifiers.errors import LineUnreadable
from config.i18n import gettext as _

ALT_SHARE = 0.4
"""The part of the gold that goes to a letter's second matter."""
BEFORE_SUBJECT = "\n\n"


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter with the labels a person gave it; labels that a file does not have are None."""

    id: str
    text: str
    subject: str | None = None
    topic: str | None = None
    topic_alt: str | None = None
    department: str | None = None
    kind: str | None = None
    lang: str | None = None
    urgent: bool | None = None
    writer: str | None = None

    @property
    def hand(self) -> str:
        """Who wrote it: the letters at the beginning of the writer's code, one for each sitting in which letters were
        written; "" if the file does not say."""
        return (self.writer or "").rstrip("0123456789")

    @property
    def accepted(self) -> set[str]:
        """The topics that are right for it."""
        return {topic for topic in (self.topic, self.topic_alt) if topic}


def document(nlp: Language, text: str, subject: str | None) -> Doc:
    """What the pipeline reads: the text, then the subject, so that places in the text stay true."""
    doc = nlp.make_doc(f"{text}{BEFORE_SUBJECT}{subject}" if subject else text)
    doc._.text_end = len(text)
    return doc


def parts_of(doc: Doc) -> tuple[str, str]:
    """Text and subject of what `document` made; the subject is "" if there is none."""
    whole = doc.text  # spaCy puts it together anew each time
    end = len(whole) if doc._.text_end is None else doc._.text_end
    return whole[:end], whole[end:].removeprefix(BEFORE_SUBJECT)


def read_letters(path: Path) -> list[Letter]:
    """The letters of one JSONL file; raises LineUnreadable with the line's number. `id` and `text` must be there."""
    letters = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                letters.append(_letter(path, number, line))
    return letters


def read_corpus(folder: Path) -> list[Letter]:
    """All letters of all files of a folder, in the order of the file names."""
    return [letter for path in sorted(folder.glob("*.jsonl")) for letter in read_letters(path)]


def read_post(folder: Path) -> list[Letter]:
    """The corpus as post comes in: half of it on paper, without the subject of a mail.

    A model that has only seen letters with subjects relies on them and is too sure of the others. Which half is
    decided by the letters' ids, so it is always the same.
    """
    return [replace(letter, subject=None) if _on_paper(letter.id) else letter for letter in read_corpus(folder)]


def _on_paper(key: str) -> bool:
    return hashlib.sha256(key.encode()).digest()[0] % 2 == 0


def fold_of(letters: Iterable[Letter], folds: int) -> list[int]:
    """To which part for cross-validation each letter belongs: within each topic the hands are dealt out in turn.

    One hand wrote many letters of few topics. A model that is examined on letters of a hand it has learned from knows
    the topic by the manner too, and seems better than it is. Where one hand wrote all, letters are dealt out.
    """
    letters = list(letters)
    hands: dict[str | None, list[str]] = {}
    for letter in letters:
        known = hands.setdefault(letter.topic, [])
        if letter.hand not in known:
            known.append(letter.hand)
    dealt: Counter[str | None] = Counter()
    parts = []
    for letter in letters:
        known = hands[letter.topic]
        parts.append((known.index(letter.hand) if len(known) > 1 else dealt[letter.topic]) % folds)
        dealt[letter.topic] += 1
    return parts


@registry.readers("cabinet.letters.v1")  # type: ignore[untyped-decorator]
def letter_reader(path: str, leave_out: int, folds: int, limit: int) -> Callable[[Language], Iterator[Example]]:
    """spaCy's way to the corpus: all letters of folder `path` but part `leave_out` of `folds` (-1: none left out).

    `limit` greater than zero stops after so many letters.
    """

    def read(nlp: Language) -> Iterator[Example]:
        letters = read_post(Path(path))
        kept = [one for one, part in zip(letters, fold_of(letters, folds), strict=True) if part != leave_out]
        for letter in kept[: limit or None]:
            yield example(nlp, letter)

    return read


def example(nlp: Language, letter: Letter) -> Example:
    """A letter as spaCy learns from it: the gold in `cats`, shared between the two matters if there are two."""
    predicted = document(nlp, letter.text, letter.subject)
    cats: dict[str, float] = {}
    if letter.topic_alt:
        cats[f"topic:{letter.topic_alt}"] = ALT_SHARE
    if letter.topic:
        cats[f"topic:{letter.topic}"] = 1 - sum(cats.values())
    if letter.kind:
        cats[f"kind:{letter.kind}"] = 1.0
    if letter.lang:
        cats[f"lang:{letter.lang}"] = 1.0
    if letter.urgent is not None:
        cats[f"urgent:{'yes' if letter.urgent else 'no'}"] = 1.0
    reference = predicted.copy()
    reference.cats = cats
    return Example(predicted, reference)


def _letter(path: Path, number: int, line: str) -> Letter:
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise LineUnreadable(path, number, _("this is not JSON")) from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
        raise LineUnreadable(path, number, _("“id” and “text” are needed"))
    return Letter(
        id=str(row["id"]),
        text=row["text"],
        subject=row.get("subject"),
        topic=row.get("topic"),
        topic_alt=row.get("topic_alt"),
        department=row.get("department"),
        kind=row.get("kind"),
        lang=row.get("lang"),
        urgent=row.get("urgent"),
        writer=row.get("writer"),
    )
