"""Header fields of a mail as readable, harmless text.

Raw values come from Python's compat32 parser, where bytes outside ASCII are surrogate escapes.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as RawMessage
from typing import Final

from ingest.charset import decode

# One field is read up to here; longer ones are attacks (1.5 MB of encoded words took a library 33 s).
FIELD_LIMIT: Final = 65_536

_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]{1,80}\?[bqBQ]\?")
_NO_BYTE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_BLANKS: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in the order of the mail: lower-case names with decoded one-line values."""

    fields: tuple[tuple[str, str], ...] = ()

    def first(self, name: str) -> str:
        """The value of the first field of this (lower-case) name, "" if there is none."""
        return next((value for field, value in self.fields if field == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """The values of all fields of this (lower-case) name."""
        return tuple(value for field, value in self.fields if field == name)

    def __contains__(self, name: str) -> bool:
        return any(field == name for field, _ in self.fields)


def readable_headers(message: RawMessage, names: Iterable[str], prefixes: tuple[str, ...]) -> Headers:
    """The fields of `message` whose lower-case name is in `names` or starts with one of `prefixes`."""
    wanted = frozenset(names)
    return Headers(
        tuple(
            (name.lower(), one_line(decode_field(value)))
            for name, value in message.raw_items()
            if name.lower() in wanted or name.lower().startswith(prefixes)
        )
    )


def raw_values(message: RawMessage, name: str) -> list[str]:
    """The raw values of every field of this (lower-case) name, bytes repaired to text, words still encoded."""
    return [repair_bytes(str(value)) for field, value in message.raw_items() if field.lower() == name]


def repair_bytes(value: str) -> str:
    """A raw header value with its surrogate-escaped bytes decoded (windows-1250 and the like included)."""
    value = value[:FIELD_LIMIT]
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # Other lone surrogates come from a sender's UTF-7 or UTF-16 parameters and stand for nothing.
        return scrubbed(decode(_NO_BYTE.sub("", value).encode("utf-8", "surrogateescape"), None).text)
    return value


def decode_field(raw: object) -> str:
    """A raw header value as text: stray bytes repaired, encoded words (RFC 2047) decoded. Never raises."""
    # Unfolded first: the stdlib forgets the blank between an encoded word and plain words on the next line.
    value = repair_bytes(str(raw)).replace("\r", " ").replace("\n", " ")
    if not _ENCODED_WORD.search(value):
        return value
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    words: list[str] = []
    for piece, charset in pieces:
        if isinstance(piece, str):
            words.append(piece)
        elif charset is None:
            # The stdlib hands unencoded stretches back in this codec; a lone backslash is no escape in it.
            words.append(_from_stdlib(piece))
        else:
            words.append(decode(piece, charset).text)
    return scrubbed("".join(words))


def one_line(text: str) -> str:
    """Text for one line of a page, log or reply header: no control, direction or line characters, NFC."""
    visible = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in text
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", visible)).strip()


def scrubbed(text: str) -> str:
    """Text without lone surrogates and NUL, which neither JSON readers nor databases accept."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def mime_view(part: RawMessage) -> RawMessage:
    """The part's content fields alone, bytes repaired, so that the stdlib can take parameters from them."""
    view = RawMessage()
    view.set_default_type(part.get_default_type())
    for name, value in part.raw_items():
        if name.lower().startswith("content-"):
            view[name] = repair_bytes(str(value))
    return view


def _from_stdlib(piece: bytes) -> str:
    try:
        return piece.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        return piece.decode("latin-1")
