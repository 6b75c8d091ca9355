"""The mails: who writes when, and in which of the forms that mail programs send. Each function gives an .eml file."""

import email.utils
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from weasyprint import HTML

from config.clock import BUCHAREST
from daemon.practice import scans
from daemon.practice.locked_pdf import locked_pdf

OFFICE = "cabinet@primaria-exercitiu.example"
OFFICE_SERVER = "mx.primaria-exercitiu.example"
# Romanian keyboards before Windows Vista, and windows-1250 to this day, only have the letters with a cedilla.
CEDILLA = str.maketrans("șțȘȚ", "şţŞŢ")
PDF_PASSWORD = "Aries30"  # noqa: S105  (the practice user may want to open it)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands in the header: `sent` in Romania's time, `name` and `address` of the sender, the id's left part."""

    sent: datetime
    name: str
    address: str
    subject: str
    token: str
    program: str = ""

    @property
    def message_id(self) -> str:
        """The Message-ID, as the sender's server makes it."""
        return f"<{self.token}@{self.address.partition('@')[2]}>"


def _on(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=BUCHAREST)


LIGHTING = Envelope(
    _on(16, 18, 42, 9),
    "Ilinca Moraru",
    "ilinca.moraru@posta-exemplu.example",
    "Stâlpi stinși pe strada Luncii",
    "CAF7mQx1tG-2nKz0pWq",
    "",
)
LIGHTING_MORE = Envelope(
    _on(18, 7, 55, 31),
    "Ilinca Moraru",
    "ilinca.moraru@posta-exemplu.example",
    "Re: Stâlpi stinși pe strada Luncii",
    "CAF7mQx3uB-8rTd5vYs",
    "",
)
RUBBISH = Envelope(
    _on(17, 9, 12, 44),
    "Ghiţă Dumitru",
    "ghita.dumitru@cablu-exemplu.example",
    "Gunoi neridicat, str. Govora – bl. 4",
    "000801dc57a1$4b1f0e60$0a00a8c0",
    "Microsoft Windows Live Mail 16.4.3528.331",
)
PARKING = Envelope(
    _on(17, 8, 3, 2),
    "Andreea Suciu",
    "andreea.suciu@mobil-exemplu.example",
    "Trecerea de la grădiniță",
    "7E0C1B52-93D4-4F0A-A6A1-2D8B1F55C0E9",
    "iPhone Mail (24B91)",
)
PUBLIC_INFORMATION = Envelope(
    _on(18, 21, 17, 50),
    "Radu Pintilie",
    "radu.pintilie@posta-exemplu.example",
    "Cerere în baza Legii 544/2001: deszăpezire",
    "5b0c4c1f-6f4e-4e0b-9d53-0b7a0f6a1c11",
    "Mozilla Thunderbird",
)
SEWER = Envelope(
    _on(20, 11, 36, 5), "Marcela Olteanu", "m.olteanu@posta-exemplu.example", "cerere", "CAGh2Lw9-QpXe4Tn7Rk", ""
)
BUILDING = Envelope(
    _on(18, 16, 20, 13),
    "Alexandru Blaga",
    "alex.blaga@birou-exemplu.example",
    "Sesizare scanată – Blaga Nicolae",
    "VI1PR0402MB3311C5B8E7",
    "Microsoft Outlook 16.0",
)
AUDIENCE = Envelope(
    _on(19, 20, 48, 27),
    "Viorica Tanase",
    "viorica_tanase@mesagerie-exemplu.example",
    "audienta domnul primar",
    "1204873311.664201.1795027707",
    "WebService/1.1.24 YMailNorrin",
)
PLAYGROUND = Envelope(
    _on(19, 13, 5, 58),
    "Bálint Csilla",
    "balint.csilla@posta-exemplu.example",
    "Veszélyes játszótér a Honterus utcában",
    "CAN4dPz6-WmBo1Ls8Yh",
    "",
)
SCHOOLS = Envelope(
    _on(18, 12, 30, 40),
    "Inspectoratul Școlar – Rețea școlară",
    "retea.scolara@inspectorat-exemplu.example",
    "Adresa nr. 4417/18.11.2026 – rețeaua școlară 2027–2028",
    "20261118103040.4417.retea",
    "Zimbra 9.0.0",
)
PRESS = Envelope(
    _on(23, 10, 9, 15),
    "Tudor Crăciunaș",
    "tudor.craciunas@ziarul-exemplu.example",
    "Întrebări despre sala sporturilor",
    "b81d77e0-2f06-4d3b-8c55-91fd0e6b7a42",
    "Apple Mail (2.3826.200.121)",
)
ABSENCE = Envelope(
    _on(20, 9, 1, 4),
    "Horia Dănilă",
    "horia.danila@instalatii-exemplu.example",
    "Răspuns automat: Invitație la recepția lucrărilor",
    "AM0PR08MB5521E90D3F",
    "",
)
BOUNCE = Envelope(
    _on(20, 9, 1, 22),
    "Mail Delivery System",
    "MAILER-DAEMON@mx.primaria-exercitiu.example",
    "Undelivered Mail Returned to Sender",
    "20261120070122.4D1C2A03F7",
    "",
)
NEWSLETTER = Envelope(
    _on(17, 6, 0, 18),
    "Mobilier Exemplu",
    "noutati@mobilier-exemplu.example",
    "Bănci solare cu 18% reducere, doar până pe 15 decembrie",
    "camp-2211.primaria",
    "Campanii 4.2",
)
NOISE = Envelope(
    _on(22, 2, 14, 36),
    "Sorin Lazar",
    "sorin.lazar@cablu-exemplu.example",
    "muzica la ora 2 noaptea",
    "20261122021436.19C4.pc-sorin",
    "Poste 3.1",
)
EXEMPTION = Envelope(
    _on(21, 15, 27, 9),
    "Carmen Fodor",
    "carmen.fodor@posta-exemplu.example",
    "Cerere scutire impozit clădiri – Fodor Ana",
    "CAB1kRs0-JvUy6Gm2Xc",
    "",
)


