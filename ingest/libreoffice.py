"""LibreOffice as a converter of old formats. Nobody else in the house starts it, and the house runs without it.

It runs inside the limited child, with limits of its own, a fresh private profile in which macros, links to other
files and the network are off, and without a network in its reach (a network namespace of its own).
"""

import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from ingest.errors import ChildTimeout, LibreOfficeFailed, LibreOfficeMissing, LibreOfficeNotIsolated

WALL_SECONDS: Final = 120
CPU_SECONDS: Final = 90
MEMORY: Final = 1536 * 1024**2
_CHECK_SECONDS: Final = 10

# What to make of a kind of file, with the name of LibreOffice's filter for it.
TARGETS: Final[dict[str, tuple[str, str]]] = {
    "doc": ("docx", "MS Word 2007 XML"),
    "wpd": ("docx", "MS Word 2007 XML"),
    "xls": ("xlsx", "Calc MS Excel 2007 XML"),
    "ppt": ("pdf", "impress_pdf_Export"),
    "pptx": ("pdf", "impress_pdf_Export"),
    "odp": ("pdf", "impress_pdf_Export"),
}
# Path and name of a setting, and its value (officecfg of LibreOffice 7).
_SETTINGS: Final = (
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Common/Security/Scripting", "DisableOLEAutomation", "true"),
    ("Common/Save/Document", "CreateBackup", "false"),
    ("Common/Misc", "UseLocking", "false"),
    ("Writer/Content/Update", "Link", "0"),
    ("Calc/Content/Update", "Link", "2"),
    ("Java/VirtualMachine", "Enable", "false"),
)


def is_installed() -> bool:
    """Whether LibreOffice is on this machine."""
    return _program() is not None


def convert(source: Path, kind: str) -> Path:
    """The file of this kind (a key of `TARGETS`) converted to its target.

    It lies in the scratch directory of the child, which goes with the child. Errors: `LibreOfficeMissing`,
    `LibreOfficeNotIsolated`, `LibreOfficeFailed`, `ChildTimeout`.
    """
    program = _program()
    if program is None:
        raise LibreOfficeMissing(kind)
    isolation = without_network()
    target, filter_name = TARGETS[kind]
    folder = Path(tempfile.mkdtemp(prefix="libreoffice-"))
    _write_profile(folder / "profile" / "user")
    # The format is told by its ending too.
    document = folder / f"document.{kind}"
    document.symlink_to(source.resolve())
    try:
        subprocess.run(  # noqa: S603
            [
                *isolation,
                program,
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                *("--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck"),
                *("--convert-to", f"{target}:{filter_name}", "--outdir", str(folder / "converted"), str(document)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder), "SAL_USE_VCLPLUGIN": "svp"},
            cwd=folder,
            timeout=WALL_SECONDS,
            preexec_fn=_limit,
            check=False,
        )
    except subprocess.TimeoutExpired as failure:
        # What it started goes with the process group of the child.
        raise ChildTimeout("libreoffice") from failure
    converted = folder / "converted" / f"document.{target}"
    # Its exit status is 0 even when it could not open the document.
    if not converted.exists() or converted.stat().st_size == 0:
        raise LibreOfficeFailed(kind)
    return converted


def without_network() -> list[str]:
    """The words before a command that take its network away, also from an ordinary account.

    Error: `LibreOfficeNotIsolated`.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        raise LibreOfficeNotIsolated("unshare is missing")
    command = [unshare, "--map-root-user", "--net", "--"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, timeout=_CHECK_SECONDS)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as failure:
        raise LibreOfficeNotIsolated("no network namespace") from failure
    return command


def _program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def _limit() -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS)):
        _, hard = resource.getrlimit(what)
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (lowest, lowest))


def _write_profile(folder: Path) -> None:
    folder.mkdir(parents=True)
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{escape(path)}"><prop oor:name="{escape(name)}" oor:op="fuse">'
        f"<value>{escape(value)}</value></prop></item>\n"
        for path, name, value in _SETTINGS
    )
    (folder / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"{items}</oor:items>\n",
        encoding="utf-8",
    )
