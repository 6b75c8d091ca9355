"""Old and rare office formats: converted by LibreOffice where it is installed; passwords are told without it."""

from pathlib import Path

from ingest import libreoffice
from ingest.documents.ole import top_streams
from ingest.documents.sheets import open_workbook
from ingest.documents.sniff import Kind, sniff
from ingest.errors import DocumentDamaged, DocumentEncrypted, DocumentUnsupported, LibreOfficeFailed

# The file that Office writes with a password is an old-style container holding a stream of this name.
ENCRYPTED_OFFICE = "EncryptedPackage"
ENCRYPTED_POWERPOINT = "EncryptedSummary"
# Offset and bit of "the document is encrypted" in the first stream of Word 97 (MS-DOC 2.5.2, fEncrypted).
_WORD_FLAGS = 10
_WORD_ENCRYPTED = 0x0100


def refuse_encrypted(path: Path) -> None:
    """Error: `DocumentEncrypted` if an OLE file says that it is protected by a password."""
    names, start = top_streams(path, "WordDocument", 32)
    flags = int.from_bytes(start[_WORD_FLAGS : _WORD_FLAGS + 2], "little")
    marked = ENCRYPTED_OFFICE in names or ENCRYPTED_POWERPOINT in names or bool(flags & _WORD_ENCRYPTED)
    # Of a file whose directory is damaged, the name somewhere in it still tells.
    if marked or (not names and ENCRYPTED_OFFICE.encode("utf-16-le") in path.read_bytes()):
        raise DocumentEncrypted("office")


def converted(path: Path, kind: Kind) -> tuple[Path, Kind]:
    """The document in a format that is read here, and that format.

    Errors: `DocumentEncrypted`, `DocumentUnsupported` (an OLE file of no known kind), as `libreoffice.convert`.
    """
    refuse_encrypted(path)
    if kind not in libreoffice.TARGETS:
        raise DocumentUnsupported(kind)
    made = libreoffice.convert(path, kind)
    return made, sniff(made)


def readable_workbook(path: Path) -> tuple[Path, Kind]:
    """An XLS file as it is if the library can open it, else converted (Excel 95 and older).

    Errors: `DocumentEncrypted`, `DocumentTooBig`, `DocumentDamaged`, `ChildTimeout`.
    """
    refuse_encrypted(path)
    try:
        open_workbook(path, "xls")
    except DocumentDamaged:
        if not libreoffice.is_installed():
            raise
    else:
        return path, "xls"
    try:
        return converted(path, "xls")
    except LibreOfficeFailed as failure:
        raise DocumentDamaged("xls") from failure
