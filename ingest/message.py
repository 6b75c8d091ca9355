"""One mail taken apart: who wrote, what is new in it, which files came along, and what is wrong with it.

`take_apart` is for the daemon; it runs `take_apart_file` in a limited child process, because mail is
hostile input. A broken mail gives a `Message` with problem codes, never an exception.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message as RawMessage
from email.parser import BytesFeedParser, BytesHeaderParser
from email.utils import parsedate_to_datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final, Literal, cast

import mailparser
from mailparser.dates import parse_mail_date

from ingest.addresses import Address, display_name, message_ids, parse_addresses
from ingest.bodies import Body, Piece, compose, unflow
from ingest.charset import decode
from ingest.checks import Context, MachineKind, machine_mail
from ingest.child import JSON, Limits, run_limited
from ingest.documents.sniff import sniff_head
from ingest.headers import Headers, decode_field, one_line, raw_values, readable_headers
from ingest.html import HTML_LIMIT
from ingest.parts import Part, filename, keep
from ingest.prescan import prescan
from ingest.quoted import Span, is_forward, new_text, new_text_spans
from ingest.reports import DeliveryReport, delivery_report
from ingest.walk import MAIL_TYPES, Leaf, content, leaves

MAIL_LIMITS: Final = Limits(memory=1024**3, cpu_seconds=20, wall_seconds=30)
MANY_PARTS: Final = 100

# Its log lines quote header fields, and nothing personal may stand in a log.
logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)

_HEADER_ONLY_BYTES: Final = 65_536
# mail-parser reads every field of the header at once and quadratically: 1 MB of encoded words took 12 s.
_LIBRARY_HEADER_BYTES: Final = 131_072
_KEPT_HEADERS: Final = (
    *("from", "sender", "reply-to", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references"),
    *("return-path", "delivered-to", "x-original-to", "content-type", "content-language", "importance"),
    *("auto-submitted", "precedence", "x-precedence", "feedback-id", "mailing-list", "x-failed-recipients"),
    "disposition-notification-to",
)
_KEPT_PREFIXES: Final = ("list-", "x-auto", "x-vacation", "x-mail-autoreply", "x-mailing-list", "x-cabinet-")
_SINGLE_HEADERS: Final = ("from", "subject", "date", "message-id")
_DOCUMENT_KINDS: Final = frozenset({"pdf", "jpeg", "png", "tiff", "gif", "webp", "bmp", "heic", "zip", "ole", "rtf"})
_BODY_TYPES: Final = frozenset({"text/plain", "text/html", "text/markdown"})


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as the rest of the house sees it.

    Texts are decoded and free of control characters. `reply_to` is the address answers go to if it is not
    the sender. `text` is the best text of the body, `new_text_spans` are (start, end) offsets in it of what
    the sender newly wrote. `html` is safe to show; images in it have `src="cid:<part number>"`.
    `machine_kind` is "" for a letter by a person; `machine_rule` names the rule that found otherwise.
    `report` is what a bounce or receipt reports. `problems` are codes for `ingest.problems.describe_problem`.
    """

    subject: str = ""
    from_name: str = ""
    from_address: str = ""
    reply_to: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    text: str = ""
    html: str = ""
    html_hidden_text: bool = False
    new_text_spans: tuple[Span, ...] = ()
    charset_rules: tuple[str, ...] = ()
    machine_kind: MachineKind | Literal[""] = ""
    machine_rule: str = ""
    report: DeliveryReport | None = None
    parts: tuple[Part, ...] = ()
    headers: Headers = field(default_factory=Headers)
    problems: tuple[str, ...] = ()

    @property
    def new_text(self) -> str:
        """What the sender newly wrote; the whole text if that is next to nothing."""
        return new_text(self.text, self.new_text_spans)

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        value: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return value | {
            "to": [[one.name, one.address] for one in self.to],
            "cc": [[one.name, one.address] for one in self.cc],
            "date": self.date.isoformat() if self.date else None,
            "report": self.report.to_json() if self.report else None,
            "parts": [part.to_json() for part in self.parts],
            "headers": [list(pair) for pair in self.headers.fields],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Message":
        """The inverse of `to_json`."""
        return cls(
            **value
            | {
                "to": tuple(Address(name, address) for name, address in value["to"]),
                "cc": tuple(Address(name, address) for name, address in value["cc"]),
                "references": tuple(value["references"]),
                "date": datetime.fromisoformat(value["date"]) if value["date"] else None,
                "new_text_spans": tuple((start, end) for start, end in value["new_text_spans"]),
                "charset_rules": tuple(value["charset_rules"]),
                "report": DeliveryReport(**value["report"]) if value["report"] else None,
                "parts": tuple(Part.from_json(part) for part in value["parts"]),
                "headers": Headers(tuple((name, text) for name, text in value["headers"])),
                "problems": tuple(value["problems"]),
            }
        )


def take_apart(
    path: Path,
    parts_folder: Path,
    limits: Limits = MAIL_LIMITS,
    *,
    own_addresses: Collection[str] = (),
    own_domain: str = "",
) -> Message:
    """Take the raw mail at `path` apart in a limited child; its files go to `parts_folder` under their hash.

    `own_addresses` and `own_domain` (of the Message-IDs we give) let our own letters be recognised. Only the
    end of the child itself raises: `ChildTimeout`, `ChildOutOfMemory`, `ChildCrashed`.
    """
    arguments: dict[str, JSON] = {
        "path": str(path.resolve()),
        "parts_folder": str(parts_folder.resolve()),
        "own_addresses": [*sorted(own_addresses)],
        "own_domain": own_domain,
    }
    answer = run_limited("take_apart", arguments, limits=limits)
    return Message.from_json(cast(dict[str, Any], answer))


def take_apart_file(arguments: dict[str, Any]) -> dict[str, Any]:
    """The child's side of `take_apart`: arguments and answer as JSON values."""
    path, folder = Path(arguments["path"]), Path(arguments["parts_folder"])
    office = Context(
        own_addresses=frozenset(address.lower() for address in arguments.get("own_addresses", ())),
        own_domain=arguments.get("own_domain", "").lower(),
    )
    return _take_apart(path, folder, office).to_json()


def _take_apart(path: Path, folder: Path, office: Context) -> Message:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    problems: set[str] = set()
    message, complete = _parse(path, problems)
    found = list(leaves(message, problems)) if complete else []
    pieces, rules, body_leaves, contents = _text_pieces(found, problems)
    parts = _keep_files([leaf for leaf in found if leaf.path not in body_leaves], contents, folder, problems)
    if not pieces and complete and (outside := _text_outside_parts(message)):
        problems.add("text-outside-parts")
        pieces.append(Piece("", "plain", outside))
    images = {part.content_id: str(part.number) for part in parts if part.content_id and not part.nested}
    body = compose(pieces, images)
    if body.cut:
        problems.add("text-cut")
    if body.hidden_text:
        problems.add("hidden-text")
    if not body.text and not parts and complete:
        problems.add("empty")
    return _described(message, found, body, rules, parts, office, problems)


def _parse(path: Path, problems: set[str]) -> tuple[RawMessage, bool]:
    """The parsed mail, and whether it was parsed as a whole (else only the beginning of its header)."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return RawMessage(), True
        with mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
            scan = prescan(raw)
            head = raw[: min(scan.header_end, _HEADER_ONLY_BYTES)]
    problems.update(scan.problems)
    if not scan.problems:
        try:
            return _parse_whole(path, problems, bare=scan.header_end > _LIBRARY_HEADER_BYTES), True
        except RecursionError:
            problems.add("nested-too-deep")
    return BytesHeaderParser().parsebytes(head), False


def _parse_whole(path: Path, problems: set[str], *, bare: bool) -> RawMessage:
    if not bare:
        try:
            return cast(RawMessage, mailparser.parse_from_file(str(path)).message)
        except Exception:  # noqa: BLE001  (it raises AttributeError and others on broken structure: trial section 4)
            problems.add("broken-structure")
    parser = BytesFeedParser()
    with path.open("rb") as file:
        while chunk := file.read(65_536):
            parser.feed(chunk)
    return parser.close()


def _text_pieces(
    found: Sequence[Leaf], problems: set[str]
) -> tuple[list[Piece], list[str], set[str], dict[str, bytes]]:
    """The decoded body parts, the charset rules used, the paths of body leaves, and bytes read on the way."""
    pieces: list[Piece] = []
    rules: list[str] = []
    body_leaves: set[str] = set()
    contents: dict[str, bytes] = {}
    for leaf in found:
        if not _may_be_body(leaf, first=not pieces):
            continue
        raw, readable = content(leaf.part)
        if not readable:
            problems.add("part-unreadable")
        kind = sniff_head(raw[:8192])
        if kind in _DOCUMENT_KINDS:
            contents[leaf.path] = raw
            continue
        body_leaves.add(leaf.path)
        is_html = leaf.content_type == "text/html" or kind == "html"
        if is_html and len(raw) > 2 * HTML_LIMIT:
            problems.add("text-cut")
            raw = raw[: 2 * HTML_LIMIT]
        decoded = decode(raw, leaf.parameter("charset"), html=is_html)
        if not raw.isascii() and decoded.rule not in rules:
            rules.append(decoded.rule)
        text = decoded.text
        if not is_html and leaf.parameter("format").lower() == "flowed":
            text = unflow(text, delete_space=leaf.parameter("delsp").lower() == "yes")
        if text.strip():
            pieces.append(Piece(leaf.group, "html" if is_html else "plain", text))
    return pieces, rules, body_leaves, contents


def _may_be_body(leaf: Leaf, *, first: bool) -> bool:
    """Whether the part is meant to be read with the mail: text, not attached, not named (but the first may be)."""
    declared_multipart = leaf.part.get_content_maintype() == "multipart"
    if leaf.nested or leaf.disposition == "attachment":
        return False
    if leaf.content_type not in _BODY_TYPES and not declared_multipart:
        return False
    return not filename(leaf) or (first and not leaf.disposition)


def _keep_files(
    files: Sequence[Leaf], contents: dict[str, bytes], folder: Path, problems: set[str]
) -> tuple[Part, ...]:
    parts: list[Part] = []
    attached_mails: list[str] = []
    for leaf in files:
        if leaf.content_type in MAIL_TYPES:
            # A mail inside an attached mail is in that mail's file; writing each level out is quadratic.
            if any(leaf.path.startswith(f"{outer}.") for outer in attached_mails):
                continue
            attached_mails.append(leaf.path)
        # Text of an attached mail stays inside that mail's own file.
        if leaf.nested and leaf.content_type in _BODY_TYPES and _may_be_nested_body(leaf):
            continue
        raw, readable = (contents[leaf.path], True) if leaf.path in contents else content(leaf.part)
        if not readable:
            problems.add("part-unreadable")
        _note_protection(leaf, problems)
        parts.append(keep(leaf, raw, len(parts) + 1, folder))
    if len(parts) > MANY_PARTS:
        problems.add("many-parts")
    return tuple(parts)


def _may_be_nested_body(leaf: Leaf) -> bool:
    return leaf.disposition != "attachment" and not filename(leaf)


def _note_protection(leaf: Leaf, problems: set[str]) -> None:
    if leaf.content_type == "application/pgp-encrypted":
        problems.add("encrypted")
    elif leaf.content_type in {"application/pkcs7-mime", "application/x-pkcs7-mime"}:
        signed = leaf.parameter("smime-type").lower() == "signed-data"
        problems.add("signed-wrapped" if signed else "encrypted")


def _text_outside_parts(message: RawMessage) -> str:
    """Text that a broken mail has only before its first or after its last part."""
    outside = [part for part in (message.preamble, message.epilogue) if part and part.strip()]
    raw = "\n".join(outside).encode("utf-8", "surrogateescape")
    return decode(raw).text.strip() if message.is_multipart() else ""


def _described(
    message: RawMessage,
    found: Sequence[Leaf],
    body: Body,
    rules: Sequence[str],
    parts: tuple[Part, ...],
    office: Context,
    problems: set[str],
) -> Message:
    """The header's story added to the body's."""
    if any(len(raw_values(message, name)) > 1 for name in _SINGLE_HEADERS):
        problems.add("repeated-header")
    subject = _subject(message)
    senders = raw_values(message, "from")[:1]
    sender = next(iter(parse_addresses(senders)), None)
    if sender is None:
        problems.add("no-sender")
    date = _date(message, problems)
    headers = readable_headers(message, _KEPT_HEADERS, _KEPT_PREFIXES)
    finding = machine_mail(
        headers,
        Context(
            from_address=sender.address if sender else "",
            subject=subject,
            part_types=frozenset(leaf.content_type for leaf in found if not leaf.nested),
            own_addresses=office.own_addresses,
            own_domain=office.own_domain,
        ),
    )
    kind: MachineKind | Literal[""] = finding.kind if finding else ""
    return Message(
        subject=subject,
        from_name=sender.name if sender else next((display_name(raw) for raw in senders), ""),
        from_address=sender.address if sender else "",
        reply_to=_reply_to(message, sender),
        to=parse_addresses(raw_values(message, "to")),
        cc=parse_addresses(raw_values(message, "cc")),
        message_id=_first_id(message, "message-id"),
        in_reply_to=_first_id(message, "in-reply-to"),
        references=tuple(
            dict.fromkeys(found_id for raw in raw_values(message, "references") for found_id in message_ids(raw))
        ),
        date=date,
        text=body.text,
        html=body.html,
        html_hidden_text=body.hidden_text,
        new_text_spans=new_text_spans(body.text, forward=is_forward(subject)),
        charset_rules=tuple(rules),
        machine_kind=kind,
        machine_rule=finding.rule if finding else "",
        report=delivery_report(found) if kind in {"bounce", "report", "auto-reply"} else None,
        parts=parts,
        headers=headers,
        problems=tuple(sorted(problems)),
    )


def _subject(message: RawMessage) -> str:
    return one_line(decode_field(next(iter(raw_values(message, "subject")), "")))[:1000]


def _reply_to(message: RawMessage, sender: Address | None) -> str:
    wanted = next(iter(parse_addresses(raw_values(message, "reply-to"))), None)
    return wanted.address if wanted and (sender is None or wanted.address != sender.address) else ""


def _first_id(message: RawMessage, name: str) -> str:
    return next((found for raw in raw_values(message, name) for found in message_ids(raw)), "")


def _date(message: RawMessage, problems: set[str]) -> datetime | None:
    """The sender's date in UTC; None (and a problem) if it is absent, unreadable or from another age."""
    raw = next(iter(raw_values(message, "date")), "")
    read = parse_mail_date(raw)
    moment: datetime | None = read.value
    # The stdlib reads sloppier spellings, but also makes year 1 into 2001.
    if moment is None and read.reasons == ("invalid-date-syntax",):
        try:
            moment = parsedate_to_datetime(raw)
        except (ValueError, TypeError, IndexError, OverflowError):
            moment = None
    try:
        if moment is not None:
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        moment = None
    if moment is None or not 1990 <= moment.year <= 2100:
        problems.add("date-unreadable")
        return None
    return moment
