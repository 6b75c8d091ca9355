"""Looking whether all is well: the machine, the servers, the balance of mail, the wholeness of the record."""

import shutil
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import and_, col, func, select

from config.errors import ConfigurationError
from config.i18n import gettext as _
from config.settings import MailboxSettings, Settings
from daemon.engine import check_sqlite_library
from daemon.errors import DaemonError
from daemon.house import House
from daemon.polling import account_of
from ingest.errors import IngestError
from ingest.mailbox import Mailbox
from ingest.receive import place_of
from ingest.tesseract import installed_languages
from registry import audit
from registry.errors import FileDamaged
from registry.letters import Source, final_keys
from registry.models import RawFile, RegisterCounter, RegisterEntry
from responders import smtp
from responders.errors import ResponderError

GOOD, BAD = "✓", "✗"
LANGUAGES = ("ron", "hun", "deu")
LOW_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Balance:
    """Messages of one mailbox folder on the server, and those of them that the ledger does not account for."""

    account: str
    on_server: int
    accounted: int
    missing: list[int]

    def sentence(self) -> str:
        """The balance in words: “347 din 347”."""
        words = _("{account}: {accounted} of {on_server} messages accounted for.").format(
            account=self.account, accounted=self.accounted, on_server=self.on_server
        )
        missing = ", ".join(str(uid) for uid in self.missing[:20])
        return words + (" " + _("Not accounted for (UID): {missing}.").format(missing=missing) if missing else "")

    def to_json(self) -> dict[str, Any]:
        """All fields as plain values."""
        return asdict(self)


def machine(settings: Settings) -> Iterator[str]:
    """One sentence per thing that the machine must have; those that start with ✗ need somebody to act."""
    try:
        installed = installed_languages()
    except IngestError as error:
        yield f"{BAD} {error.sentence()}"
    else:
        missing = [language for language in LANGUAGES if language not in installed]
        packages = " ".join(f"tesseract-ocr-{language}" for language in missing)
        yield (
            f"{BAD} " + _("Tesseract lacks languages. Install: {packages}").format(packages=packages)
            if missing
            else f"{GOOD} " + _("Tesseract reads Romanian, Hungarian and German.")
        )
    try:
        check_sqlite_library(settings.database.startswith("sqlite"))
    except DaemonError as error:
        yield f"{BAD} {error}"
    else:
        yield f"{GOOD} SQLite {sqlite3.sqlite_version}"
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_folder).free
    gigabytes = f"{free / 1024**3:.1f}"
    if free < LOW_DISK_BYTES:
        yield f"{BAD} " + _("Only {size} GB are free on the disk. Make room.").format(size=gigabytes)
    else:
        yield f"{GOOD} " + _("{size} GB are free on the disk.").format(size=gigabytes)


def servers(settings: Settings) -> Iterator[str]:
    """One sentence per mail server: reached, or what is wrong and what to do."""
    for mailbox in settings.mailboxes:
        try:
            with Mailbox(account_of(mailbox)) as opened:
                count = len(opened.uids())
            yield f"{GOOD} " + _("Mailbox {name}: {count} messages.").format(name=mailbox.name, count=count)
        except IngestError as error:
            yield f"{BAD} {mailbox.name}: {error.sentence()}"
        except ConfigurationError as error:
            yield f"{BAD} {error}"
    if settings.smtp is not None:
        try:
            smtp.greet(settings.smtp)
            yield f"{GOOD} " + _("The server for outgoing mail answers.")
        except (ResponderError, ConfigurationError) as error:
            yield f"{BAD} {error}"


def balance(house: House, settings: MailboxSettings) -> Balance:
    """Compare the server's messages with the ledger, by UID. Ingest errors if the server cannot be reached."""
    with Mailbox(account_of(settings)) as mailbox:
        on_server = mailbox.uids()
        place = place_of(settings.name, settings.folder, mailbox)
    with house.database.read() as session:
        known = final_keys(session, Source.MAILBOX, place)
    missing = [uid for uid in on_server if str(uid) not in known]
    return Balance(settings.name, len(on_server), len(on_server) - len(missing), missing)


def verify(house: House) -> list[str]:
    """Everything in the record that does not hold: trail, files, numbers. Empty when all is whole."""
    findings = []
    with house.database.read() as session:
        findings += [_("Audit event {id} was changed.").format(id=event) for event in audit.broken_links(session)]
        for sha256 in session.exec(select(RawFile.sha256)):
            try:
                house.store.read(sha256)
            except FileDamaged as error:
                findings.append(str(error))
        gaps = session.exec(
            select(
                RegisterCounter.series,
                RegisterCounter.year,
                RegisterCounter.last_number,
                func.count(col(RegisterEntry.id)),
            )
            .outerjoin(
                RegisterEntry,
                and_(
                    col(RegisterEntry.series) == col(RegisterCounter.series),
                    col(RegisterEntry.year) == col(RegisterCounter.year),
                ),
            )
            .group_by(col(RegisterCounter.series), col(RegisterCounter.year), col(RegisterCounter.last_number))
            .having(col(RegisterCounter.last_number) != func.count(col(RegisterEntry.id)))
        )
        findings += [
            _("Register {series} {year}: last number {last}, but {count} entries.").format(
                series=series, year=year, last=last, count=count
            )
            for series, year, last, count in gaps
        ]
    return findings


def wait_for_desk(address: str, seconds: float = 60.0) -> bool:
    """Whether the desk answers within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):  # noqa: S310  (our own http address)
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False
