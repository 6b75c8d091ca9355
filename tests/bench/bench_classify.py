"""How well and how fast letters are understood, on the validation letters next to the checkout.

Run: .venv/bin/python -m tests.bench.bench_classify [FILE.jsonl]
"""

import sys
import time
from pathlib import Path

from classifiers.evaluate import evaluate
from classifiers.pipeline import MODEL
from classifiers.understand import load

LETTERS = Path(__file__).resolve().parents[3] / "shared" / "letters" / "validation.jsonl"


def main(path: Path) -> int:
    """Print the figures; 0 also when the letters are absent, which is said."""
    if not path.exists():
        print(f"skipped: {path} is not there (give a JSONL file of labelled letters)")
        return 0
    started = time.perf_counter()
    understander = load()
    loaded = time.perf_counter()
    result = evaluate(path, understander)
    done = time.perf_counter()
    size = sum(file.stat().st_size for file in MODEL.rglob("*") if file.is_file())
    print(result)
    print()
    print(f"model {understander.version}: {size / 1000:.0f} kB, loaded in {loaded - started:.2f} s")
    print(f"{result.letters / (done - loaded):.0f} letters/s (wall time, one thread)")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else LETTERS))
