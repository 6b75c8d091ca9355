"""Random bytes and damaged mails through everything that touches mail: always an answer, always harmless text."""

import json
import random
import re
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.addresses import SHOWN_LIMIT, display_name, message_ids, parse_addresses
from ingest.charset import decode
from ingest.html import html_to_text, safe_html
from ingest.message import Message, take_apart_file
from ingest.parts import NAME_LIMIT, clean_filename
from ingest.prescan import prescan
from ingest.problems import CODES
from ingest.quoted import is_forward, new_text, new_text_spans
from tests.support.mails import LETTER, PDF, PNG, Container, attached, file, html, mail, text

slow_ones = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
more = settings(slow_ones, max_examples=300)

GRUESOME_TEXT = st.text(
    st.one_of(
        st.sampled_from("\x00\x07\x1b\x7f\x85\u2028\u202e\u200b\ud800\ufeff\r\n\t<>\"'=?()@,;:\\/.&#> "),
        st.characters(),
    ),
    max_size=400,
)


def taken(raw: bytes) -> Message:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mail")
        path.write_bytes(raw)
        answer = take_apart_file({"path": str(path), "parts_folder": f"{folder}/parts"})
        message = Message.from_json(json.loads(json.dumps(answer)))
        for part in message.parts:
            assert Path(folder, "parts", part.stored_name).stat().st_size == part.size
        return message


def is_one_clean_line(words: str) -> bool:
    return not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in words)


def is_clean_text(words: str) -> bool:
    return not any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t" for letter in words)


def check(message: Message) -> None:
    """What every mail must give, whatever it is."""
    assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message
    assert set(message.problems) <= CODES
    one_liners = [message.subject, message.from_name, message.from_address, message.reply_to, message.message_id]
    one_liners += [message.in_reply_to, *message.references]
    one_liners += [f"{one.name}{one.address}" for one in message.to + message.cc]
    one_liners += [part.filename + part.content_id + part.declared_type + part.disposition for part in message.parts]
    one_liners += [name + value for name, value in message.headers.fields]
    assert all(map(is_one_clean_line, one_liners))
    assert is_clean_text(message.text)
    assert is_clean_text(message.html)
    assert is_harmless(message.html)
    check_spans(message.text, message.new_text_spans)
    assert all(len(part.filename) <= NAME_LIMIT for part in message.parts)
    assert not any(set(part.filename) & set("/\\") for part in message.parts)


def check_spans(words: str, spans: tuple[tuple[int, int], ...]) -> None:
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(words)
        assert words[start:end].strip() == words[start:end]
        last = end


_TAG = re.compile(r"<([a-z][a-z0-9]*)((?:\s[^<>]*)?)>", re.IGNORECASE)
_FORBIDDEN_TAGS = frozenset(
    [
        *("script", "style", "iframe", "frame", "object", "embed", "form", "input", "button", "link", "meta", "base"),
        *("svg", "math", "video", "audio", "source"),
    ]
)


def is_harmless(page: str) -> bool:
    """Nothing active and nothing that loads: judged on the finished markup, not by the cleaner's own rules."""
    for name, attributes in _TAG.findall(page):
        if name.lower() in _FORBIDDEN_TAGS:
            return False
        for found in re.finditer(r'\s([a-z-]+)="([^"]*)"', attributes):
            attribute, value = found[1].lower(), found[2].strip().lower()
            if attribute.startswith("on") or attribute in {"style", "srcset", "background", "cite", "action", "ping"}:
                return False
            if attribute == "src" and not re.fullmatch(r"cid:[0-9]+", value):
                return False
            if attribute == "href" and not re.match(r"https?://|mailto:|tel:", value):
                return False
    return True


