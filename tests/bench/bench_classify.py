"""How well and how fast letters are understood, on the validation letters next to the checkout.

Run: .venv/bin/python -m tests.bench.bench_classify [FILE.jsonl]
"""

import sys
import time
from pathlib import Path

from classifiers.evaluate import evaluate
from classifiers.pipeline import MODEL
from classifiers.understand import Understander, load

LETTERS = Path(__file__).resolve().parents[3] / "shared" / "letters" / "validation.jsonl"


def main(path: Path) -> int:
    """Print the figures with and without e5; 0 also when the letters are absent, which is said."""
    if not path.exists():
        print(f"skipped: {path} is not there (give a JSONL file of labelled letters)")
        return 0
    size = sum(file.stat().st_size for file in MODEL.rglob("*") if file.is_file())
    for embedding in (True, False):
        started = time.process_time()
        understander = load(embedding=embedding)
        understander.understand("Prima scrisoare.")
        print(f"{'with' if embedding else 'without'} e5: model {understander.version}, {size / 1000:.0f} kB")
        print(f"loaded, first letter read: {time.process_time() - started:.2f} s CPU")
        _measure(path, understander)
    return 0


def _measure(path: Path, understander: Understander) -> None:
    started = time.process_time()
    result = evaluate(path, understander)
    print(f"{result.letters / (time.process_time() - started):.1f} letters/s (CPU time, one thread)\n")
    print(result)
    print()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else LETTERS))
