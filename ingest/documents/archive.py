"""Archives: what a ZIP lists, without unpacking anything."""

import zipfile
from pathlib import Path
from typing import Final

from config.i18n import gettext as _
from ingest.charset import decode
from ingest.documents.sniff import list_bytes
from ingest.documents.text import text_page
from ingest.documents.zipped import BROKEN
from ingest.errors import DocumentDamaged, DocumentTooBig
from ingest.headers import one_line
from ingest.parts import clean_filename
from ingest.reading import Page

MAX_LISTED: Final = 500
MAX_LIST_BYTES: Final = 32 * 1024**2
_UTF8: Final = 0x800
_ENCRYPTED: Final = 0x1
_FOLDERS: Final = 8
_UNITS: Final = ("B", "KB", "MB", "GB")


def list_zip(path: Path) -> Page:
    """The page with the names and sizes in a ZIP; nothing is unpacked, archives inside are only named.

    Errors: `DocumentDamaged`, `DocumentTooBig`, `DocumentEmpty`.
    """
    if list_bytes(path) > MAX_LIST_BYTES:
        raise DocumentTooBig(f"a list over {MAX_LIST_BYTES} bytes")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except BROKEN as failure:
        raise DocumentDamaged(type(failure).__name__) from failure
    lines = [_line(member) for member in members[:MAX_LISTED]]
    if len(members) > MAX_LISTED:
        lines.append(_("… and {count} more files").format(count=len(members) - MAX_LISTED))
    return text_page("\n".join(lines), "text-cut" if len(members) > MAX_LISTED else "", source="listing")


def _line(member: zipfile.ZipInfo) -> str:
    line = f"{_name(member)} ({_size(member.file_size)})"
    return f"{line} {_('[password]')}" if member.flag_bits & _ENCRYPTED else line


def _name(member: zipfile.ZipInfo) -> str:
    """The name with its folders, each cleaned; programs of Romanian Windows write it in code page 852."""
    name = member.orig_filename
    if not member.flag_bits & _UTF8:
        name = decode(name.encode("cp437", "replace"), "cp852").text
    steps = [clean_filename(step) for step in one_line(name).replace("\\", "/").split("/")[-_FOLDERS:]]
    return "/".join(step for step in steps if step) or _("(no name)")


def _size(size: float) -> str:
    """As the sender's archive claims it, for people: "12,3 KB"."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    number = f"{size:.1f}".replace(".", ",") if unit else str(int(size))
    return f"{number} {_UNITS[unit]}"
