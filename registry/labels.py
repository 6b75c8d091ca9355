"""Separator sheets and number labels that this house prints: what their codes say, and how we know them as ours.

The text of a code ends with a keyed check (HMAC), so that a code that a stranger printed never splits a scan or puts
a letter into somebody's case. All characters are of the alphanumeric set of QR codes, which keeps the code small.
"""

import base64
import hashlib
import hmac
import re
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import text
from sqlmodel import Session, col, select

from config.settings import Settings
from registry import audit
from registry.errors import LabelKeyUnusable, NumberUnknown
from registry.key_file import make_key_file
from registry.models import Letter, RegisterEntry
from registry.numbering import GENERAL

KEY_NAME = "labels.key"
MARK = "CABINET1"
_KEY_BYTES = 32
_CHECK_BYTES = 10  # 80 bits: nobody guesses that by sending letters
_NEXT = text(
    "INSERT INTO label_counters (department, day, printed) VALUES (:department, :day, :count) "
    "ON CONFLICT (department, day) DO UPDATE SET printed = label_counters.printed + :count RETURNING printed"
)
_NUMBER = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{4})\s*")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Separator:
    """A sheet after which another letter begins; `department` is whom it is meant for ("": not said)."""

    department: str
    day: date
    sequence: int


@dataclass(frozen=True, slots=True)
class NumberLabel:
    """A sticker with a registration number: the scan that carries it belongs to that number's case."""

    number: int
    year: int


Label = Separator | NumberLabel


class LabelKey:
    """Writes and checks codes. The key file is made when the first sheet is printed."""

    def __init__(self, path: Path) -> None:
        """Use the key file at `path`; nothing is read or written yet."""
        self.path = path

    def write(self, label: Label) -> str:
        """The text of the label's code. `LabelKeyUnusable` if the key file cannot be used."""
        key = self._key()
        if key is None:
            make_key_file(self.path, secrets.token_hex(_KEY_BYTES).encode())
            key = self._key()
        if key is None:  # somebody took the new file away at this moment
            raise LabelKeyUnusable(self.path)
        said = _say(label)
        return f"{said}:{_check(key, said)}"

    def read(self, code: str) -> Label | None:
        """The label of a code that this house printed; None for every other one, and for all without a usable key
        (a letter must not wait for it: whoever looks at the page is told that the code is not ours)."""
        said, _, check = code.rpartition(":")
        if not is_like_ours(code):
            return None
        try:
            key = self._key()
        except LabelKeyUnusable:
            log.error("label_key_unusable")
            return None
        if key is None or not hmac.compare_digest(check.encode(), _check(key, said).encode()):
            return None
        return _understand(said)

    def _key(self) -> bytes | None:
        try:
            if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                raise LabelKeyUnusable(self.path)
            key = bytes.fromhex(self.path.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise LabelKeyUnusable(self.path) from None
        if len(key) != _KEY_BYTES:
            raise LabelKeyUnusable(self.path)
        return key


def label_key(settings: Settings) -> LabelKey:
    """The key of this house."""
    return LabelKey(settings.data_folder / KEY_NAME)


def is_like_ours(code: str) -> bool:
    """Whether a code is made like ours, by whomever it was printed."""
    return code.startswith(f"{MARK}:") and code.isascii()


def labels_in(codes: Iterable[dict[str, Any]] | None, key: LabelKey) -> list[Label]:
    """The labels among the codes of a page ({"format", "text"} each) that this house printed."""
    found = [key.read(str(code.get("text", ""))) for code in codes or ()]
    return [label for label in found if label is not None]


def next_sheets(session: Session, department: str, count: int, on: date) -> list[Separator]:
    """Number `count` new sheets for a department ("": for all) and day, in the caller's transaction."""
    audit.wait_for_turn(session)
    values = {"department": department, "day": on, "count": count}
    statement = _NEXT.bindparams(**values)
    last = session.connection().execute(statement).scalar_one()
    return [Separator(department, on, number) for number in range(last - count + 1, last + 1)]


def numbers_from(session: Session, written: Iterable[str]) -> list[RegisterEntry]:
    """The lines of the register of these numbers ("123/2026"). `NumberUnknown` for one that is not there."""
    found = []
    for one in written:
        match = _NUMBER.fullmatch(one)
        entry = _entry(session, NumberLabel(int(match[1]), int(match[2]))) if match else None
        if entry is None:
            raise NumberUnknown(one.strip()[:20])
        found.append(entry)
    return found


def latest_numbers(session: Session, count: int) -> list[RegisterEntry]:
    """The lines of the register of the last `count` letters that came in, the oldest first."""
    newest = session.exec(
        select(RegisterEntry)
        .where(RegisterEntry.series == GENERAL, RegisterEntry.direction == "in")
        .order_by(col(RegisterEntry.year).desc(), col(RegisterEntry.number).desc())
        .limit(count)
    ).all()
    return list(reversed(newest))


def labelled_letter(session: Session, label: NumberLabel) -> Letter | None:
    """The letter that a number label speaks of; for the number of an answer the letter that it answers."""
    entry = _entry(session, label)
    if entry is None:
        return None
    incoming = entry.id if entry.direction == "in" else entry.joined_to_id
    return session.exec(select(Letter).where(Letter.entry_id == incoming)).first()


def _entry(session: Session, label: NumberLabel) -> RegisterEntry | None:
    return session.exec(
        select(RegisterEntry).where(
            RegisterEntry.series == GENERAL,
            RegisterEntry.year == label.year,
            RegisterEntry.number == label.number,
        )
    ).first()


def _say(label: Label) -> str:
    if isinstance(label, Separator):
        return f"{MARK}:S:{label.department.upper()}:{label.day:%Y%m%d}:{label.sequence}"
    return f"{MARK}:N:{label.number}:{label.year}"


def _understand(said: str) -> Label | None:
    """The label; None only for a code of a later program that knows more kinds."""
    match said.split(":"):
        case [_, "S", department, day, sequence]:
            return Separator(department.lower(), date.fromisoformat(day), int(sequence))
        case [_, "N", number, year]:
            return NumberLabel(int(number), int(year))
    return None


def _check(key: bytes, said: str) -> str:
    digest = hmac.digest(key, said.encode(), hashlib.sha256)
    return base64.b32encode(digest[:_CHECK_BYTES]).decode()
