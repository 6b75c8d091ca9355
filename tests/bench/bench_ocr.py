"""How well and how fast pages on paper are read: our chain beside a bare tesseract call and beside ocrmypdf.

Run: make bench-ocr, or .venv/bin/python -m tests.bench.bench_ocr [--quick] [--development] [--kinds fax,photo]

CER and WER: edits over length after white space is collapsed. "raw" as the tool gives it; "canon" with the cedilla
letters that Tesseract likes mapped to comma-below on both sides. Averages are over all characters of the set.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rapidfuzz.distance import Levenshtein

from ingest.documents import image
from ingest.documents.recognition import read_frame
from ingest.tesseract import use_engine
from registry.spelling import comma_below
from tests.ocr_set.pages import DEVELOPMENT, EASY, HELD_OUT, Sample, make_set

QUICK: Final = frozenset({"clean", "skew", "rotated", "shadow", "stamp", "fax", "photo", "blank", "foreign", "columns"})
BAD_FROM: Final = 0.10
MUST_BE_FLAGGED_OVER: Final = 0.05
PAPERLESS: Final = ("--deskew", "--rotate-pages", "--clean", "--output-type", "pdfa", "--image-dpi", "300")


@dataclass(frozen=True, slots=True)
class Read:
    """What a tool made of one page: its text, whether it asks for a person (None: it cannot), and CPU seconds."""

    text: str
    flagged: bool | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One page read by one tool, beside the truth."""

    name: str
    kind: str
    length: int
    word_count: int
    raw: int
    canon: int
    raw_words: int
    canon_words: int
    read: Read

    @property
    def cer(self) -> float:
        """Canon character error rate; text on an empty page is wholly wrong."""
        return self.canon / self.length if self.length else float(self.canon > 0)


Tool = Callable[[Sample, Path], list[Read]]