def all_mails(texts: Path) -> dict[str, bytes]:
    """File name and content of every practice mail."""
    return {
        "01-iluminat-text-simplu.eml": _plain(texts, LIGHTING, "iluminat", "8bit"),
        "02-gunoi-windows-1250.eml": _old_windows(texts),
        "03-parcare-html-de-pe-telefon.eml": _phone(texts),
        "04-informatii-publice.eml": _plain(texts, PUBLIC_INFORMATION, "legea-544", "base64"),
        "05-canalizare-pdf-atasat.eml": _with_pdf(texts),
        "06-constructie-scanare-atasata.eml": _with_scan(texts),
        "07-iluminat-raspuns-in-fir.eml": _in_thread(texts),
        "08-audienta-fara-diacritice.eml": _plain(texts, AUDIENCE, "audienta", "7bit"),
        "09-loc-de-joaca-in-maghiara.eml": _plain(texts, PLAYGROUND, "jatszoter", "quoted-printable"),
        "10-adresa-inspectorat.eml": _plain(texts, SCHOOLS, "retea-scolara", "quoted-printable"),
        "11-intrebari-presa.eml": _plain(texts, PRESS, "presa", "quoted-printable"),
        "12-raspuns-automat.eml": _automatic_answer(texts),
        "13-mesaj-nelivrat.eml": _bounce(),
        "14-buletin-comercial.eml": _newsletter(texts),
        "15-zgomot-mail-stricat.eml": _broken(texts),
        "16-scutire-pdf-cu-parola.eml": _with_locked_pdf(texts),
    }


def _message(envelope: Envelope, return_path: str | None = None) -> EmailMessage:
    """A message with the fields that the last server and the sender's program write, still without a body."""
    domain = envelope.address.partition("@")[2]
    arrived = email.utils.format_datetime(envelope.sent + timedelta(seconds=3))
    message = EmailMessage(SMTP)
    message["Return-Path"] = f"<{envelope.address if return_path is None else return_path}>"
    message["Received"] = (
        f"from smtp.{domain} (smtp.{domain} [192.0.2.{len(envelope.token) + 7}])"
        f" by {OFFICE_SERVER} (Postfix) with ESMTPS id 4{envelope.sent:%d%H%M%S}Z for <{OFFICE}>; {arrived} (EET)"
    )
    message["Date"] = email.utils.format_datetime(envelope.sent)
    message["From"] = email.utils.formataddr((envelope.name, envelope.address), "utf-8")
    message["To"] = OFFICE
    message["Subject"] = envelope.subject
    message["Message-ID"] = envelope.message_id
    if envelope.program:
        message["X-Mailer"] = envelope.program
    return message


