"""Office files that are archives (DOCX, ODT, XLSX, ODS), opened without trusting what they say about themselves."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

from ingest.errors import DocumentDamaged, DocumentEncrypted, DocumentTooBig

MAX_PART_BYTES: Final = 32 * 1024**2
MAX_PARTS: Final = 5000
# Everything that Python's library says of a broken archive, by what is broken and how it is packed.
BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
)
_MANIFEST: Final = "META-INF/manifest.xml"
_MANIFEST_BYTES: Final = 1024**2


@contextmanager
def office_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The opened archive; what goes wrong inside the block becomes an error of ours.

    Errors: `DocumentDamaged`, `DocumentEncrypted`, `DocumentTooBig`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.filelist) > MAX_PARTS:
                raise DocumentTooBig(f"over {MAX_PARTS} parts")
            if _is_encrypted_odf(archive):
                raise DocumentEncrypted("odf")
            yield archive
    except (*BROKEN, ParseError) as failure:
        raise DocumentDamaged(type(failure).__name__) from failure
    except RuntimeError as failure:  # zipfile's word for a password
        raise DocumentEncrypted("zip member") from failure


def part_bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of one part. The size in the archive's list is the sender's claim, so they are counted.

    Error: `DocumentTooBig`.
    """
    with archive.open(name) as part:
        content = part.read(MAX_PART_BYTES + 1)
    if len(content) > MAX_PART_BYTES:
        raise DocumentTooBig(f"a part over {MAX_PART_BYTES} bytes")
    return content


def _is_encrypted_odf(archive: zipfile.ZipFile) -> bool:
    """Whether an OpenDocument file has a password: its parts are then scrambled, and only the manifest says so."""
    if _MANIFEST not in archive.NameToInfo:
        return False
    with archive.open(_MANIFEST) as manifest:
        return b"encryption-data" in manifest.read(_MANIFEST_BYTES)
