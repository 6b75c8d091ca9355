"""The body of a mail from its text parts: the best text, and HTML for people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final, Literal

from ingest.html import TEXT_LIMIT, html_to_text, safe_html

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Piece:
    """The decoded text of one part; pieces of one `group` are alternatives of the same content.

    A `copy` (the text inside winmail.dat) usually says again what the mail says already.
    """

    group: str
    kind: Literal["plain", "html"]
    text: str
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """Text for reading, HTML for showing ("" if the mail has none), and what had to be said about them."""

    text: str = ""
    html: str = ""
    hidden_text: bool = False
    cut: bool = False


def compose(pieces: Sequence[Piece], inline_images: Mapping[str, str], *, shown: bool = True) -> Body:
    """Put the text parts together in their order.

    Of alternatives the plain one is the text, unless it is empty or a mere note beside a real HTML letter. A copy
    counts only for what the rest does not say. `inline_images` maps Content-IDs to part numbers. Without `shown` only
    the text is made.
    """
    images = inline_images if shown else None
    texts, pages, hidden, cut = _put_together([piece for piece in pieces if not piece.copy], images)
    copies = [piece for piece in pieces if piece.copy]
    if copies:
        more, more_pages, more_hidden, more_cut = _put_together(copies, images)
        own, copied = _words(texts), _words(more)
        if own in copied:
            texts, pages, hidden, cut = more, pages or more_pages, hidden or more_hidden, cut or more_cut
        elif copied not in own:
            texts, hidden, cut = texts + more, hidden or more_hidden, cut or more_cut
            pages = pages + more_pages if pages else []
    text = "\n\n".join(filter(None, texts))
    page = clean_text("\n".join(pages))
    return Body(text[:TEXT_LIMIT], page, hidden, cut or len(text) > TEXT_LIMIT)


def _put_together(pieces: Sequence[Piece], images: Mapping[str, str] | None) -> tuple[list[str], list[str], bool, bool]:
    """Texts and pages of these pieces, whether something is hidden in them, whether something was cut."""
    texts: list[str] = []
    pages: list[str] = []
    hidden = cut = False
    has_html = any(piece.kind == "html" and piece.text.strip() for piece in pieces)
    for _, group in groupby(pieces, key=lambda piece: piece.group):
        alternatives = list(group)
        plain = "\n\n".join(clean_text(piece.text) for piece in alternatives if piece.kind == "plain").strip("\n")
        html = "\n".join(piece.text for piece in alternatives if piece.kind == "html")
        read = html_to_text(html) if html.strip() else None
        if read is not None:
            hidden, cut = hidden or read.hidden, cut or read.cut
            if images is not None:
                pages.append(safe_html(html, images))
        elif has_html and plain:
            pages.append("<p>" + escape(plain).replace("\n", "<br>\n") + "</p>")
        from_html = clean_text(read.text) if read is not None else ""
        texts.append(from_html if _is_mere_note(plain, from_html) else plain)
    return texts, pages, hidden, cut


def _words(texts: Sequence[str]) -> str:
    return " ".join(" ".join(texts).split())


def clean_text(text: str) -> str:
    """Text with "\\n" line ends and without control characters."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def unflow(text: str, *, delete_space: bool) -> str:
    """Undo `format=flowed` (RFC 3676): join soft-wrapped lines of the same quote depth."""
    lines: list[str] = []
    open_depth = -1
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        soft = bare.endswith(" ") and bare != "-- "
        body = bare[:-1] if soft and delete_space else bare
        if depth == open_depth and bare != "-- ":
            lines[-1] += body
        else:
            lines.append(f"{'>' * depth} {body}" if depth else body)
        open_depth = depth if soft else -1
    return "\n".join(lines)


def _is_mere_note(plain: str, from_html: str) -> bool:
    """No plain text, or a stub ("Your program does not show HTML") beside a letter several times as long."""
    length = len(plain.strip())
    return not length or (length < 200 and len(from_html) > 400 + 4 * length)
