"""HTML of a mail: to plain text for reading machines, and to harmless HTML for people.

Limits and the list of traps are from trial `mail.md` sections 7 and 8.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html.entities import html5
from typing import Final
from urllib.parse import unquote

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

HTML_LIMIT: Final = 2 * 1024 * 1024
TEXT_LIMIT: Final = 1024 * 1024
SHOWN_LIMIT: Final = HTML_LIMIT + HTML_LIMIT // 4
# One tag with 50,000 attributes took 7 s; no real tag without a data: image is nearly this long.
_TAG_LIMIT: Final = 4096
_ATTRIBUTE_LIMIT: Final = 200
_QUOTE_DEPTH_LIMIT: Final = 6
# Parsers need quadratic time for deep trees: 100,000 open <div> took 14 s and 21 s. Tables in tables reach ~100.
_NESTING_LIMIT: Final = 1000
# So they do for inline tags that nobody closes: 2 MB of "<u></p>" would take minutes. Leaving one out costs looks only.
_INLINE_LIMIT: Final = 50
_NESTING_TAG: Final = re.compile(
    r"<(/?)(?:(address|article|aside|blockquote|center|details|div|dl|fieldset|figure|footer|form|header|main|nav|ol"
    r"|pre|section|summary|ul)|(a|b|big|code|em|font|i|nobr|s|small|span|strike|strong|sub|sup|tt|u|ins|del|abbr"
    r"|cite|q|mark|label|button|ruby|rt|bdi|bdo|dfn|kbd|samp|var|applet|marquee|object))(?=[\s/>])",
    re.IGNORECASE,
)
# The cleaner needs quadratic time for loose ampersands: 2 MB of them took 45 s. Real letters have some hundred.
_AMPERSAND_LIMIT: Final = 20_000
_AMPERSAND: Final = re.compile(r"&(?:(#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});)|([A-Za-z][A-Za-z0-9]{1,31};))?")
_BULLET: Final = "- "


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BLOCKS: Final = _names(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol option p pre section summary table tbody "
    "tfoot thead tr ul"
)
_SPACED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl"})
_DROPPED: Final = _names(
    "script style title template head noscript object embed applet iframe svg math select textarea"
)
_HIDING_STYLE: Final = re.compile(
    r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|mso-hide\s{0,9}:\s{0,9}all"
    r"|(?:font-size|(?<![\w-])opacity|max-height)\s{0,9}:\s{0,9}0{0,3}(?:0|\.0{1,9})(?:px|pt|em|rem|%)?\s{0,9}(?:;|!|$)"
    r"|(?:text-indent|(?<![\w-])(?:left|top))\s{0,9}:\s{0,9}-\d{3,9}(?:px|pt|em)",
    re.IGNORECASE,
)
_SPACES: Final = re.compile(r"[ \t\r\n\f\xa0\u200b\u200c\u200d\u2007\u202f\ufeff]+")

_SHOWN_TAGS: Final = _names(
    "a abbr b blockquote br caption code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins li ol "
    "p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul"
)
_SHOWN_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\s]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HtmlText:
    """What an HTML body says; `hidden` if it also said something people could not see; `cut` at a limit."""

    text: str
    hidden: bool
    cut: bool


def html_to_text(html: str) -> HtmlText:
    """The visible text of an HTML body, line by line as it is shown.

    List items start with "- ", table cells are separated by tabs, quotations carry "> " so that the quoted
    reply is found by the same rules as in plain text. Text that the sender hid (display:none, size 0) is
    left out and reported. At most `HTML_LIMIT` characters are read and `TEXT_LIMIT` written.
    """
    cut = len(html) > HTML_LIMIT
    root = LexborHTMLParser(_tamed(html)).root
    writer = _Writer()
    hidden = _walk(root, writer) if root is not None else False
    return HtmlText(writer.text(), hidden, cut or writer.full)


def safe_html(html: str, inline_images: Mapping[str, str]) -> str:
    """HTML that may be shown to staff: nothing active, nothing loaded from elsewhere, no styles.

    `inline_images` maps a Content-ID (without angle brackets) to the number of the part that holds the
    image; such images come out as `src="cid:<number>"` for the desk to replace, all others lose their
    source. Links keep http, https, mailto and tel only.
    """

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("img", "src"):
            if value[:4].lower() != "cid:":
                return None
            number = inline_images.get(unquote(value[4:]).strip())
            return f"cid:{number}" if number else None
        if (tag, attribute) == ("a", "href"):
            link = value.strip()
            return link if _LINK.match(link) else None
        if attribute in {"width", "height", "colspan", "rowspan", "start"}:
            return value if value.isdecimal() and len(value) <= 4 else None
        return value

    def cleaned(markup: str) -> str:
        return nh3.clean(
            markup,
            tags=_SHOWN_TAGS,
            clean_content_tags=_DROPPED - {"head", "noscript"},
            attributes=_SHOWN_ATTRIBUTES,
            attribute_filter=keep,
            link_rel="noopener noreferrer nofollow",
            url_schemes={"http", "https", "mailto", "tel", "cid"},
            generic_attribute_prefixes=set(),
        )

    page = cleaned(_without_loose_ampersands(_tamed(html))[:HTML_LIMIT])
    # Only made-up HTML grows when it is cleaned (a megabyte of "<"). Images name parts by now, so their filter
    # takes the numbers for Content-IDs it does not know: such a page loses them.
    return page if len(page) <= SHOWN_LIMIT else cleaned(page[:SHOWN_LIMIT])


class _Writer:
    """Collects lines; knows how deep in quotations it stands and whether the limit is reached."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._length = 0
        self.quote_depth = 0
        self.full = False

    def add(self, piece: str) -> None:
        if self.full or not piece:
            return
        self._length += len(piece)
        self.full = self._length > TEXT_LIMIT
        self._line.append(piece)

    def start_item(self) -> None:
        if self._line != [_BULLET]:
            self._line.append(_BULLET)

    def end_line(self, *, blank_after: bool = False) -> None:
        if self._line == [_BULLET]:
            return  # <li><p>text</p></li> is one line
        line = "".join(self._line).strip(" \t")
        self._line.clear()
        prefix = "> " * min(self.quote_depth, _QUOTE_DEPTH_LIMIT)
        if line:
            self._length += len(prefix) + 1
            self._lines.append(prefix + line)
        if blank_after and self._lines and self._lines[-1].strip("> "):
            self._lines.append(prefix.rstrip())

    def break_line(self) -> None:
        """A <br>: two of them make an empty line."""
        if self._line:
            self.end_line()
        elif self._lines and self._lines[-1].strip("> "):
            self.end_line(blank_after=True)

    def text(self) -> str:
        self.end_line()
        return "\n".join(self._lines).strip("\n")


