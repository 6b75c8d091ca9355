"""One mail taken apart: who wrote, what is new in it, which files came along, and what is wrong with it.

`take_apart` is for the daemon; it runs `take_apart_file` in a limited child process, because mail is
hostile input. A broken mail gives a `Message` with problem codes, never an exception.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message as RawMessage
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from ingest.bodies import Body, Piece, compose
from ingest.calendar import is_calendar, read_calendar
from ingest.checks import CHECKED_FIELDS, CHECKED_PREFIXES, Context, machine_mail
from ingest.child import JSON, Limits, run_limited
from ingest.digest import content_digest
from ingest.head import read_head
from ingest.headers import readable_headers
from ingest.nested import TEXT_LIMIT as NESTED_TEXT_LIMIT
from ingest.nested import describe_attached
from ingest.parsing import parse_file
from ingest.parts import Part, keep
from ingest.quoted import is_forward, is_too_long, new_text_spans
from ingest.reports import REPORTING, calendar_methods, delivery_report
from ingest.shells import file_part
from ingest.taken import Message
from ingest.texts import Texts, outside_parts, texts_of
from ingest.walk import LEVEL_LIMIT, Leaf, content, leaf_of, leaves
from ingest.wrapped import Findings, open_leaf

__all__ = ["MAIL_LIMITS", "MANY_PARTS", "Message", "take_apart", "take_apart_file"]

MAIL_LIMITS: Final = Limits(memory=1024**3, cpu_seconds=20, wall_seconds=30)
MANY_PARTS: Final = 100
# Every mail within a mail and every wrapper is written out with all that is inside it.
_COPIED_BYTES: Final = 160 * 1024**2
# Characters of the texts of all attached mails together.
_NESTED_TEXTS: Final = 2_000_000
_KEPT_HEADERS: Final = (
    *("from", "sender", "reply-to", "to", "cc", "date", "subject", "message-id", "delivered-to", "x-original-to"),
    *("content-language", "importance", "disposition-notification-to", *CHECKED_FIELDS),
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
    """The child's side of `take_apart`: arguments and answer as JSON values. Never raises for what is in the mail."""
    office = Context(
        own_addresses=frozenset(address.lower() for address in arguments.get("own_addresses", ())),
        own_domain=arguments.get("own_domain", "").lower(),
    )
    return _take_apart(Path(arguments["path"]), Path(arguments["parts_folder"]), office).to_json()


@dataclass(frozen=True, slots=True)
class _Nested:
    """The text of one mail attached to the letter, and what came to light while it was read."""

    texts: Texts
    text: str