SEEDS = [
    mail(),
    mail(text("Şedinţa în faţa şcolii", charset="cp1250", label=None)),
    mail(Container([text(), html(f"<p>{LETTER}</p><img src='cid:a'>")], "alternative")),
    mail(Container([text(), file(PDF, "application/pdf", name="cerere.pdf"), file(PNG, "image/png")])),
    mail(Container([text(), attached(mail(Container([text("Înăuntru"), file(PDF, name="a.pdf")])))])),
    mail(
        Container(
            [
                text("Nu s-a putut livra."),
                file(
                    b"Final-Recipient: rfc822; x@post.example\nAction: failed\nStatus: 5.1.1\n",
                    "message/delivery-status",
                ),
                attached(mail()),
            ],
            'report; report-type="delivery-status"',
        ),
        ("Return-Path", "<>"),
    ),
    mail(None, ("References", "<a@x> <b@x>"), subject="=?utf-8?B?xZ5lZGluyJth?= =?iso-8859-2?Q?=BAi?="),
    mail(text("Am plătit.\n\nLa 2.11.2026 10:15, Taxe <t@medias.example> a scris:\n> Plătiți.\n")),
]
CHARSETS = [
    b"utf-8",
    b"utf-7",
    b"utf-16",
    b"iso-8859-1",
    b"windows-1250",
    b"x-cp1250",
    b"idna",
    b"punycode",
    b"undefined",
    b"zlib",
    b"rot13",
    b"",
]
LINES = [
    *(b"Content-Type: multipart/mixed", b"Content-Type: message/rfc822", b"Content-Type: text/html; charset=utf-16"),
    *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: uuencode", b"From: \xff\xfe<@>,;:"),
    *(b'Content-Type: multipart/alternative; boundary=""', b"Subject: =?utf-8?B?AAAA?= =?x?Q?=00?=", b"Date: 0 0 0"),
    *(b"Content-Disposition: attachment; filename*0*=a''%ff; filename*1=b", b"Message-ID: <<>>", b"To: a:b;,<<a@b>"),
    *(b"Content-Type: application/ms-tnef", b"Content-Type: application/pkcs7-mime; smime-type=signed-data"),
    *(b"Content-Type: text/calendar", b"Content-Type: text/plain; format=flowed; delsp=yes", b"Content-ID: <\x00>"),
]


def _flip(raw: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(raw)
    for _ in range(rng.randint(1, 20)):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def _cut(raw: bytes, rng: random.Random) -> bytes:
    start, end = sorted((rng.randrange(len(raw) + 1), rng.randrange(len(raw) + 1)))
    return raw[:start] + raw[end:]


def _double(raw: bytes, rng: random.Random) -> bytes:
    start, end = sorted((rng.randrange(len(raw) + 1), rng.randrange(len(raw) + 1)))
    return raw[:end] + raw[start:end] * rng.randint(1, 3) + raw[end:]


def _splice(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.split(b"\n")
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(LINES))
    return b"\n".join(lines)


def _swap_charset(raw: bytes, rng: random.Random) -> bytes:
    return re.sub(rb"utf-8|iso-8859-2", lambda _: rng.choice(CHARSETS), raw)


def _break_boundary(raw: bytes, rng: random.Random) -> bytes:
    found = [match.start() for match in re.finditer(rb"grenze", raw)]
    if not found:
        return raw
    place = rng.choice(found)
    return raw[:place] + rng.choice([b"", b"x", b"\n", b'"', b"--"]) + raw[place + 1 :]


def _other_seed(raw: bytes, rng: random.Random) -> bytes:
    other = rng.choice(SEEDS)
    return raw[: rng.randrange(len(raw) + 1)] + other[rng.randrange(len(other) + 1) :]


def _line_ends(raw: bytes, rng: random.Random) -> bytes:
    return raw.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\r", b"\x85", b"\0\n"]))


DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [
    *(_flip, _cut, _double, _splice, _swap_charset, _break_boundary, _other_seed, _line_ends)
]


@st.composite
def damaged_mails(draw: st.DrawFn) -> bytes:
    raw = draw(st.sampled_from(SEEDS))
    rng = draw(st.randoms(use_true_random=False))
    for damage in draw(st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=6)):
        raw = damage(raw, rng)[:200_000] or b"\n"
    return raw


@pytest.mark.parametrize("raw", SEEDS)
def test_an_undamaged_mail_passes_its_own_check(raw: bytes) -> None:
    check(taken(raw))


@settings(slow_ones, max_examples=500)
@given(damaged_mails())
def test_a_damaged_mail_is_a_message(raw: bytes) -> None:
    check(taken(raw))


@settings(slow_ones, max_examples=200)
@given(st.binary(max_size=2000), st.sampled_from([b"", *LINES]))
def test_random_bytes_are_a_message(raw: bytes, line: bytes) -> None:
    check(taken(raw))
    check(taken(line + b"\n\n" + raw))


@more
@given(st.binary(max_size=3000))
def test_the_look_ahead_never_raises_and_stays_inside(raw: bytes) -> None:
    assert 0 <= prescan(raw).header_end <= len(raw)


