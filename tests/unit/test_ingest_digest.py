"""The hash of what a mail says: equal for the same mail on another way, different for another mail."""

from pathlib import Path

import pytest

from tests.support.mails import PDF, PNG, Container, Leaf, attached, file, html, mail, text
from tests.support.mails_more import take

BODY = Container([text("Bună ziua,\nvă rog să reparați groapa."), file(PDF, name="a.pdf"), file(PNG, name="b.png")])
SENT = mail(BODY, message_id="<1@example.ro>")


def digest(folder: Path, raw: bytes) -> str:
    return take(folder, raw).content_digest


@pytest.mark.parametrize(
    "received",
    [
        SENT.replace(b"\n", b"\r\n"),
        b"Return-Path: <stefania@example.ro>\nReceived: from a by b; Mon, 02 Nov 2026 10:15:00 +0200\n" + SENT,
        SENT.replace(b"Subject: Groapa din strada Gheorghe Lazar\n", b"").replace(
            b"From:", b"Subject: =?utf-8?Q?Groapa_din?=\n  strada Gheorghe Lazar\nFrom:"
        ),
        mail(
            Container([text("Bună ziua,  \nvă rog să\n reparați groapa.\n\n"), file(PNG, name="b.png"), file(PDF)]),
            message_id="<2@example.ro>",
        ),
        mail(
            Container([text("Bună ziua,\nvă rog să reparați groapa.", charset="iso-8859-16"), file(PDF), file(PNG)]),
        ),
    ],
    ids=["line ends", "transport fields", "folded subject", "order and white space", "another charset"],
)
def test_the_same_mail_on_another_way_has_the_same_digest(tmp_path: Path, received: bytes) -> None:
    assert digest(tmp_path, received) == digest(tmp_path, SENT) != ""


@pytest.mark.parametrize(
    "other",
    [
        SENT.replace("reparați".encode(), "astupați".encode()),
        SENT.replace(b"Subject: Groapa", b"Subject: Alta groapa"),
        SENT.replace(b"stefania@", b"altcineva@"),
        mail(Container([text("Bună ziua,\nvă rog să reparați groapa."), file(PDF, name="a.pdf")])),
        mail(Container([text("Bună ziua,\nvă rog să reparați groapa."), file(PDF + b"1"), file(PNG)])),
    ],
    ids=["text", "subject", "sender", "a file less", "another file"],
)
def test_another_mail_under_the_same_identifier_has_another_digest(tmp_path: Path, other: bytes) -> None:
    assert digest(tmp_path, other) != digest(tmp_path, SENT)


def test_line_ends_of_attached_text_and_mails_make_no_difference(tmp_path: Path) -> None:
    inner = mail(text("Interior."), message_id="<i@example.ro>")
    raw = mail(Container([text(), Leaf(b"a;b\n1;2\n", "text/csv; name=a.csv", "8bit"), attached(inner)]))
    assert digest(tmp_path, raw) == digest(tmp_path, raw.replace(b"\n", b"\r\n"))


def test_html_letters_have_a_digest(tmp_path: Path) -> None:
    assert digest(tmp_path, mail(html("<p>Vă  rog.</p>"))) == digest(tmp_path, mail(html("<p>Vă\nrog.</p>")))


def test_a_mail_of_nothing_has_none(tmp_path: Path) -> None:
    assert digest(tmp_path, mail(text(""), subject=None)) == ""