def _walk(root: LexborNode, writer: _Writer) -> bool:
    """Write the tree below `root` without recursion (mails nest thousands deep); tell if text was hidden."""
    hidden = False
    preformatted = 0
    node: LexborNode | None = root
    while node is not None and not writer.full:
        tag = node.tag or ""
        descend = False
        if node.is_text_node:
            text = node.text_content or ""
            if preformatted:
                for number, line in enumerate(text.split("\n")):
                    if number:
                        writer.end_line()
                    writer.add(line.rstrip("\r"))
            else:
                writer.add(_SPACES.sub(" ", text))
        elif tag in _DROPPED:
            pass
        elif _is_hidden(node):
            hidden = hidden or bool((node.text() or "").strip())
        else:
            descend = True
            _open(tag, writer)
            preformatted += tag == "pre"
        if descend and node.child is not None:
            node = node.child
            continue
        if descend:
            _close(tag, writer)
            preformatted -= tag == "pre"
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == root.mem_id:
                return hidden
            closed = node.tag or ""
            _close(closed, writer)
            preformatted -= closed == "pre"
        node = node.next if node is not None else None
    return hidden


def _open(tag: str, writer: _Writer) -> None:
    if tag == "br":
        writer.break_line()
    elif tag in _BLOCKS:
        writer.end_line(blank_after=tag in _SPACED)
        if tag == "blockquote":
            writer.quote_depth += 1
        elif tag == "li":
            writer.start_item()
    elif tag in {"td", "th"}:
        writer.add("\t")


def _close(tag: str, writer: _Writer) -> None:
    if tag in _BLOCKS:
        writer.end_line(blank_after=tag in _SPACED)
        if tag == "blockquote":
            writer.quote_depth -= 1


def _is_hidden(node: LexborNode) -> bool:
    if not node.is_element_node:
        return False
    attributes = node.attrs
    style = attributes.get("style") if "style" in attributes else None
    return "hidden" in attributes or bool(style and _HIDING_STYLE.search(style[:2000]))


def _tamed(html: str) -> str:
    """Take out what makes parsers need quadratic time: absurd numbers of attributes, absurd nesting."""
    encodable = html[:HTML_LIMIT].encode("utf-8", "replace").decode("utf-8")  # no lone surrogates
    return _without_deep_nesting(_without_monster_tags(encodable))


def _without_loose_ampersands(html: str) -> str:
    """Where there are absurdly many, write every "&" that begins no known entity as the entity it should be."""
    if html.count("&") <= _AMPERSAND_LIMIT:
        return html
    return _AMPERSAND.sub(lambda found: found[0] if found[1] or found[2] in html5 else f"&amp;{found[2] or ''}", html)


def _without_monster_tags(html: str) -> str:
    kept: list[str] = []
    for piece in html.split(">"):
        start = piece.rfind("<")
        tag = piece[start:] if start >= 0 else ""
        monster = len(tag) > _TAG_LIMIT and len(tag.split(None, _ATTRIBUTE_LIMIT)) > _ATTRIBUTE_LIMIT
        kept.append(f"{piece[:start]}<wbr" if monster else piece)
    return ">".join(kept)


def _without_deep_nesting(html: str) -> str:
    """Counts by name: an end tag of another name ends nothing."""
    still_open: Counter[str] = Counter()
    blocks = inline = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal blocks, inline
        name = (match[2] or match[3]).lower()
        if match[1]:
            change = -(still_open[name] > 0)
        else:
            change = 1
            if (blocks if match[2] else inline) >= (_NESTING_LIMIT if match[2] else _INLINE_LIMIT):
                return "<wbr"
        still_open[name] += change
        blocks, inline = (blocks + change, inline) if match[2] else (blocks, inline + change)
        return match[0]

    return _NESTING_TAG.sub(keep, html)
