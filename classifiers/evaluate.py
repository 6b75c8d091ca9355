"""Measuring a model on labelled letters, and classifying a file of letters."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.confidence import kept_at
from classifiers.letters import Letter, read_letters
from classifiers.understand import Understander, Understanding
from config.i18n import gettext as _
from registry.text import fold

BINS = 10
PRECISION = 0.95
_MARKS = frozenset("ăâîșțşţĂÂÎȘȚŞŢ")


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic: letters that have it, letters said to have it, right among the latter, and the F1 of both."""

    topic: str
    letters: int
    said: int
    right: int
    f1: float


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """A part of the letters ("hu", "no-diacritics"): how many, and the shares of accepted, top three and sure ones."""

    name: str
    letters: int
    accepted: float
    top_three: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Letters whose confidence is about the same: how many, its mean, and the share whose topic was accepted."""

    letters: int
    confidence: float
    accepted: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a model reads a file of labelled letters; all figures are shares between 0 and 1, None without labels.

    strict: first topic is the label. accepted: it is the label or its second matter. top_three: an accepted one is
    among the first three. calibration_error: expected calibration error of `confidence` (10 bins) against strict, and
    against accepted, which is what it promises. coverage_at_95: most letters one could keep by a bar on confidence
    with 95 % of them accepted (with hindsight); coverage and precision: the letters above the model's own bar, which
    was chosen on other letters. department_accepted: the label's department, or the one of the second matter.
    confusion: (label, said) -> count.
    """

    model: str
    views: str
    letters: int
    strict: float
    accepted: float
    top_three: float
    macro_f1: float
    calibration_error: float
    calibration_error_accepted: float
    coverage_at_95: float
    coverage: float
    precision: float
    department: float | None
    department_accepted: float | None
    kind: float | None
    language: float | None
    urgent_found: float | None
    urgent_false: float | None
    by_topic: tuple[TopicFigures, ...]
    by_group: tuple[GroupFigures, ...]
    reliability: tuple[Bin, ...]
    confusion: dict[tuple[str, str], int]

    def __str__(self) -> str:
        lines = [
            _("Letters: {0}").format(self.letters),
            *(f"{name}: {percent(value)}" for name, value in self.named()),
            "",
            _("group (letters, accepted, among the first three, above the bar)"),
            *(
                f"  {one.name:26} {one.letters:4} {one.accepted:6.1%} {one.top_three:6.1%} {one.coverage:6.1%}"
                for one in self.by_group
            ),
            "",
            _("topic (letters, said, right, F1)"),
            *(f"  {one.topic:26} {one.letters:4} {one.said:4} {one.right:4} {one.f1:6.2f}" for one in self.by_topic),
            "",
            _("most frequent mistakes (label → said)"),
            *(f"  {count:3}  {pair[0]} → {pair[1]}" for pair, count in Counter(self.confusion).most_common(15)),
        ]
        return "\n".join(lines)

    def named(self) -> list[tuple[str, float | None]]:
        """The single figures with their names for people."""
        return [
            (_("First topic right (strict)"), self.strict),
            (_("First or second matter (accepted)"), self.accepted),
            (_("Among the first three"), self.top_three),
            (_("Macro-F1"), self.macro_f1),
            (_("Calibration error (strict)"), self.calibration_error),
            (_("Calibration error (accepted)"), self.calibration_error_accepted),
            (_("Coverage at 95 % precision"), self.coverage_at_95),
            (_("Share above the model's own bar"), self.coverage),
            (_("Accepted among those"), self.precision),
            (_("Department right"), self.department),
            (_("Department of the first or second matter"), self.department_accepted),
            (_("Legal kind right"), self.kind),
            (_("Language right"), self.language),
            (_("Urgent letters found"), self.urgent_found),
            (_("False alarms among the others"), self.urgent_false),
        ]

    def to_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        for name in ("by_topic", "by_group", "reliability"):
            plain[name] = [asdict(one) for one in plain[name]]
        plain["confusion"] = [[label, said, count] for (label, said), count in sorted(self.confusion.items())]
        return plain


def evaluate(path: Path, understander: Understander, *, bare: bool = False) -> Evaluation:
    """Read every letter of a labelled JSONL file (id, text, topic, and what there is of the other labels).

    `bare` takes the diacritics off all letters first. Raises LineUnreadable for a broken line; letters without a topic
    are left out.
    """
    letters = [letter for letter in read_letters(path) if letter.topic]
    if bare:
        letters = [
            replace(letter, text=_bare(letter.text), subject=_bare(letter.subject) if letter.subject else None)
            for letter in letters
        ]
    read = [understander.understand(letter.text, letter.subject) for letter in letters]
    return figures(letters, read, understander.departments)


