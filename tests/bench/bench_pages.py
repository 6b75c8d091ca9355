"""How long a scan of ten pages takes with one and two workers and either engine, and what a page that is text costs.

Run: .venv/bin/python -m tests.bench.bench_pages
"""

import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from weasyprint import HTML

from ingest.child import Limits
from ingest.documents import Means, read_document
from ingest.documents.survey import survey
from tests.support.children import template_of
from tests.support.ingest_pages import LETTER, page, skewed

PAGES = 10
DIGITAL_PAGES = 100
ROUNDS = 3
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print the figures."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = _bare(folder)
        print(f"one bare tesseract call on such a page: {bare:.2f} s of processor")
        scan = _scan(folder / "scan.pdf", PAGES)
        for engine, task in (("pytesseract", "read_page"), ("tesserocr", "read_page_in_process")):
            if importlib.util.find_spec(engine) is None:
                print(f"{engine} is not installed")
                continue
            _recognised(scan, folder, engine, task, bare)
        _remembered(scan, folder)
        _digital(folder)
    return 0


def _sheet(number: int) -> np.ndarray:
    """A page as an office scanner gives it: a little crooked, a little noisy."""
    noise = np.random.default_rng(number)
    sheet = skewed(page(f"{LETTER}\n\nPagina {number}"), noise.uniform(-1.5, 1.5))
    return np.clip(sheet + noise.normal(0, 5, sheet.shape), 0, 255).astype(np.uint8)


def _scan(path: Path, pages: int) -> Path:
    sheets = [Image.fromarray(_sheet(number)) for number in range(1, pages + 1)]
    sheets[0].save(path, save_all=True, append_images=sheets[1:], resolution=300)
    return path


def _bare(folder: Path) -> float:
    path = folder / "page.png"
    Image.fromarray(_sheet(1)).save(path, dpi=(300, 300))
    used = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["tesseract", path, "-", "-l", "ron"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(used)


def _recognised(scan: Path, folder: Path, engine: str, task: str, bare: float) -> None:
    walls = {}
    for workers in (1, 2):
        means = Means(engine=engine, workers=workers)
        read_document(scan, image_folder=folder / "images", limits=replace(Limits(), pages=1), means=means)
        wall, used = [], []
        for _ in range(ROUNDS):
            started, before = time.perf_counter(), _processor_seconds(task)
            reading = read_document(scan, image_folder=folder / "images", means=means)
            wall.append((time.perf_counter() - started) / PAGES)
            used.append((_processor_seconds(task) - before) / PAGES)
            assert [one.source for one in reading.pages] == ["ocr"] * PAGES
        walls[workers] = statistics.median(wall)
        processor = statistics.median(used)
        print(
            f"{engine}, {workers} at once: {walls[workers]:.2f} s a page, "
            f"{processor:.2f} s of processor ({processor / bare:.2f} bare calls)"
        )
    print(f"{engine}: two workers are {walls[1] / walls[2]:.2f} times as fast as one")


def _remembered(scan: Path, folder: Path) -> None:
    means = Means(cache=folder / "cache")
    read_document(scan, image_folder=folder / "images", means=means)
    started = time.perf_counter()
    read_document(scan, image_folder=folder / "images", means=means)
    print(f"a second reading of the scan: {(time.perf_counter() - started) / PAGES * 1000:.0f} ms a page")


def _digital(folder: Path) -> None:
    paragraphs = "".join(f"<p>{one}</p>" for one in LETTER.split("\n\n"))
    whole = f"<style>section{{break-after:page}}</style>{f'<section>{paragraphs}</section>' * DIGITAL_PAGES}"
    path = folder / "digital.pdf"
    HTML(string=f"<html lang=ro><meta charset=utf-8>{whole}").write_pdf(path)
    arguments = {"source": str(path), "image_folder": str(folder / "images"), "pages": DIGITAL_PAGES}
    survey(arguments)
    started = time.process_time()
    count = survey(arguments)["page_count"]
    print(f"a page that is text: {(time.process_time() - started) / count * 1000:.1f} ms of processor for its text")
    before, begun = _processor_seconds("read_document"), time.perf_counter()
    read_document(path, image_folder=folder / "images")
    wall = (time.perf_counter() - begun) / count * 1000
    used = (_processor_seconds("read_document") - before) / count * 1000
    print(f"the whole document with its pictures: {wall:.1f} ms a page, {used:.1f} ms of processor")


def _processor_seconds(task: str) -> float:
    """What the children of the template for this task have used so far."""
    fields = Path(f"/proc/{template_of(task).pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICKS


if __name__ == "__main__":
    sys.exit(main())