def _bytes(message: EmailMessage) -> bytes:
    """The message on the wire; boundaries are numbered, so that the same texts give the same bytes."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            part.set_boundary(f"----=_Practice_{number:03d}_{message['Message-ID'].strip('<>').partition('@')[0]}")
    return message.as_bytes()


def _plain(texts: Path, envelope: Envelope, name: str, encoding: str) -> bytes:
    message = _message(envelope)
    message.set_content(_text(texts, name), charset="us-ascii" if encoding == "7bit" else "utf-8", cte=encoding)
    return _bytes(message)


def _old_windows(texts: Path) -> bytes:
    message = _message(RUBBISH)
    text = _text(texts, "gunoi").translate(CEDILLA)
    message.set_content(text, charset="windows-1250", cte="quoted-printable")
    # The library would write these two fields in UTF-8.
    del message["From"], message["Subject"]
    fields = f"From: {_word(RUBBISH.name)} <{RUBBISH.address}>\r\nSubject: {_word(RUBBISH.subject)}\r\n"
    received, date, rest = _bytes(message).partition(b"Date: ")
    return received + fields.encode("ascii") + date + rest


def _phone(texts: Path) -> bytes:
    """HTML only, with a drawing shown inside the text."""
    paragraphs = _text(texts, "parcare").strip().split("\n")
    picture = '<div><br></div><div><img src="cid:desen-0C1B52" alt="desen.png" width="320"></div><div><br></div>'
    lines = [f"<div>{line}</div>" for line in paragraphs]
    lines[3:3] = [picture]
    footer = '<div id="AppleMailSignature" dir="ltr">Trimis de pe iPhone-ul meu</div>'
    body = f'<html><head></head><body dir="auto">{"".join(lines)}<br>{footer}</body></html>\n'
    message = _message(PARKING)
    message.set_content(body, subtype="html", charset="utf-8", cte="quoted-printable")
    message.add_related(
        scans.crossing_sketch(), "image", "png", cid="<desen-0C1B52>", filename="desen.png", disposition="inline"
    )
    return _bytes(message)


def _with_pdf(texts: Path) -> bytes:
    """Hardly any text in the mail; the petition is a PDF written by a word processor."""
    paragraphs = []
    for line in _text(texts, "canalizare").strip("\n").split("\n"):
        kind = "right" if line.startswith("    ") else "title" if line.startswith("= ") else "text"
        paragraphs.append(f'<p class="{kind}">{line.removeprefix("= ").strip() or "&nbsp;"}</p>')
    style = (
        "@page{size:A4;margin:2.5cm} body{font:12pt/1.4 'Liberation Serif'} p{margin:0}"
        " .right{margin-left:9cm} .title{text-align:center;font-weight:bold} .text{text-align:justify}"
    )
    page = f'<html lang="ro"><title>Cerere</title><style>{style}</style><body>{"".join(paragraphs)}</body></html>'
    pdf = HTML(string=page).write_pdf(pdf_identifier=b"cabinet-practice")
    message = _message(SEWER)
    message.set_content(_text(texts, "canalizare-insotire"), cte="quoted-printable")
    message.add_attachment(pdf, "application", "pdf", filename="Cerere canalizare Olteanu.pdf")
    return _bytes(message)


def _with_scan(texts: Path) -> bytes:
    message = _message(BUILDING)
    message.set_content(_text(texts, "constructie-insotire"), cte="quoted-printable")
    message.add_attachment(scans.building_scan(texts), "image", "jpeg", filename="SKM_C250i26111816050.jpg")
    return _bytes(message)


def _in_thread(texts: Path) -> bytes:
    """The same person writes again, with her first mail quoted below in Gmail's Romanian form."""
    quoted = "".join(f"> {line}".rstrip() + "\n" for line in _text(texts, "iluminat").rstrip("\n").split("\n"))
    introduction = f"În lun., 16 nov. 2026 la 18:42, {LIGHTING.name} <{LIGHTING.address}>\na scris:\n\n"
    message = _message(LIGHTING_MORE)
    message["In-Reply-To"] = LIGHTING.message_id
    message["References"] = LIGHTING.message_id
    message.set_content(f"{_text(texts, 'iluminat-completare')}\n{introduction}{quoted}", cte="quoted-printable")
    return _bytes(message)


def _automatic_answer(texts: Path) -> bytes:
    message = _message(ABSENCE, return_path="")
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message["In-Reply-To"] = "<invitatie-20261120@primaria-exercitiu.example>"
    message.set_content(_text(texts, "raspuns-automat"), cte="base64")
    return _bytes(message)


