"""The text by which a letter is understood: the mail's own, then what its files say, as people corrected them."""

from itertools import groupby

from sqlmodel import Session

from daemon.steps.parts import TOLD_SOURCES
from registry.letter_pages import LetterPage, letter_pages
from registry.models import Letter

# So few characters ("Bună ziua") only pass on what is attached.
NEXT_TO_NOTHING = 20
ANNEX_MARK = "\n\n— {name} —\n"
ATTACHED_MAIL_USED = "attached-mail-used"


def put_text_together(session: Session, letter: Letter) -> None:
    """Add what the files say to a letter that has only the text of its mail (a scan: none) so far.

    What an attached mail says, and the files in it, are somebody else's words: they stay beside the text, unless the
    sender wrote next to nothing. Pages that went to another letter, and sheets between two letters, say nothing here.
    """
    pages = letter_pages(session, letter.id or 0)
    # The names of the files in an archive are nobody's words.
    said = [
        page
        for page in pages
        if page.belongs and page.text.strip() and not page.part.inline and page.row.source != "listing"
    ]
    if letter.channel != "email":
        letter.text = "\n\n".join(page.text for page in said)
        letter.own_text_spans = [[0, len(letter.text)]]
        return
    _append(letter, [page for page in said if not _is_of_others(page)])
    others = [page for page in said if _is_of_others(page)]
    if others and _own_length(letter) < NEXT_TO_NOTHING:
        _append(letter, others)
        letter.remarks = [*letter.remarks, ATTACHED_MAIL_USED]


def _is_of_others(page: LetterPage) -> bool:
    return page.part.nested or page.row.source in TOLD_SOURCES


def _append(letter: Letter, said: list[LetterPage]) -> None:
    """Add the pages to the letter's text, each file under a line with its name, as words that count."""
    start = len(letter.text)
    for _, group in groupby(said, key=lambda page: page.part.number):
        pages = list(group)
        letter.text += ANNEX_MARK.format(name=pages[0].part.file_name) + "\n".join(page.text for page in pages)
    if len(letter.text) > start:
        letter.own_text_spans = [*letter.own_text_spans, [start, len(letter.text)]]


def _own_length(letter: Letter) -> int:
    """How many characters the sender's own words have; without any span nothing was told apart."""
    spans = letter.own_text_spans or [[0, len(letter.text)]]
    return len("".join(letter.text[start:end] for start, end in spans).strip())
