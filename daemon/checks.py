"""Looking whether all is well: the machine, the servers, the balance of mail, the wholeness of the record."""

import shutil
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from sqlmodel import and_, col, func, select

from config import clock
from config.errors import ConfigurationError
from config.i18n import gettext as _
from config.i18n import ngettext
from config.settings import MailboxSettings, Settings
from daemon.engine import check_sqlite_library
from daemon.errors import DaemonError
from daemon.house import House
from daemon.polling import account_of
from ingest.balance import Balance, compare
from ingest.errors import IngestError, MailboxSignInEnded, MailboxSignInMissing, error_for
from ingest.mailbox import Mailbox
from ingest.server_changes import given_up
from ingest.tesseract import installed_languages
from registry import audit
from registry.errors import FileDamaged
from registry.models import RawFile, RegisterCounter, RegisterEntry
from registry.tokens import warnings
from responders import acknowledge, smtp
from responders.errors import ResponderError

GOOD, BAD = "✓", "✗"
LANGUAGES = ("ron", "hun", "deu")
LOW_DISK_BYTES = 2 * 1024**3


def machine(settings: Settings) -> Iterator[str]:
    """One sentence per thing that the machine must have; those that start with ✗ need somebody to act."""
    try:
        installed = installed_languages(settings.recognition.engine)
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


def servers(house: House) -> Iterator[str]:
    """One sentence per mail server: reached, or what is wrong and what to do; and per sign-in that ends soon."""
    settings, tokens = house.settings, house.tokens
    for mailbox in settings.mailboxes:
        try:
            with Mailbox(account_of(mailbox, tokens)) as opened:
                count = len(opened.uids())
            yield f"{GOOD} " + _("Mailbox {name}: {count} messages.").format(name=mailbox.name, count=count)
        except (MailboxSignInMissing, MailboxSignInEnded):
            pass  # said below, with the others that end
        except IngestError as error:
            yield f"{BAD} {mailbox.name}: {error.sentence()}"
        except ConfigurationError as error:
            yield f"{BAD} {error}"
    with house.database.read() as session:
        yield from (f"{BAD} {warning}" for warning in warnings(session, settings, clock.now()))
        if alarm := acknowledge.alarm(session):
            yield f"{BAD} {alarm}"
        for account, code, count in given_up(session):
            words = ngettext(
                "{name}: {count} message was not flagged or moved.",
                "{name}: {count} messages were not flagged or moved.",
                count,
            ).format(name=account, count=count)
            again = _("After that run: cabinet mailbox retry {name}").format(name=account)
            yield f"{BAD} {words} {error_for(code).sentence()} {again}"
    if settings.smtp is not None:
        try:
            smtp.greet(settings.smtp)
            yield f"{GOOD} " + _("The server for outgoing mail answers.")
        except (ResponderError, ConfigurationError) as error:
            yield f"{BAD} {error}"


def balance(house: House, settings: MailboxSettings) -> Balance:
    """Compare the server's messages with the ledger, by UID. Ingest errors if the server cannot be reached."""
    with Mailbox(account_of(settings, house.tokens)) as mailbox:
        return compare(house.database, mailbox, account=settings.name, folder=settings.folder)


def balance_words(found: Balance) -> str:
    """The balance in words, “347 of 347”, and a line for each message that is not accounted for."""
    words = _("{account}: {accounted} of {on_server} messages accounted for.").format(
        account=found.account, accounted=found.accounted, on_server=found.on_server
    )
    lines = [
        _("UID {uid}, {day}: {sender}, {subject}").format(
            uid=one.uid,
            day=f"{clock.local(one.arrived_at):%d.%m.%Y %H:%M}" if one.arrived_at else "–",
            sender=one.sender or _("unknown sender"),
            subject=one.subject or _("no subject"),
        )
        for one in found.differences
    ]
    if lines:
        lines.insert(0, _("Not in the ledger yet, or to be tried again:"))
    return "\n".join([words, *lines])


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