def _newsletter(texts: Path) -> bytes:
    text = _text(texts, "buletin")
    message = _message(NEWSLETTER, return_path="retur+2211@mobilier-exemplu.example")
    message["List-Unsubscribe"] = (
        "<https://mobilier-exemplu.example/dezabonare?c=2211>, <mailto:dezabonare@mobilier-exemplu.example>"
    )
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Precedence"] = "bulk"
    message.set_content(text, cte="quoted-printable")
    title, *paragraphs = [line for line in text.split("\n") if line]
    shown = "".join(f'<p style="margin:0 0 14px">{line}</p>' for line in paragraphs)
    link = '<p><a href="https://mobilier-exemplu.example/dezabonare?c=2211">Dezabonare</a></p>'
    message.add_alternative(
        f'<html><body><table width="600"><tr><td><h1>{title}</h1>{shown}{link}</td></tr></table></body></html>\n',
        subtype="html",
        cte="quoted-printable",
    )
    return _bytes(message)


def _with_locked_pdf(texts: Path) -> bytes:
    message = _message(EXEMPTION)
    message.set_content(_text(texts, "scutire-insotire"), cte="quoted-printable")
    pdf = locked_pdf(_text(texts, "scutire").rstrip("\n").split("\n"), PDF_PASSWORD)
    message.add_attachment(pdf, "application", "pdf", filename="cerere scutire + certificat.pdf")
    return _bytes(message)


def _bounce() -> bytes:
    """A delivery status notification (RFC 3464) as Postfix writes it, about a letter of the office."""
    failed = "nicolae.gaspar@posta-exemplu.example"
    head = _message(BOUNCE, return_path="").as_string().rstrip("\r\n").replace("\r\n", "\n")
    text = f"""{head}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="4D1C2A03F7.1795158082/{OFFICE_SERVER}"
Content-Transfer-Encoding: 8bit

This is a MIME-encapsulated message.

--4D1C2A03F7.1795158082/{OFFICE_SERVER}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {OFFICE_SERVER}.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<{failed}>: host smtp.posta-exemplu.example[192.0.2.40] said: 550 5.1.1
    <{failed}>: Recipient address rejected: User unknown
    (in reply to RCPT TO command)

--4D1C2A03F7.1795158082/{OFFICE_SERVER}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {OFFICE_SERVER}
X-Postfix-Queue-ID: 4D1C2A03F7
X-Postfix-Sender: rfc822; {OFFICE}
Arrival-Date: Fri, 20 Nov 2026 09:01:20 +0200 (EET)

Final-Recipient: rfc822; {failed}
Original-Recipient: rfc822;{failed}
Action: failed
Status: 5.1.1
Remote-MTA: dns; smtp.posta-exemplu.example
Diagnostic-Code: smtp; 550 5.1.1 <{failed}>: Recipient
    address rejected: User unknown

--4D1C2A03F7.1795158082/{OFFICE_SERVER}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Received: from desk.primaria-exercitiu.example (unknown [192.0.2.10])
	by {OFFICE_SERVER} (Postfix) with ESMTPS id 4D1C2A03F7
	for <{failed}>; Fri, 20 Nov 2026 09:01:20 +0200 (EET)
Date: Fri, 20 Nov 2026 09:01:19 +0200
From: Cabinetul Primarului <{OFFICE}>
To: {failed}
Subject: =?utf-8?q?R=C4=83spuns_la_cererea_dumneavoastr=C4=83?=
Message-ID: <practice-0001@desk.primaria-exercitiu.example>

--4D1C2A03F7.1795158082/{OFFICE_SERVER}--
"""
    return text.replace("\n", "\r\n").encode("utf-8")


def _broken(texts: Path) -> bytes:
    """A transfer that broke off: 8-bit windows-1250 that says so nowhere, half a photo, no closing boundary."""
    head = _message(NOISE).as_bytes().rstrip(b"\r\n")
    body = _text(texts, "zgomot").translate(CEDILLA).replace("\n", "\r\n").encode("windows-1250")
    photo = EmailMessage(SMTP)
    photo.set_content(scans.terrace_photo(), "image", "jpeg", filename="IMG_0152.jpg")
    begun = photo.as_bytes()
    parts = (
        head,
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_poste_7d41"\r\n',
        b"--=_poste_7d41\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n",
        body,
        b"--=_poste_7d41\r\n" + begun[: len(begun) * 3 // 5],
    )
    return b"\r\n".join(parts)


def _word(text: str) -> str:
    """An encoded word (RFC 2047) in windows-1250, Q encoding."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    letters = "".join(chr(byte) if byte in plain else f"={byte:02X}" for byte in text.encode("windows-1250"))
    return f"=?windows-1250?Q?{letters}?="


def _text(texts: Path, name: str) -> str:
    return (texts / f"{name}.txt").read_text(encoding="utf-8")
