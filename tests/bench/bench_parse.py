"""How fast mails are taken apart, what a job costs over the template process, and how much memory a big mail takes.

Run: .venv/bin/python -m tests.bench.bench_parse
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ingest.documents import read_document
from ingest.message import take_apart, take_apart_file
from ingest.quoted import new_text_spans
from tests.support.children import children_of, template_of
from tests.support.mails import LETTER, PDF, Container, file, html, mail, text

MAILS = 300
JOBS = 100
BIG = 37_000_000  # bytes; 50 MB as base64


def main() -> int:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [_written(folder / f"{number}.eml", raw) for number, raw in enumerate(_usual_mails(MAILS))]
        _parsing(paths, folder)
        _jobs(paths, folder)
        _memory(folder)
    _quotations()
    return 0


def _usual_mails(count: int) -> list[bytes]:
    """Letters as they come: plain, plain with HTML, answers with quotations, with a scan of 300 kB."""
    reply = LETTER + "\nÎn lun., 2 nov. 2026 la 10:15, Primăria <p@medias.example> a scris:\n" + "> citat\n" * 40
    page = "<div>" + "".join(f"<p>{line}</p>" for line in LETTER.splitlines() * 20) + "</div>"
    shapes: list[Callable[[], bytes]] = [
        lambda: mail(text()),
        lambda: mail(Container([text(), html(page)], "alternative")),
        lambda: mail(text(reply)),
        lambda: mail(text(LETTER.replace("ș", "ş").replace("ț", "ţ").replace("Ș", "Ş"), charset="cp1250", label=None)),
        lambda: mail(Container([text(), file(PDF + b"x" * 300_000, "application/pdf", name="cerere.pdf")])),
    ]
    return [shapes[number % len(shapes)]() for number in range(count)]


def _parsing(paths: list[Path], folder: Path) -> None:
    def parse(path: Path) -> None:
        take_apart_file({"path": str(path), "parts_folder": str(folder / "parts")})

    parse(paths[0])
    wall, busy = [], []
    for path in paths:
        started, used = time.perf_counter(), time.process_time()
        parse(path)
        wall.append(time.perf_counter() - started)
        busy.append(time.process_time() - used)
    # On a shared machine the second line is the one that compares.
    for name, times in (("wall time", sorted(wall)), ("processor time", sorted(busy))):
        p99 = times[int(len(times) * 0.99)]
        print(f"parse of a usual mail, {name}: median {_ms(statistics.median(times))} (5), p99 {_ms(p99)} (60)")


def _jobs(paths: list[Path], folder: Path) -> None:
    letter = _written(folder / "letter.txt", LETTER.encode())
    first = _seconds(lambda: take_apart(paths[0], folder / "parts"))
    times = [_seconds(lambda path=path: take_apart(path, folder / "parts")) for path in paths[:JOBS]]  # type: ignore[misc]
    print(f"take_apart over the template: median {_ms(statistics.median(times))}, first (starts it) {_ms(first)}")
    first = _seconds(lambda: read_document(letter, image_folder=folder / "images"))
    times = [_seconds(lambda: read_document(letter, image_folder=folder / "images")) for _ in range(JOBS)]
    print(f"read_document of a text file: median {_ms(statistics.median(times))}, first (starts it) {_ms(first)}")
    for task in ("take_apart", "read_document"):
        pid = template_of(task).pid
        resident, virtual = _kilobytes(pid, "VmRSS"), _kilobytes(pid, "VmSize")
        print(f"template for {task}: {resident / 1024:.0f} MB resident, {virtual / 1024:.0f} MB of address space")


def _memory(folder: Path) -> None:
    path = folder / "big.eml"
    path.write_bytes(mail(Container([text(), file(PDF + b"x" * BIG, "application/pdf", name="a.pdf")])))
    template = template_of("take_apart").pid
    peaks: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            for pid in children_of(template):
                peaks.append(_kilobytes(pid, "VmHWM"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    Path("/proc/self/clear_refs").write_text("5")  # start the high-water mark anew
    before = _kilobytes("self", "VmRSS")
    seconds = _seconds(lambda: take_apart(path, folder / "parts"))
    parent = _kilobytes("self", "VmHWM") - before
    done.set()
    watcher.join()
    child = max(peaks) - _kilobytes(template, "VmRSS")
    size = path.stat().st_size / 1e6
    print(f"a mail of {size:.0f} MB: {seconds:.1f} s (goal 5), child +{child / 1024:.0f} MB (goal 250), ", end="")
    print(f"parent +{parent / 1024:.1f} MB (goal 20)")


def _quotations() -> None:
    words = "> citat\n" * 93_000
    print(f"reply split of {len(words) // 1000} kB: {_ms(_seconds(lambda: new_text_spans(words)))}")


def _written(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _kilobytes(pid: int | str, name: str) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:")), 0)


if __name__ == "__main__":
    sys.exit(main())
