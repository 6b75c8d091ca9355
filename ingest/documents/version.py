"""The version of the reading chain: it changes by itself when the code of the chain or the engine changes."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from ingest.engines import ENGINES

_HOUSE: Final = Path(__file__).resolve().parents[2]
# What decides what is read on a page; its constants are in it.
CHAIN: Final = (
    "ingest/cleaning.py",
    "ingest/codes.py",
    "ingest/documents/hidden_text.py",
    "ingest/documents/hidden_text.py",
    "ingest/documents/image.py",
    "ingest/documents/page_job.py",
    "ingest/documents/pdf.py",
    "ingest/documents/pdf_scan.py",
    "ingest/documents/recognition.py",
    "ingest/documents/triage.py",
    "ingest/documents/wording.py",
    "ingest/engines/by_library.py",
    "ingest/engines/by_program.py",
    "ingest/engines/recognition.py",
    "ingest/cleaning.py",
    "ingest/image_chain.py",
    "ingest/ink.py",
    "ingest/ink.py",
    "ingest/normalise.py",
    "ingest/paragraphs.py",
    "ingest/photo.py",
    "ingest/reading.py",
    "ingest/scaling.py",
    "ingest/scaling.py",
    "ingest/tesseract.py",
    "registry/spelling.py",
)


@cache
def pipeline_version(engine: str) -> str:
    """Such as "5f0c2a91d3e4 tesserocr 5.5.4". Errors: `EngineMissing`, `TesseractMissing`."""
    return f"{chain_version()} {engine} {ENGINES[engine].version()}"[:40]


@cache
def chain_version() -> str:
    """The version for pages that no engine recognised."""
    return chain_hash(_HOUSE)


def chain_hash(house: Path) -> str:
    """Twelve hexadecimal digits over the sources of the chain below `house`."""
    digest = hashlib.sha256()
    for name in CHAIN:
        digest.update(name.encode() + b"\0" + (house / name).read_bytes() + b"\0")
    return digest.hexdigest()[:12]