def _take_apart(path: Path, folder: Path, office: Context) -> Message:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    findings = Findings()
    problems = findings.problems
    message, complete = parse_file(path, problems)
    levels = max(2, min(LEVEL_LIMIT, _COPIED_BYTES // max(1, path.stat().st_size)))
    opener = partial(open_leaf, findings=findings, folder=folder)
    found = list(leaves(message, problems, opener, levels=levels)) if complete else []
    texts = texts_of([leaf for leaf in found if not leaf.owner], problems)
    nested = _nested_texts(found, problems)
    parts = _keep_files(found, texts, nested, folder, findings)
    if not texts.pieces and complete and (outside := outside_parts(message)):
        problems.add("text-outside-parts")
        texts.pieces.append(Piece("", "plain", outside))
    images = {part.content_id: str(part.number) for part in parts if part.content_id and not part.nested}
    body = compose(texts.pieces, images)
    if body.cut:
        problems.add("text-cut")
    if is_too_long(body.text):
        problems.add("text-long")
    if body.hidden_text:
        problems.add("hidden-text")
    if not body.text and not parts and complete:
        problems.add("empty")
    return _described(message, found, body, texts, parts, office, findings, folder)


def _nested_texts(found: Sequence[Leaf], problems: set[str]) -> dict[str, _Nested]:
    """The text of every attached mail, by its path."""
    owned: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in found:
        if leaf.owner:
            owned[leaf.owner].append(leaf)
    nested: dict[str, _Nested] = {}
    room = _NESTED_TEXTS
    for leaf in found:
        if leaf.mail is not None:
            texts = texts_of(owned[leaf.path], problems)
            body = compose(texts.pieces, {}, shown=False)
            text = body.text[: min(room, NESTED_TEXT_LIMIT)]
            room -= len(text)
            if body.cut or len(text) < len(body.text):
                problems.add("text-cut")
            nested[leaf.path] = _Nested(texts, text)
    return nested


def _keep_files(
    found: Sequence[Leaf], texts: Texts, nested: Mapping[str, _Nested], folder: Path, findings: Findings
) -> tuple[Part, ...]:
    """Every leaf that is no text, as a file in `folder`; files that stood in a text follow in its place."""
    parts: list[Part] = []
    problems = findings.problems
    for leaf in found:
        own = nested[leaf.owner].texts if leaf.owner else texts
        if leaf.path in own.leaves:
            for number, file in enumerate(own.files.get(leaf.path, ()), 1):
                inside = leaf_of(file_part(file.content, name=file.name), leaf, number)
                parts.append(keep(inside, file.content, len(parts) + 1, folder))
            continue
        raw, readable = (own.contents[leaf.path], True) if leaf.path in own.contents else content(leaf.part)
        if not readable:
            problems.add("part-unreadable")
        mail = describe_attached(leaf.mail, nested[leaf.path].text) if leaf.mail is not None else None
        invitation = None
        if leaf.content_type == "text/calendar" or is_calendar(raw[:100]):
            invitation = read_calendar(raw, leaf.parameter("charset"), findings.budget)
            if invitation is None:
                problems.add("calendar-unreadable")
        parts.append(keep(leaf, raw, len(parts) + 1, folder, mail=mail, invitation=invitation))
    if len(parts) > MANY_PARTS:
        problems.add("many-parts")
    if any(part.contradiction for part in parts):
        problems.add("ambiguous")
    return tuple(parts)


def _described(
    message: RawMessage,
    found: Sequence[Leaf],
    body: Body,
    texts: Texts,
    parts: tuple[Part, ...],
    office: Context,
    findings: Findings,
    folder: Path,
) -> Message:
    """The header's story added to the body's."""
    head = read_head(message, findings.problems)
    sender = head.sender.address if head.sender else ""
    headers = readable_headers(message, _KEPT_HEADERS, CHECKED_PREFIXES)
    finding = machine_mail(
        headers,
        Context(
            from_address=sender,
            subject=head.subject,
            part_types=frozenset(leaf.content_type for leaf in found if not leaf.nested),
            calendar_methods=calendar_methods(found),
            own_addresses=office.own_addresses,
            own_domain=office.own_domain,
        ),
    )
    reports = finding is not None and finding.kind in REPORTING
    return Message(
        subject=head.subject,
        from_name=head.from_name,
        from_address=sender,
        reply_to=head.reply_to,
        to=head.to,
        cc=head.cc,
        message_id=head.message_id,
        in_reply_to=head.in_reply_to,
        references=head.references,
        date=head.date,
        text=body.text,
        html=body.html,
        html_hidden_text=body.hidden_text,
        new_text_spans=new_text_spans(body.text, forward=is_forward(head.subject)),
        charset_rules=tuple(texts.rules),
        machine_kind=finding.kind if finding else "",
        machine_rule=finding.rule if finding else "",
        report=delivery_report(found, headers, body.text, office.own_domain) if reports else None,
        parts=parts,
        headers=headers,
        problems=tuple(sorted(findings.problems)),
        signers=tuple(findings.signers),
        signed_at=findings.signed_at,
        content_digest=content_digest(sender, head.subject, body.text, parts, folder),
    )
