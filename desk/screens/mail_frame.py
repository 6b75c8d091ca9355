"""The HTML of a mail, shown in a sandboxed frame: nothing active, nothing from other hosts."""

import re

from fastapi import APIRouter, Request, Response
from markupsafe import Markup
from sqlmodel import col, select

from desk.context import TheDesk, TheVisitor
from desk.errors import PageMissing
from desk.render import page
from desk.security import FRAME_POLICY
from registry.models import Letter, LetterPart

router = APIRouter()
_INLINE = re.compile(r'src="cid:(\d{1,6})"')


@router.get("/letters/{letter_id}/mail")
def show(request: Request, desk: TheDesk, visitor: TheVisitor, letter_id: int) -> Response:
    """The mail as its sender laid it out. `letter.html` was sanitised when the mail was taken apart (ingest.html)."""
    with desk.database.read() as session:
        letter = session.get(Letter, letter_id)
        if letter is None or not letter.html:
            raise PageMissing
        parts = session.exec(
            select(LetterPart).where(LetterPart.letter_id == letter_id).order_by(col(LetterPart.number))
        ).all()
    addresses = {part.number: f"/letters/{letter_id}/parts/{part.id}/image" for part in parts}
    return page(
        request,
        "mail_frame.html",
        {"mail": Markup(with_pictures(letter.html, addresses))},  # noqa: S704
        headers={"Content-Security-Policy": FRAME_POLICY},
    )


def with_pictures(html: str, addresses: dict[int, str]) -> str:
    """Sanitised mail HTML with its `cid:<part number>` pictures pointing to where the desk hands them out."""

    def address(found: re.Match[str]) -> str:
        return f'src="{addresses.get(int(found[1]), "")}"'

    return _INLINE.sub(address, html)
