"""Letters by invented people, as bytes, and answers made ready for approval."""

import io
from email.message import EmailMessage
from email.utils import format_datetime

from PIL import Image, ImageDraw, ImageFont
from sqlmodel import Session

from config import clock
from registry.models import Reply, User
from responders import approval
from responders.gaps import gap, gaps_in
from tests.support.house import OFFICE

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"


def plain_petition(number: int = 1, *, sender: str = "ana.munteanu@posta.example") -> bytes:
    """A short petition by e-mail; different numbers give different letters."""
    message = EmailMessage()
    message["From"] = f"Ana Munteanu <{sender}>"
    message["To"] = OFFICE
    message["Subject"] = f"Groapă pe strada Vinului nr. {number}"
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<petitie-{number}@posta.example>"
    message.set_content(
        f"Bună ziua,\n\nPe strada Vinului, în dreptul numărului {number}, s-a format o groapă mare în asfalt.\n"
        "Mașinile o ocolesc pe trotuar și copiii merg pe carosabil. Vă rog să o reparați.\n\n"
        "Subsemnata Ana Munteanu, str. Vinului nr. 12, Mediaș, aștept răspunsul dumneavoastră.\n"
    )
    return message.as_bytes()


def petition_with_scan(number: int) -> bytes:
    """A mail whose letter is a scanned page in its attachment."""
    message = EmailMessage()
    message["From"] = "Ion Rusu <ion.rusu@posta.example>"
    message["To"] = OFFICE
    message["Subject"] = f"Cerere scanată {number}"
    message["Message-ID"] = f"<scan-{number}@posta.example>"
    message.set_content("Atașat cererea mea.\n")
    page = scanned_page(
        ["Domnule Primar,", f"Pe strada Luncii nr. {number} nu funcționează", "iluminatul public de o lună."]
    )
    message.add_attachment(page, maintype="image", subtype="png", filename=f"cerere-{number}.png")
    return message.as_bytes()


def scanned_page(lines: list[str]) -> bytes:
    """A small clean scan (PNG) of a few printed lines."""
    page = Image.new("L", (1000, 160 + 70 * len(lines)), 255)
    pen = ImageDraw.Draw(page)
    for row, line in enumerate(lines):
        pen.text((80, 80 + 70 * row), line, font=ImageFont.truetype(FONT, 36), fill=0)
    content = io.BytesIO()
    page.save(content, "PNG", dpi=(200, 200))
    return content.getvalue()


def filled(session: Session, reply: Reply, user: User) -> Reply:
    """The reply after a person filled every gap."""
    body = reply.body
    for what in gaps_in(body):
        body = body.replace(gap(what), "am verificat la fața locului")
    return approval.save(
        session,
        reply,
        user,
        clock.now(),
        subject=reply.subject,
        body=body,
        recipient_name=reply.recipient_name,
        recipient_email=reply.recipient_email,
        recipient_address=reply.recipient_address,
        expected_version=reply.version,
    )
