"""Scanned letters with ground truth, made from our own texts, fonts of the system and damages of our own.

`tests.bench.bench_ocr` reads them. Constants of the chain are tuned on `DEVELOPMENT` only; `HELD_OUT` has other
names, numbers, fonts and damages, and is read only to report.
"""