def main(arguments: list[str]) -> int:
    """Make the set, read it with every tool there is, print the tables."""
    asked = _asked(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with tempfile.TemporaryDirectory(prefix="ocr-set-") as name:
        folder = Path(name)
        kinds = QUICK if asked.quick else frozenset(filter(None, asked.kinds.split(",")))
        seed = DEVELOPMENT if asked.development or asked.quick else HELD_OUT
        samples = list(make_set(seed, folder, kinds, 1 if asked.quick else 99))
        pages = sum(len(sample.truths) for sample in samples)
        print(f"{pages} pages of the {'held-out' if seed == HELD_OUT else 'development'} set")
        tools = dict(_tools(asked.tools))
        tables = _judge(samples, tools, folder)
        _print_overall(tables)
        _print_kinds(tables)
        _print_routing(tables, "all pages")
        hard = {}
        if not (asked.quick or asked.kinds):
            samples = list(make_set(seed, folder, hard=True))
            hard = _judge(samples, {name: tool for name, tool in tools.items() if "ours" in name}, folder)
            _print_routing(hard, "hard pages")
        if asked.pages:
            _print_pages(tables)
            _print_pages(hard)
    return 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_ocr")
    parser.add_argument("--quick", action="store_true", help="ten pages of the development set, one of a kind")
    parser.add_argument("--development", action="store_true", help="the set that constants are chosen on")
    parser.add_argument("--kinds", default="", help="only these kinds of pages, with commas between")
    parser.add_argument("--tools", default="", help="only tools with this in their name, with commas between")
    parser.add_argument("--pages", action="store_true", help="print every page with errors")
    return parser.parse_args(arguments)


def _tools(wanted: str) -> Iterable[tuple[str, Tool]]:
    """The tools on this machine, with a line for each that is missing."""
    found: list[tuple[str, Tool]] = [("pytesseract, ours", _ours("pytesseract"))]
    if importlib.util.find_spec("tesserocr"):
        found.append(("tesserocr, ours", _ours("tesserocr")))
    else:
        print("skipped: tesserocr is not installed")
    found.append(("bare tesseract", _bare))
    if shutil.which("ocrmypdf"):
        found.append(("ocrmypdf", _ocrmypdf))
    else:
        print("skipped: ocrmypdf is not on PATH")
    parts = [part for part in wanted.split(",") if part]
    return [(name, tool) for name, tool in found if not parts or any(part in name for part in parts)]


def _ours(engine: str) -> Tool:
    def read(sample: Sample, folder: Path) -> list[Read]:
        use_engine(engine)
        reads = []
        for index in range(len(sample.truths)):
            before = _cpu()
            found = image.image_frame(sample.path, index)
            assert found
            page = read_frame(found[0], index + 1, folder)
            reads.append(Read(page.text, page.needs_human, _cpu() - before))
        return reads

    return read


def _bare(sample: Sample, folder: Path) -> list[Read]:
    return _by_command(["tesseract", str(sample.path), "stdout", "-l", "ron"], sample, None)


def _ocrmypdf(sample: Sample, folder: Path) -> list[Read]:
    text = folder / "sidecar.txt"
    command = ["ocrmypdf", "-l", "ron", *PAPERLESS, "--sidecar", str(text), str(sample.path), str(folder / "out.pdf")]
    return _by_command(command, sample, text)


def _by_command(command: list[str], sample: Sample, text: Path | None) -> list[Read]:
    before = _cpu()
    done = subprocess.run(command, capture_output=True, check=True)
    seconds = (_cpu() - before) / len(sample.truths)
    output = text.read_text() if text else done.stdout.decode()
    texts = [*output.split("\f"), *[""] * len(sample.truths)]
    return [Read(texts[index], None, seconds) for index in range(len(sample.truths))]


def _cpu() -> float:
    """Seconds of processor time of this process and all its ended children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _judge(samples: list[Sample], tools: dict[str, Tool], folder: Path) -> dict[str, list[Judged]]:
    """Every page read with every tool, one tool after the other, so that all meet the machine in the same state."""
    judged: dict[str, list[Judged]] = {tool: [] for tool in tools}
    for sample in samples:
        for tool, reader in tools.items():
            for number, (truth, read) in enumerate(zip(sample.truths, reader(sample, folder), strict=True), 1):
                judged[tool].append(_compared(f"{sample.path.stem}/{number}", sample.kind, truth, read))
    return judged


def _compared(name: str, kind: str, truth: str, read: Read) -> Judged:
    wanted, got = " ".join(truth.split()), " ".join(read.text.split())
    canon = comma_below(wanted), comma_below(got)
    return Judged(
        name=name,
        kind=kind,
        length=len(wanted),
        word_count=len(wanted.split()),
        raw=Levenshtein.distance(wanted, got),
        canon=Levenshtein.distance(*canon),
        raw_words=Levenshtein.distance(wanted.split(), got.split()),
        canon_words=Levenshtein.distance(canon[0].split(), canon[1].split()),
        read=read,
    )


def _print_overall(tables: dict[str, list[Judged]]) -> None:
    print(f"\n{'':20}{'CER raw':>9}{'CER':>8}{'easy':>8}{'WER raw':>9}{'WER':>8}{'>10%':>7}{'CPU s':>8}{'x bare':>8}")
    bare = _seconds(tables.get("bare tesseract", []))
    for tool, pages in tables.items():
        easy = [page for page in pages if page.kind in EASY]
        words = sum(page.word_count for page in pages) or 1
        raw_wer, wer = (100 * sum(getattr(p, name) for p in pages) / words for name in ("raw_words", "canon_words"))
        bad = 100 * sum(page.cer > BAD_FROM for page in pages) / len(pages)
        ratio = f"{_seconds(pages) / bare:8.2f}" if bare else ""
        print(
            f"{tool:20}{_cer(pages, 'raw'):9.2f}{_cer(pages):8.2f}{_cer(easy):8.2f}{raw_wer:9.2f}{wer:8.2f}"
            f"{bad:6.1f}%{_seconds(pages):8.2f}{ratio}"
        )


def _print_kinds(tables: dict[str, list[Judged]]) -> None:
    print(f"\n{'CER % (CPU s/page)':20}" + "".join(f"{tool:>20}" for tool in tables))
    for kind in dict.fromkeys(page.kind for pages in tables.values() for page in pages):
        cells = []
        for pages in tables.values():
            chosen = [page for page in pages if page.kind == kind]
            cells.append(f"{f'{_cer(chosen):.2f} ({_seconds(chosen):.2f})':>20}")
        print(f"{kind:20}" + "".join(cells))


def _print_routing(tables: dict[str, list[Judged]], which: str) -> None:
    print(f"\n{which:20}{'over 5%':>9}{'flagged':>9}{'caught':>9}{'of all':>9}")
    for tool, pages in tables.items():
        if any(page.read.flagged is None for page in pages):
            continue
        bad = [page for page in pages if page.cer > MUST_BE_FLAGGED_OVER]
        caught = sum(bool(page.read.flagged) for page in bad)
        flagged = sum(bool(page.read.flagged) for page in pages)
        share = f"{100 * caught / len(bad):8.0f}%" if bad else "     none"
        print(f"{tool:20}{len(bad):9}{flagged:9}{share}{100 * flagged / len(pages):8.1f}%")


def _print_pages(tables: dict[str, list[Judged]]) -> None:
    for tool, pages in tables.items():
        print(f"\n{tool}")
        for page in pages:
            if page.canon or page.read.flagged:
                mark = "flagged" if page.read.flagged else ""
                print(f"{page.name:24}{100 * page.cer:7.2f}%{page.read.seconds:7.2f} s  {mark}")


def _cer(pages: list[Judged], column: str = "canon") -> float:
    length = sum(page.length for page in pages)
    edits = sum(getattr(page, column) for page in pages)
    return 100 * edits / length if length else 100.0 * (edits > 0)


def _seconds(pages: list[Judged]) -> float:
    return sum(page.read.seconds for page in pages) / len(pages) if pages else 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
