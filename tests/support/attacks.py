"""Mails made to hang, crash or flood whoever reads them: every row of the attack table of trial `mail.md`
(section 4), the shapes of its sections 5 and 7 as mails, and a few of our own.

Each is made on demand, as some are large.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

HEAD: Final = (
    b"From: Ana Tudor <ana@post.example>\r\nTo: primaria@medias.example\r\nSubject: Cerere\r\n"
    b"Date: Mon, 02 Nov 2026 10:15:00 +0200\r\nMessage-ID: <atac@post.example>\r\nMIME-Version: 1.0\r\n"
)
WORDS: Final = "Vă rog să reparați groapa.\r\n".encode()


@dataclass(frozen=True, slots=True)
class Attack:
    """A mail, the problems that must be told about it, and whether its header alone remains readable."""

    raw: Callable[[], bytes]
    problems: frozenset[str] = frozenset()
    head_only: bool = False


def _attack(raw: Callable[[], bytes], *problems: str, head_only: bool = False) -> Attack:
    return Attack(raw, frozenset(problems), head_only)


def _nested_multiparts(depth: int) -> bytes:
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    closing = b"".join(b"\r\n--b%d--\r\n" % level for level in reversed(range(depth)))
    return HEAD + opening + b"Content-Type: text/plain\r\n\r\n" + WORDS + closing


def _nested_mails(depth: int) -> bytes:
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Content-Type: text/plain\r\n\r\n" + WORDS


def _parts(count: int, part: bytes = b"Content-Type: text/plain\r\n\r\nx\r\n") -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n" + part) * count + b"--b--\r\n"


def _with_field(field: bytes) -> bytes:
    return HEAD + field + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + WORDS


def _subject(value: bytes) -> bytes:
    return _with_field(b"").replace(b"Subject: Cerere", b"Subject: " + value)


def _to(value: bytes) -> bytes:
    return _with_field(b"").replace(b"To: primaria@medias.example", b"To: " + value)


def _html(markup: str) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + markup.encode()


def _plain(words: str) -> bytes:
    return HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + words.encode()


def _sections(count: int) -> bytes:
    sections = b"".join(b";\r\n filename*%d=a" % number for number in range(count))
    part = b"Content-Type: application/pdf\r\nContent-Disposition: attachment" + sections + b"\r\n\r\n%PDF-1.4\r\n"
    return _parts(1, part)


def _base64_line(size: int) -> bytes:
    head = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return _parts(1, head + base64.b64encode(bytes(size)) + b"\r\n")


def _words(count: int) -> bytes:
    return b"\r\n ".join([b"=?utf-8?B?w4PCog==?="] * count)


ATTACKS: Final[dict[str, Attack]] = {
    # the table
    "10,000 nested multiparts": _attack(lambda: _nested_multiparts(10_000), "too-many-parts", head_only=True),
    "900 nested multiparts": _attack(lambda: _nested_multiparts(900), "nested-too-deep"),
    "60 nested multiparts": _attack(lambda: _nested_multiparts(60), "nested-too-deep"),
    "5,000 nested mails": _attack(lambda: _nested_mails(5_000), "nested-too-deep", head_only=True),
    "100,000 Received fields": _attack(
        lambda: (
            b"Received: from a.post.example by b.post.example; Mon, 02 Nov 2026 10:15:00 +0200\r\n" * 100_000
            + _with_field(b"")
        ),
        "header-too-big",
        head_only=True,
    ),
    "10,000 short fields": _attack(lambda: _with_field(b"X-A: b\r\n" * 10_000), "too-many-headers", head_only=True),
    "100,000 distinct fields": _attack(
        lambda: _with_field(b"".join(b"X-%d: b\r\n" % number for number in range(100_000))),
        "header-too-big",
        head_only=True,
    ),
    "50,000 addresses": _attack(
        lambda: _to(b",\r\n ".join(b"a%d@post.example" % number for number in range(50_000))),
        "header-too-big",
        head_only=True,
    ),
    "40,000 addresses within the limit of the header": _attack(
        lambda: _to(b",\r\n ".join(b"a%d@post.example" % number for number in range(40_000)))
    ),
    "1.5 MB of encoded words": _attack(lambda: _subject(_words(70_000)), "header-too-big", head_only=True),
    "0.9 MB of encoded words": _attack(lambda: _subject(_words(40_000))),
    "50,000 parts": _attack(lambda: _parts(50_000), "too-many-parts", head_only=True),
    "900 parts": _attack(lambda: _parts(900, b"Content-Type: application/pdf\r\n\r\n%PDF-1.4\r\n"), "many-parts"),
    "20,000 sections of a file name": _attack(lambda: _sections(20_000)),
    "20,000 open quotes": _attack(lambda: _to(b'"' * 20_001)),
    "20,000 open brackets": _attack(lambda: _to(b"(" * 20_000 + b"<" * 20_000)),
    "header of 10 MB": _attack(
        lambda: _with_field(b"X-A: " + b"b" * 10_000_000 + b"\r\n"), "header-too-big", head_only=True
    ),
    "NUL everywhere": _attack(lambda: _with_field(b"X-A: \0\0\r\n").replace(b"Cerere", b"Ce\0rere") + b"\0" * 1000),
    "nothing": _attack(lambda: b"", "empty", "no-sender", "date-unreadable"),
    "no header": _attack(lambda: b"\r\n" + WORDS, "no-sender", "date-unreadable"),
    # the same within a part
    "100,000 fields of a part": _attack(
        lambda: _parts(1, b"".join(b"X-%d: b\r\n" % number for number in range(100_000)) + b"\r\nx\r\n")
    ),
    "a field of 10 MB in a part": _attack(
        lambda: _parts(1, b"Content-Description: " + b"b" * 10**7 + b"\r\n\r\nx\r\n")
    ),
    "1.5 MB of encoded words in a file name": _attack(
        lambda: _parts(1, b'Content-Type: application/pdf; name="' + _words(70_000) + b'"\r\n\r\n%PDF-1.4\r\n')
    ),
    "100,000 boundaries": _attack(
        lambda: (
            HEAD
            + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            + b"".join(b"boundary=c%d\r\n--d\r\n" % number for number in range(100_000))
        ),
        "too-many-parts",
        head_only=True,
    ),
    # large bodies
    "one line of 50 MB": _attack(lambda: _plain("x" * 50_000_000), "text-cut", "text-long"),
    "50 MB of base64 in one line": _attack(lambda: _base64_line(37_000_000)),
    "20 MB of line ends": _attack(lambda: _plain("\n" * 20_000_000), "empty"),
    "lines of quotation": _attack(lambda: _plain("> citat\r\n" * 93_000), "text-long"),
    "an introduction that never ends": _attack(lambda: _plain("On " + "x " * 372_000 + "wrote:\r\n"), "text-long"),
    "labels only": _attack(lambda: _plain("De la: x\r\nTrimis: 1\r\n" * 40_000), "text-long"),
    # HTML
    "50,000 attributes": _attack(lambda: _html("<p " + "".join(f"a{n}=b " for n in range(50_000)) + ">Text</p>")),
    "1 MB of <": _attack(lambda: _html("<" * 1_000_000)),
    "tables in tables": _attack(lambda: _html("<table><tr><td>" * 9_000 + "x")),
    "100,000 open boxes": _attack(lambda: _html("<div>" * 100_000 + "x")),
    "100,000 open links": _attack(lambda: _html("<a href=x>" * 100_000 + "x")),
    "100,000 misnested tags": _attack(lambda: _html("<b><i><p>" * 33_000 + "x")),
    "lists in lists": _attack(lambda: _html("<ul><li>" * 12_000 + "x")),
    "HTML of 5 MB": _attack(lambda: _html("<p>Vă rog.</p>" * 350_000), "text-cut"),
    "300,000 unclosed underlines": _attack(lambda: _html("<u></p>" * 300_000)),
    "300,000 crossed ends": _attack(lambda: _html("</b><i>" * 300_000)),
    "2 MB of ampersands": _attack(lambda: _html("&" * 2_000_000)),
    "2 MB of unknown entities": _attack(lambda: _html("&zz;" * 500_000)),
    "an entity repeated": _attack(lambda: _html("&nbsp;" * 300_000 + "&#x110000;" * 1000)),
}
