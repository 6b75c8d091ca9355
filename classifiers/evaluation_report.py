"""An evaluation as one HTML page that needs nothing else: figures, a reliability diagram, tables."""

from collections import Counter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from classifiers.evaluate import Evaluation, percent
from config.i18n import gettext as _

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_MOST_MISTAKES = 40


def write_report(evaluation: Evaluation, path: Path, source: str) -> None:
    """Write the page to `path`; `source` is what the letters are called on it."""
    pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = pages.get_template("evaluation.html").render(
        _=_,
        percent=percent,
        evaluation=evaluation,
        source=source,
        mistakes=Counter(evaluation.confusion).most_common(_MOST_MISTAKES),
        largest=max((one.letters for one in evaluation.reliability), default=1),
    )
    path.write_text(page, encoding="utf-8")
