"""Mail addresses out of header fields: names decoded, hostile spellings made harmless."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Final

from mailparser.utils import get_addresses

from ingest.headers import decode_field, one_line

SHOWN_LIMIT: Final = 200
_FIELD_LIMIT: Final = 32_768
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]{1,253}")
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]{1,80}\?[bqBQ]\?[^?\s]{0,2000}\?=")
# A letter for private use: no sender's text may hold it, and readers of address fields take it as a word.
_SEAL: Final = "\ue000"
_SEALED: Final = re.compile(f"{_SEAL}([0-9]{{1,6}}){_SEAL}")
_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,900})>")


@dataclass(frozen=True, slots=True)
class Address:
    """A display name ("" if there is none) and an address in the form `local@domain`, domain lower-case."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def parse_addresses(raw_values: Iterable[str]) -> tuple[Address, ...]:
    """The mailboxes of the raw values of one address field, at most `SHOWN_LIMIT`. Never raises.

    An item that does not hold exactly one well-formed address is left out: a reply must not go to a guess.
    """
    found: list[Address] = []
    for raw in raw_values:
        words: list[str] = []
        for name, address in _pairs(_sealed(_unfold(raw[:_FIELD_LIMIT]), words)):
            mailbox = _clean(_unsealed(name, words), address)
            if mailbox is not None and mailbox not in found:
                found.append(mailbox)
            if len(found) == SHOWN_LIMIT:
                return tuple(found)
    return tuple(found)


def display_name(raw: str) -> str:
    """What stands in an address field without a usable address (`undisclosed-recipients:;`, a bare name)."""
    return one_line(decode_field(raw[:_FIELD_LIMIT])).strip("<> \"'")[:200]


def message_ids(raw: str) -> tuple[str, ...]:
    """The Message-IDs in a Message-ID, In-Reply-To or References field, without angle brackets."""
    value = one_line(decode_field(raw))
    found = _MESSAGE_ID.findall(value)
    if not found and value and " " not in value and len(value) <= 900:
        found = [value.strip("<>")]
    return tuple(dict.fromkeys(found))


def _unfold(raw: str) -> str:
    return raw.replace("\r\n", " ").replace("\r", " ").replace("\n", " ")


def _sealed(raw: str, words: list[str]) -> str:
    """Encoded words replaced by plain ones and put into `words`: an address hidden in one is no address."""

    def seal(match: re.Match[str]) -> str:
        words.append(match.group(0))
        return f"{_SEAL}{len(words) - 1}{_SEAL}"

    return _ENCODED_WORD.sub(seal, raw.replace(_SEAL, ""))


def _unsealed(name: str, words: list[str]) -> str:
    return _SEALED.sub(lambda match: words[int(match.group(1))], name)


def _pairs(raw: str) -> list[tuple[str, str]]:
    """mail-parser's reader recovers most broken fields; the stdlib's takes what is left over."""
    try:
        pairs: list[tuple[str, str]] = [pair for pair in get_addresses(raw, decode_names=False) if pair[1]]
    except Exception:  # noqa: BLE001  (hostile input; the library documents no errors of its own)
        pairs = []
    if pairs:
        return pairs
    try:
        return [pair for pair in getaddresses([raw]) if pair[1]]
    except (ValueError, IndexError, RecursionError):
        return []


def _clean(name: str, address: str) -> Address | None:
    address = address.strip("<> ")
    if _SEAL in address or one_line(address) != address or not _ADDRESS.fullmatch(address):
        return None
    local, _, domain = address.rpartition("@")
    shown = one_line(decode_field(name)).strip("\"' ")[:200]
    mailbox = f"{local}@{domain.lower()}"
    return Address("" if shown.lower() == mailbox.lower() else shown, mailbox)