def figures(
    letters: list[Letter], read: list[Understanding], departments: Mapping[str, str | None] | None = None
) -> Evaluation:
    """The figures of letters and what was understood of each, in the same order.

    `departments` of the topics say which other department would be right for a letter's second matter.
    """
    pairs = list(zip(letters, read, strict=True))
    accepted = np.array([one.topic in letter.accepted for letter, one in pairs], dtype=bool)
    strict = np.array([one.topic == letter.topic for letter, one in pairs], dtype=bool)
    confidence = np.array([one.confidence for one in read])
    sure = np.array([not one.abstained for one in read], dtype=bool)
    by_topic = _by_topic(pairs)
    calm = [one.urgent for letter, one in pairs if letter.urgent is False]
    alarming = [one.urgent for letter, one in pairs if letter.urgent]
    return Evaluation(
        model=read[0].model_version if read else "",
        views=max((one.views for one in read), key=len, default=""),
        letters=len(pairs),
        strict=_mean(strict),
        accepted=_mean(accepted),
        top_three=_mean([_among_three(letter, one) for letter, one in pairs]),
        macro_f1=_mean([one.f1 for one in by_topic if one.letters]),
        calibration_error=_calibration_error(_bins(confidence, strict)),
        calibration_error_accepted=_calibration_error(_bins(confidence, accepted)),
        coverage_at_95=_coverage(confidence, accepted),
        coverage=_mean(sure),
        precision=_mean(accepted[sure]),
        department=_agreement((letter.department, one.department or "none") for letter, one in pairs),
        department_accepted=_departments(pairs, departments or {}),
        kind=_agreement((letter.kind, one.kind) for letter, one in pairs),
        language=_agreement((letter.lang, one.language) for letter, one in pairs),
        urgent_found=_mean(alarming) if alarming else None,
        urgent_false=_mean(calm) if calm else None,
        by_topic=by_topic,
        by_group=_by_group(pairs),
        reliability=_bins(confidence, accepted),
        confusion=dict(
            Counter((letter.topic or "", one.topic) for letter, one in pairs if one.topic not in letter.accepted)
        ),
    )


def classify_jsonl(in_path: Path, out_path: Path, understander: Understander) -> int:
    """Read letters (id, text, subject?) from one JSONL file and write what was understood to another; the count.

    Written is everything of an Understanding but the facts, which are personal.
    """
    letters = read_letters(in_path)
    with out_path.open("w", encoding="utf-8") as out:
        for letter in letters:
            plain = understander.understand(letter.text, letter.subject).to_json()
            del plain["facts"]
            out.write(json.dumps({"id": letter.id, **plain}, ensure_ascii=False) + "\n")
    return len(letters)


def percent(share: float | None) -> str:
    """A share for people."""
    return "–" if share is None else f"{share:.1%}"


def _among_three(letter: Letter, one: Understanding) -> bool:
    return any(slug in letter.accepted for slug, _probability in one.topics[:3])


def _by_topic(pairs: list[tuple[Letter, Understanding]]) -> tuple[TopicFigures, ...]:
    labels = Counter(letter.topic or "" for letter, _one in pairs)
    said = Counter(one.topic for _letter, one in pairs)
    right = Counter(one.topic for letter, one in pairs if one.topic == letter.topic)
    return tuple(
        TopicFigures(slug, labels[slug], said[slug], right[slug], 2 * right[slug] / (labels[slug] + said[slug]))
        for slug in sorted(labels | said)
    )


def _by_group(pairs: list[tuple[Letter, Understanding]]) -> tuple[GroupFigures, ...]:
    groups: dict[str, list[tuple[Letter, Understanding]]] = {}
    for letter, one in pairs:
        language = letter.lang or one.language
        groups.setdefault(language, []).append((letter, one))
        if language != "ro":
            groups.setdefault("hu+de+en", []).append((letter, one))
        elif _MARKS.isdisjoint(letter.text):
            groups.setdefault("no-diacritics", []).append((letter, one))
    return tuple(
        GroupFigures(
            name,
            len(group),
            _mean([one.topic in letter.accepted for letter, one in group]),
            _mean([_among_three(letter, one) for letter, one in group]),
            _mean([not one.abstained for _letter, one in group]),
        )
        for name, group in sorted(groups.items())
    )


def _bins(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(int((places == one).sum()), float(confidence[places == one].mean()), float(right[places == one].mean()))
        for one in np.unique(places)
    )


def _calibration_error(bins: tuple[Bin, ...]) -> float:
    letters = sum(one.letters for one in bins)
    return sum(abs(one.confidence - one.accepted) * one.letters for one in bins) / max(letters, 1)


def _coverage(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    return len(kept_at(confidence, right, PRECISION)) / len(right) if len(right) else 0.0


def _departments(pairs: list[tuple[Letter, Understanding]], departments: Mapping[str, str | None]) -> float | None:
    hits = []
    for letter, one in pairs:
        if letter.department is not None:
            right = {letter.department}
            if letter.topic_alt and letter.topic_alt in departments:
                right.add(departments[letter.topic_alt] or "none")
            hits.append((one.department or "none") in right)
    return _mean(hits) if hits else None


def _agreement(pairs: Any) -> float | None:
    hits = [label == said for label, said in pairs if label is not None]
    return _mean(hits) if hits else None


def _mean(values: Any) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def _bare(text: str) -> str:
    """The text with the same letters but no marks on them; capitals stay."""
    folded = (fold(character) or character for character in text)
    return "".join(
        plain.upper() if character.isupper() else plain for character, plain in zip(text, folded, strict=True)
    )