@more
@given(st.binary(max_size=300), st.one_of(st.none(), st.sampled_from(CHARSETS).map(bytes.decode), st.text(max_size=20)))
@example(b"+2AA-", "utf-7")
@example(b"\xff\xfe\x00\xd8", "utf-16")
def test_any_bytes_decode_with_any_label(raw: bytes, label: str | None) -> None:
    for as_html in (False, True):
        found = decode(raw, label, html=as_html)
        found.text.encode("utf-8")
        assert found.rule


@more
@given(GRUESOME_TEXT, st.dictionaries(st.text(max_size=5), st.just("7"), max_size=2))
def test_any_markup_gives_text_and_a_harmless_page(markup: str, images: dict[str, str]) -> None:
    html_to_text(markup)
    assert is_harmless(safe_html(markup, images))


PIECES = st.sampled_from(
    [
        *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<img src='https://a.example/p.gif'>"),
        *("<svg/onload=alert(1)>", "<a href='javascript:alert(1)'>", "<a href='//a.example'>", "<a href='data:,x'>"),
        *("<math><mtext><table><mglyph><style><img src=x onerror=1>", "<noscript><p title='</noscript><img src=x>'>"),
        *(
            "<p style='background:url(https://a.example)'>",
            "<table background=https://a.example>",
            "<blockquote cite=x>",
        ),
        *(
            "<img srcset='https://a.example 2x'>",
            "<img src='cid:a'>",
            "<img src='CID:A'>",
            "<base href=https://a.example>",
        ),
        *(
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "</p>",
            "<",
            ">",
            '"',
            "'",
            "&lt;",
            "&#60;",
            "\x00",
            "<iframe srcdoc='",
            "<form>",
        ),
        *(
            "<a href='jav\tascript:alert(1)'>",
            "<a href=' \x01javascript:alert(1)'>",
            "<template>",
            "<select><option>",
            "ă",
        ),
    ]
)


@more
@given(st.lists(PIECES, max_size=25).map("".join))
def test_known_attacks_in_any_mixture_leave_nothing_active_and_nothing_remote(markup: str) -> None:
    page = safe_html(markup, {"a": "3"})
    assert is_harmless(page)
    assert is_harmless(safe_html(page, {"a": "3"}))  # nor does a second reading of what is shown
    html_to_text(markup)


QUOTING_LINES = st.sampled_from(
    [
        *(
            "",
            "> citat",
            ">> citat",
            "În lun., 2 nov. 2026 la 10:15, A <a@b.ro> a scris:",
            "a scris:",
            "wrote:",
            "De la: A",
        ),
        *(
            "Trimis: 2.11.2026",
            "Către: B",
            "Subiect: C",
            "-----Mesaj original-----",
            "Trimis de pe iPhone",
            "Bună ziua.",
        ),
        *(
            "---------- Forwarded message ---------",
            "____________",
            "2026. nov.",
            "2., H, 10:15):",
            " > ",
            "\xa0",
            "x" * 400,
        ),
    ]
)


@more
@given(st.lists(QUOTING_LINES, max_size=30).map("\n".join), st.booleans())
def test_spans_of_any_exchange_are_in_order_and_no_word_of_the_letter_is_lost(words: str, forward: bool) -> None:
    spans = new_text_spans(words, forward=forward)
    check_spans(words, spans)
    gaps = zip([0, *(end for _, end in spans)], [*(start for start, _ in spans), len(words)], strict=True)
    pieces = sum(len(words[start:end]) for start, end in gaps) + sum(end - start for start, end in spans)
    assert pieces == len(words)
    assert new_text(words, spans).strip() or not words.strip()


@more
@given(GRUESOME_TEXT, st.booleans())
def test_spans_of_any_text_are_in_order(words: str, forward: bool) -> None:
    check_spans(words, new_text_spans(words, forward=forward))
    is_forward(words)


@more
@given(st.lists(GRUESOME_TEXT, max_size=3))
def test_any_field_of_addresses_gives_clean_mailboxes(raws: list[str]) -> None:
    found = parse_addresses(raws)
    assert len(found) <= SHOWN_LIMIT
    for one in found:
        assert is_one_clean_line(one.name)
        assert re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", one.address)
    for raw in raws:
        assert is_one_clean_line(display_name(raw))
        assert all(map(is_one_clean_line, message_ids(raw)))


@more
@given(GRUESOME_TEXT)
def test_any_file_name_becomes_harmless(name: str) -> None:
    clean = clean_filename(name)
    assert len(clean) <= NAME_LIMIT
    assert is_one_clean_line(clean)
    assert not set(clean) & set('/\\<>:"|?*')
    assert clean_filename(clean) == clean
    assert not clean.startswith(".")
